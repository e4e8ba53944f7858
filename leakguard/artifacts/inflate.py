"""Compressed streams as readers that never inflate more than was asked for."""

import zlib
from collections.abc import Callable
from typing import Protocol

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget

_STEP = 64 * limits.KIB
"""Compressed bytes that are read at once."""


class Decoder(Protocol):
    """What `bz2` and `lzma` offer, and `Inflate` for zlib.

    Empty input that was asked for means that no more follows.
    """

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without more bytes."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes; what is left of `data` is kept for the next call."""
        ...


class Inflate:
    """A zlib stream as a Decoder. `bits` as zlib has them: 15 for zlib, -15 for plain deflate."""

    def __init__(self, bits: int = 15) -> None:
        self._inner = zlib.decompressobj(bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner.eof

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes. Raises zlib.error."""
        most = max(max_length, 0)
        found = self._inner.decompress(self._inner.unconsumed_tail + data, most)
        self.needs_input = not self._inner.unconsumed_tail and (not most or len(found) < most)
        return found


def inflated(
    read: Callable[[int], bytes], decoder: Decoder, budget: Budget
) -> Callable[[int], bytes]:
    """A reader of what `decoder` makes of the bytes that `read` gives, at most so many at once.

    Ends with the stream, or where its bytes end. Raises LimitReached, and ArtifactError for a
    damaged stream.
    """
    packed = unpacked = 0

    def more(most: int) -> bytes:
        nonlocal packed, unpacked
        while most > 0 and not decoder.eof:
            hungry = decoder.needs_input
            data = read(_STEP) if hungry else b""
            packed += len(data)
            found = _decoded(decoder, data, most)
            unpacked += len(found)
            budget.spend(len(found))
            budget.ratio(unpacked, packed)
            if found:
                return found
            if hungry and not data:
                break
        return b""

    return more


def _decoded(decoder: Decoder, data: bytes, most: int) -> bytes:
    try:
        return decoder.decompress(data, most)
    except ArtifactError:
        raise
    except Exception:
        raise ArtifactError("the compressed data are damaged") from None


def part(read: Callable[[int], bytes], size: int) -> Callable[[int], bytes]:
    """A reader of the next `size` bytes that `read` gives. Raises EOFError when there are fewer."""
    left = size

    def more(most: int) -> bytes:
        nonlocal left
        wanted = min(most, left)
        if wanted <= 0:
            return b""
        data = read(wanted)
        if not data:
            raise EOFError
        left -= len(data)
        return data

    return more


def drain(read: Callable[[int], bytes]) -> None:
    """Reads to the end, and keeps nothing."""
    while read(_STEP):
        pass
