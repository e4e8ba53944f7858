"""Baselines of kingfisher, versions 1 and 2. Pure: document in, entries out.

https://github.com/mongodb/kingfisher/blob/main/docs/BASELINE.md
"""

from collections.abc import Iterator
from typing import Any

from leakguard.baselines.foreign import Found, Known, counted_once, slashed, texts


def read_baseline(document: Any) -> Found:
    """The entries of a baseline, by path, line and rule.

    kingfisher's fingerprints are of where in the file a secret stands as well: they cannot be
    compared, and whoever imports them has to look at what the lines hold now.
    """
    entries: list[Known] = []
    left_out: list[str] = []
    for row in _rows(document):
        path, rule, other = texts(row, "path", "rule_id", "filepath")
        line, path = _line(row), path or other
        if path and line:
            entries.append(Known(f"{path}:{rule or '?'}:{line}", slashed(path), line, rule=rule))
        else:
            left_out.append("an entry has no path or line")
    return Found("kingfisher", counted_once(entries), tuple(left_out))


def _rows(document: Any) -> Iterator[Any]:
    if "ExactFindings" in document:
        yield from document["ExactFindings"]["matches"] or ()
        return
    for repository in document["repositories"] or ():
        yield from repository["findings"] or ()


def _line(row: Any) -> int:
    for name in ("line", "linenum"):
        value = row.get(name) if isinstance(row, dict) else None
        if str(value).isdigit():
            return int(str(value))
    return 0
