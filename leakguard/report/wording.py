"""What all formats share: the order, characters made visible, counts and the closing sentence."""

import re
from collections.abc import Iterable
from typing import Final

from leakguard.model import Finding, Report, Skip, Suppressed, Verdict

REVOKE: Final = (
    "Revoke it where it was issued, then take it out of the file and load it from the "
    "environment or a secret store."
)
"""Advice for a rule that has none of its own."""

_COMMIT_CHARACTERS = 12
_SURROGATE = re.compile("[\ud800-\udfff]")
_CI_COMMAND = re.compile(r"(?<!\S)::|##(?=\w*\[)")
"""What makes a CI runner obey a line of a log: `::stop-commands::x` (GitHub Actions),
`##[group]`, `##vso[...]` (Azure Pipelines), `##teamcity[...]`."""
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_UNIT_STEP = 1000
"""Decimal units, as the SI has them and disks are sold by."""


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by path, line, column and rule, whatever order they came in."""
    return sorted(findings, key=_place)


def suppressed_in_order(suppressed: Iterable[Suppressed]) -> list[Suppressed]:
    """The suppressed findings in the order of `in_order`, then by reason."""
    return sorted(suppressed, key=lambda item: (_place(item.finding), item.reason))


def skips_in_order(skips: Iterable[Skip]) -> list[Skip]:
    """The skips by path, reason and object id."""
    return sorted(skips, key=lambda skip: (skip.path, skip.reason, skip.blob or ""))


def _place(finding: Finding) -> tuple[str, int, int, str, str, str]:
    commit = finding.commit or ""
    start = (finding.path, finding.line, finding.column)
    return (*start, finding.rule_id, commit, finding.fingerprint)


def visible(text: str) -> str:
    """`text` on one line, with all that a terminal would obey or hide spelled out.

    Control characters, line separators, marks that turn the writing direction and bytes that are
    not UTF-8 become `\\x1b`, `\\u202e`: a path or an author's name must not be able to move the
    cursor, rewrite what was printed or give a CI runner commands.
    """
    text = _CI_COMMAND.sub(lambda match: match[0][0] + _spelled(match[0][1]), text)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def encodable(text: str) -> str:
    """`text` with each byte that is not UTF-8 spelled as `\\xHH`, so that any codec takes it."""
    return _SURROGATE.sub(lambda match: _spelled(match[0]), text)


def one_line(text: str) -> str:
    """`text` as one visible line: line breaks and runs of spaces become one space."""
    return visible(" ".join(text.split()))


def _spelled(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8 (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:  # ASCII
        return _SHORT.get(char, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def short(commit: str) -> str:
    """The first characters of a commit's object id: enough to name it in any repository."""
    return visible(commit)[:_COMMIT_CHARACTERS]


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 leak`, `59,392 blobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(number: int) -> str:
    """Bytes in the unit that reads best, decimal: `976.5 MB`."""
    amount, unit = float(number), 0
    # Compared as it is printed: 999,999 bytes are 1.0 MB, not 1000.0 kB.
    while round(amount, 1) >= _UNIT_STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _UNIT_STEP, unit + 1
    return f"{amount:,.1f} {_UNITS[unit]}" if unit else f"{number:,} {_UNITS[0]}"


def closing(report: Report) -> str:
    """The last sentence: the verdict, and what was scanned, skipped and suppressed."""
    scanned = _scanned(report)
    suppressed = f"{len(report.suppressed):,} suppressed"
    if report.verdict is Verdict.INCOMPLETE:
        things = counted(len(report.skips), "thing")
        seen = f"incomplete: no leaks seen, but {things} could not be looked at"
        return f"leakguard: {seen}; {scanned}, {suppressed}"
    leaks = counted(len(report.findings), "leak") if report.findings else "no leaks"
    return f"leakguard: {leaks} in {scanned}; {len(report.skips):,} skipped, {suppressed}"


def _scanned(report: Report) -> str:
    summary = report.summary
    commits = f", {counted(summary.commits, 'commit')}" if summary.commits else ""
    members = f", {counted(summary.members, 'member')} of archives" if summary.members else ""
    blobs = counted(summary.blobs, "blob")
    return f"{blobs} ({size(summary.bytes)}{commits}{members}) in {_duration(summary.seconds)}"


def _duration(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds:.2f} s"
