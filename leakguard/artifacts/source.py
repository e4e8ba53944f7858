"""Compressed bytes on their way into a decoder, and what comes out of it, counted by the budget."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Protocol

from isal import isal_zlib

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.inflate import Decoder

STEP = 64 * limits.KIB
"""Bytes that are read or inflated at once."""

EARLY = "it ends too early"


class Framed(Decoder, Protocol):
    """A Decoder that knows what stands behind its stream, as those of `bz2` and `lzma` do."""

    @property
    def unused_data(self) -> bytes | None:
        """Bytes that came in but lie behind the end of the stream."""
        ...


class Source:
    """Bytes from the front. What was read too much can be given back.

    `counted` is False for bytes that come out of another source, and do not grow again.
    """

    def __init__(
        self, read: Callable[[int], bytes], budget: Budget, *, counted: bool = True
    ) -> None:
        self._read = read
        self._counted = counted
        self.budget = budget
        self._back = b""
        self._taken = 0
        self._inflated = 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; nothing at the end only."""
        if self._back:
            data, self._back = self._back[:size], self._back[size:]
        else:
            data = self._read(size)
        self._taken += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes. Raises ArtifactError when there are fewer."""
        data = self.peek(size)
        if len(data) < size:
            raise ArtifactError(EARLY)
        return self.read(size)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end; they are read again afterwards."""
        missing, parts = size - len(self._back), [self._back]
        while missing > 0 and (data := self._read(missing)):
            parts.append(data)
            missing -= len(data)
        self._back = b"".join(parts)
        return self._back[:size]

    def give_back(self, data: bytes) -> None:
        """Bytes that were read last, to be read again."""
        self._back = data + self._back
        self._taken -= len(data)

    def count(self, inflated: int) -> None:
        """Tells the budget what became of the bytes. Raises LimitReached."""
        if not self._counted:
            return self.budget.look()
        self._inflated += inflated
        self.budget.spend(inflated)
        return self.budget.ratio(self._inflated, self._taken)


def inflate(source: Source, decoder: Framed, *, marked: bool = True) -> Iterator[bytes]:
    """What `decoder` makes of `source`, in pieces of at most STEP bytes, counted.

    Gives back what lies behind the stream. `marked` says that the stream has an end of its own:
    when it does not come, that is an ArtifactError, as damage is.
    """
    while not decoder.eof:
        hungry = decoder.needs_input
        data = source.read(STEP) if hungry else b""
        if hungry and not data:
            if marked:
                raise ArtifactError(EARLY)
            return
        found = _decoded(decoder, data)
        source.count(len(found))
        if found:
            yield found
        elif not hungry and not decoder.needs_input and not decoder.eof:
            raise ArtifactError("the compressed data are damaged")
    source.give_back(decoder.unused_data or b"")


def _decoded(decoder: Decoder, data: bytes) -> bytes:
    try:
        return decoder.decompress(data, STEP)
    except ArtifactError:
        raise
    except Exception as error:  # each library has exceptions of its own
        if isinstance(error, MemoryError) or "memory" in str(error).lower():
            raise LimitReached("needs too much memory to be inflated") from None
        raise ArtifactError("the compressed data are damaged") from None


class Deflate:
    """Plain deflate (RFC 1951) as a decoder that gives all bytes before the damaged one.

    ISA-L inflates twice as fast as zlib, but keeps back what it has when it meets damage: then zlib
    reads the stream again. Of one longer than ARTIFACT_REPLAY_BYTES, what the last `data` were good
    for is lost.
    """

    def __init__(self) -> None:
        self._inner = isal_zlib.decompressobj(-zlib.MAX_WBITS)
        self._damaged = False
        self._came: list[bytes] = []
        """What came in, for as long as it is not too much."""
        self._room = limits.ARTIFACT_REPLAY_BYTES
        self._given = 0
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """Bytes that came in but lie behind the end of the stream."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes, more only of a damaged stream. Raises zlib.error."""
        if self._damaged:
            raise zlib.error
        most = max(max_length, 0)
        self._keep(data)
        try:
            found = self._inner.decompress(self._inner.unconsumed_tail + data, most)
        except isal_zlib.error:  # type: ignore[misc]  # isal's stub calls it a value
            self._damaged, self.needs_input = True, False
            return _before_damage(self._came, self._given)
        self._given += len(found)
        self.needs_input = not self._inner.unconsumed_tail and (not most or len(found) < most)
        return found

    def _keep(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            self._came = []
        elif data:
            self._came.append(data)


def _before_damage(stream: Iterable[bytes], given: int) -> bytes:
    """What zlib makes of a stream up to the damaged byte, behind the bytes already given."""
    inner, found, skipped = zlib.decompressobj(-zlib.MAX_WBITS), bytearray(), 0
    for part in stream:
        before = inner.copy()
        try:
            made = inner.decompress(part)
        except zlib.error:
            # The damage is in the part that came last.
            made = _byte_by_byte(before, part)
        skip = min(len(made), given - skipped)
        skipped += skip
        found += made[skip:]
    return bytes(found)


def _byte_by_byte(inner: "zlib._Decompress", part: bytes) -> bytes:
    found = bytearray()
    with suppress(zlib.error):
        for byte in part:
            found += inner.decompress(bytes((byte,)))
    return bytes(found)
