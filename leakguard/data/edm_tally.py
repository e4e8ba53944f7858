"""How much of an index a file holds, and whether that is a leak."""

from collections.abc import Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.data.edm import COLUMN_BITS


class Hit(NamedTuple):
    """A value of the index in a text."""

    line: int
    """Line breaks before it."""
    at: int
    """Number of its first word, for names: what else stands nowhere in another value."""
    end: int
    value: int
    """Its hash."""
    weak: bool
    """Whether others may well have it too: a name of two words."""
    owners: tuple[int, ...]


class Tally:
    """What of an index a file holds, as its parts come in."""

    def __init__(self) -> None:
        self.strong: set[int] = set()
        self.weak: set[int] = set()
        self.rows: set[int] = set()
        """Records of which two values stand together."""
        self.columns: set[int] = set()
        self.first = 0
        """Line of the first value, from 1; 0 for none."""
        self.lines = 0
        """That were looked at, without empty ones."""
        self._last: dict[int, Hit] = {}
        """By record, the value of it that was met last."""

    def is_full(self) -> bool:
        """Whether more values would say nothing more."""
        return len(self.strong) >= limits.EDM_ENOUGH

    def add(self, hits: Iterator[Hit], line: int) -> None:
        """Takes the values of a part that begins at a line, counted from 1."""
        if len(self._last) > limits.EDM_KNOWN:
            self._last.clear()
        mask = (1 << COLUMN_BITS) - 1
        for hit in hits:
            (self.weak if hit.weak else self.strong).add(hit.value)
            here = hit._replace(line=hit.line + line)
            self.first = min(self.first or here.line, here.line)
            for owner in hit.owners:
                self.columns.add(owner & mask)
                record, one = owner >> COLUMN_BITS, here._replace(owners=(owner,))
                last = self._last.get(record)
                if last is not None and _together(last, one):
                    self.rows.add(record)
                self._last[record] = one

    def is_leak(self, least: int) -> bool:
        """Whether so much of an index is no chance."""
        listed = len(self.strong) + len(self.weak) >= limits.EDM_WEAK_MATCHES
        dense = (len(self.strong) + len(self.weak)) * limits.EDM_WEAK_LINES >= self.lines
        return bool(self.rows) or len(self.strong) >= least or (listed and dense)


def _together(first: Hit, second: Hit) -> bool:
    """Whether two values of a record are of other columns, stand near, and do not overlap."""
    if first.owners == second.owners or first.value == second.value:
        return False
    if first.line == second.line and first.at < second.end and second.at < first.end:
        return False
    return abs(first.line - second.line) <= limits.EDM_ROW_LINES
