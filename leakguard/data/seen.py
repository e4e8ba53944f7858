"""The nouns of looking for customers' data: how to look, what was seen, a blob that comes in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from leakguard.policy import DataSettings

if TYPE_CHECKING:
    from leakguard.data.edm_match import Seeker
    from leakguard.data.edm_tally import Tally
    from leakguard.data.profile import Verdict

_STATEMENTS: Final = rb"(?:INSERT INTO|insert into|COPY) [^\s(]{1,80}"
"""How a dump begins to fill a table; compiled when the first one is met."""


@dataclass(frozen=True, slots=True)
class Data:
    """How to look for customers' data."""

    settings: DataSettings = DataSettings()
    seekers: "Callable[[], Sequence[Seeker]] | None" = None
    """Opens the indexes, when the first text is there; None for no index."""


class TableSeen(NamedTuple):
    """A table of customers, and the blob it is in."""

    key: str
    verdict: "Verdict"


class RecordsSeen(NamedTuple):
    """How much of an index a blob holds."""

    key: str
    line: int
    """Of the first value, from 1."""
    values: int
    """Distinct ones."""
    rows: int
    """Records of which several stand together."""
    is_full: bool
    """Whether there may be more."""
    columns: tuple[str, ...]
    """Names of the index's columns of which there are values."""


@dataclass(slots=True)
class Reading:
    """A blob that is coming in, in one window or in several."""

    key: str
    tallies: "list[Tally]" = field(default_factory=list)
    """One for each index."""
    is_dump: bool = False
    """Whether it is SQL: then each part may begin another table."""
    whole: bytearray | None = None
    """Of a file that is read whole, what came in so far."""
    statements: set[bytes] = field(default_factory=set)
    """How those of a dump begin that were met."""
    names: set[str] = field(default_factory=set)
    """Of tables that were judged already: a dump has each in many statements."""

    def has_new(self, part: bytes) -> bool:
        """Whether a part of a dump has statements for a table that no other part had."""
        found = set(re.findall(_STATEMENTS, part)) - self.statements
        self.statements |= found
        return bool(found)
