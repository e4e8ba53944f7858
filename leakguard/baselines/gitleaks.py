"""`.gitleaksignore` and gitleaks' JSON reports, its baselines. Pure: text in, entries out.

https://github.com/gitleaks/gitleaks#gitleaksignore
"""

from collections.abc import Sequence
from typing import Any

from leakguard.baselines.foreign import SHA256, Found, Known, counted_once, sha256, slashed, texts

_SHORT, _LONG = 3, 4
"""Fields of `path:rule:line` and of `commit:path:rule:line`."""


def read_ignore(text: str) -> Found:
    """The entries of a `.gitleaksignore`. What is none is told by its line's number: it may be
    anything."""
    entries: list[Known] = []
    left_out: list[str] = []
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line.startswith("#"):
            continue
        entry = _ignored(line)
        if entry:
            entries.append(entry)
        else:
            why = "is no commit:path:rule:line, and gitleaks passes over it too"
            left_out.append(f"line {number} {why}")
    return Found("gitleaks", counted_once(entries), tuple(left_out))


def _ignored(line: str) -> Known | None:
    fields = line.split(":")
    if len(fields) not in (_SHORT, _LONG) or not fields[-1].isdigit() or not all(fields):
        return None
    path, rule, number = fields[-3:]
    commit = fields[0] if len(fields) == _LONG else ""
    return Known(line, slashed(path), int(number), commit, rule)


def read_report(rows: Sequence[Any]) -> Found:
    """The entries of a report: gitleaks compares the secret too, unless the report is redacted."""
    entries: list[Known] = []
    left_out: list[str] = []
    for row in rows:
        rule, path, secret, commit = texts(row, "RuleID", "File", "Secret", "Commit")
        line = row.get("StartLine") if isinstance(row, dict) else None
        if not rule or not path or not isinstance(line, int):
            left_out.append("an entry has no RuleID, File or StartLine")
            continue
        label = f"{path}:{rule}:{line}"
        if _is_redacted(secret):
            entries.append(Known(label, slashed(path), line, commit, rule))
        else:
            digest = sha256(secret)
            entries.append(Known(label, slashed(path), 0, "", rule, SHA256, digest))
    return Found("gitleaks", counted_once(entries), tuple(left_out))


def _is_redacted(secret: str) -> bool:
    """As `--redact` writes: the word, or the beginning of the secret and dots."""
    return not secret or secret == "REDACTED" or secret.endswith("...")  # noqa: S105 - it says so


def is_ignore(text: str) -> bool:
    """Whether a line of a text is one of a `.gitleaksignore`."""
    lines = map(str.strip, text.splitlines())
    return any(_ignored(line) for line in lines if not line.startswith("#"))
