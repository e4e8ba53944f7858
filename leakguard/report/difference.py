"""What has changed between two JSON reports of leakguard. Pure: texts in, text out."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from leakguard.report.as_json import SCHEMA_VERSION
from leakguard.report.markdown import plain
from leakguard.report.wording import counted, visible

_Row = Mapping[str, Any]
"""A finding as as_json.py writes it."""

_NEEDED: Final = ("rule_id", "path", "line", "column", "severity", "preview", "fingerprint")


@dataclass(frozen=True, slots=True)
class Difference:
    """Findings of two reports, each as the later report that has it tells it, by place."""

    new: tuple[_Row, ...]
    gone: tuple[_Row, ...]
    silenced: tuple[_Row, ...]
    """Reported before, suppressed now, with the reason."""
    kept: int
    """How many are in both."""
    is_complete: bool
    """Whether the newer scan could look at everything."""


def parse(text: str) -> _Row:
    """A report. Raises ValueError for what is no JSON report of this version."""
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
        raise ValueError("no report")
    for name in ("findings", "skips"):
        if not isinstance(document.get(name), list):
            raise ValueError(f"no {name}")
    for row in [*document["findings"], *document.get("suppressed", ())]:
        if not isinstance(row, dict) or any(name not in row for name in _NEEDED):
            raise ValueError("no finding")
    return document


def difference(old: _Row, new: _Row) -> Difference:
    """What is new, gone and silenced.

    A finding is the same when its fingerprint is. A baseline that has come between two scans gives
    all fingerprints another key: what has no partner is then known by rule, path and preview, one
    for one.
    """
    before, after = _in_order(old["findings"]), _in_order(new["findings"])
    before, after, kept = _matched(before, after, _by_fingerprint)
    before, after, more = _matched(before, after, _by_looks)
    silent = _in_order(new.get("suppressed", ()))
    left, others, _ = _matched(before, silent, _by_fingerprint)
    left, others, _ = _matched(left, others, _by_looks)
    remaining = {id(row) for row in others}
    return Difference(
        new=tuple(after),
        gone=tuple(left),
        silenced=tuple(row for row in silent if id(row) not in remaining),
        kept=kept + more,
        is_complete=not new["skips"],
    )


def _in_order(rows: Iterable[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: (row["path"], row["line"], row["column"], row["rule_id"]))


def _by_fingerprint(row: _Row) -> tuple[str, ...]:
    return (str(row["fingerprint"]),)


def _by_looks(row: _Row) -> tuple[str, ...]:
    return str(row["rule_id"]), str(row["path"]), str(row["preview"])


def _matched(
    old: Sequence[_Row], new: Sequence[_Row], key: Callable[[_Row], tuple[str, ...]]
) -> tuple[list[_Row], list[_Row], int]:
    """What is left of both when those with the same key have gone in pairs, and the pairs."""
    waiting: dict[tuple[str, ...], list[_Row]] = {}
    for row in old:
        waiting.setdefault(key(row), []).append(row)
    left = []
    for row in new:
        partners = waiting.get(key(row))
        if partners:
            partners.pop(0)
        else:
            left.append(row)
    unmatched = {id(row) for rows in waiting.values() for row in rows}
    rest = [row for row in old if id(row) in unmatched]
    return rest, left, len(old) - len(rest)


def to_text(found: Difference) -> str:
    """The difference for people at a terminal."""
    lines: list[str] = []
    for title, rows in _groups(found).items():
        if rows:
            lines += [f"{title} ({len(rows):,})", *(f"  {_line(row)}" for row in rows), ""]
    return "".join(f"{line}\n" for line in [*lines, closing(found)])


def _groups(found: Difference) -> dict[str, Sequence[_Row]]:
    return {"New": found.new, "Silenced": found.silenced, "Gone": found.gone}


def _line(row: _Row) -> str:
    told = (
        f"{visible(str(row['path']))}:{row['line']}:{row['column']}",
        str(row["severity"]),
        visible(str(row["rule_id"])),
        visible(str(row["preview"])),
        visible(str(row.get("reason", ""))),
    )
    return "  ".join(filter(None, told))


def closing(found: Difference) -> str:
    """The last sentence: how many of what."""
    new = counted(len(found.new), "new leak")
    counts = f"{len(found.gone):,} gone, {len(found.silenced):,} silenced, {found.kept:,} kept"
    more = "" if found.is_complete else "; the newer scan could not look at everything"
    return f"leakguard: {new}, {counts}{more}"


def to_markdown(found: Difference) -> str:
    """The difference for a comment on a pull request."""
    lines = [f"### leakguard: {counted(len(found.new), 'new leak')}", ""]
    for title, rows in _groups(found).items():
        if rows:
            lines += [f"**{title}**", "", *(f"- {plain(_line(row))}" for row in rows), ""]
    return "\n".join([*lines, plain(closing(found))]) + "\n"


def to_json(found: Difference) -> str:
    """The difference for programs."""
    groups = {name.lower(): list(rows) for name, rows in _groups(found).items()}
    document = {**groups, "kept": found.kept, "complete": found.is_complete}
    return json.dumps(document, indent=2) + "\n"


DIFFERENCE_FORMATS: Final[Mapping[str, Callable[[Difference], str]]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
}
