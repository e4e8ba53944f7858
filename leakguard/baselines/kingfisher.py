"""Baselines of kingfisher, versions 1 and 2. Pure: document in, entries out.

https://github.com/mongodb/kingfisher/blob/main/docs/BASELINE.md
"""

from collections.abc import Iterator
from typing import Any

from leakguard.baselines.foreign import KINGFISHER, Found, Known, counted_once, slashed, texts


def read_baseline(document: Any) -> Found:
    """The entries of a baseline: by fingerprint where it says how that is made, else by line.

    The fingerprint is of where in the file the secret stands as well. So an entry is met in the
    version of the file that kingfisher saw, wherever the secret has gone since.
    """
    keyed = "ExactFindings" not in document and document["fingerprint_algorithm"] == KINGFISHER
    entries: list[Known] = []
    left_out: list[str] = []
    for row in _rows(document):
        path, rule, other, mark = texts(row, "path", "rule_id", "filepath", "fingerprint")
        line, path = _line(row), path or other
        if not path or not line:
            left_out.append("an entry has no path or line")
            continue
        label = f"{path}:{rule or '?'}:{line}"
        if keyed and mark:
            known = Known(label, slashed(path), rule=rule, hash=KINGFISHER, digest=mark, hint=line)
        else:
            known = Known(label, slashed(path), line, rule=rule)
        entries.append(known)
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
