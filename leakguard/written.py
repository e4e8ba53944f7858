"""What a way of writing is: how far it reaches around a hit, and what it says."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from leakguard.lines import Buffer


class Text(NamedTuple):
    """What a stretch says, and by which way."""

    name: str
    data: bytes
    cut: bool = False
    """Whether there is more of it than may be looked at."""


class Encoding(NamedTuple):
    """One way of writing. A stretch begins and ends where its bytes no longer can belong to it."""

    name: str
    finders: tuple[str, ...]
    """For Hyperscan, beside the forms of the fixed texts."""
    stretch: Callable[[Buffer, int, int, int], tuple[int, int]]
    """Of the buffer between two offsets, around a hit."""
    decode: Callable[[bytes], Iterable[Text]]
    spell: Callable[[bytes], Iterable[bytes]] | None = None
    """How a fixed text looks in it, wherever it stands."""
    inner: str = ""
    """For RE2, finds any of it that is ASCII: too slow for all bytes, but not for decoded ones."""
    escape: "re.Pattern[bytes] | None" = None
    """What stands for other bytes, where all else stands for itself."""
    replace: Callable[["re.Match[bytes]"], bytes] | None = None
    width: int = 1
    """Bytes of a character."""

    @property
    def is_exact(self) -> bool:
        """Whether each byte of a stretch has a place of its own in the text."""
        return self.escape is not None or self.width > 1

    def place(self, raw: bytes, start: int, end: int) -> tuple[int, int]:
        """Where in a stretch stands what its text has from `start` to `end`, in bytes."""
        if self.escape is None or self.replace is None:
            return start * self.width, min(end * self.width, len(raw))
        begin, shift = None, 0
        for match in self.escape.finditer(raw):
            # Up to here, an offset in the text and one in the stretch differ by `shift`.
            if begin is None and start + shift < match.start():
                begin = start + shift
            if end + shift <= match.start():
                break
            size = len(self.replace(match))
            if begin is None and start + shift < match.start() + size:
                begin = match.start()
            shift += match.end() - match.start() - size
        return start + shift if begin is None else begin, end + shift
