"""How an NSIS installer is compressed, and its own forms of deflate, bzip2 and LZMA."""

import lzma
import zlib
from collections.abc import Callable
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.inflate import Decoder

_WINDOW = 32 * limits.KIB
_LENGTHS = 4
"""Bytes of a stored block's two lengths."""
_X86_FILTER = 1


class Method(NamedTuple):
    """A way to compress, and whether all parts are one stream."""

    solid: bool
    decoder: Callable[[], Decoder]


def method_of(head: bytes, header_bytes: int) -> Method:
    """From the first bytes behind `firstheader`; nothing names the method, so as 7-Zip guesses.

    A part's size stands before it when parts are compressed for themselves, with the highest bit
    set when it is compressed at all. Only the header of a tiny installer is not.
    """
    size = int.from_bytes(head[:4], "little")
    apart = len(head) > 3 and head[3] & 0x80 != 0
    if size == header_bytes:
        return Method(False, Nsis)
    if _is_lzma(head):
        return Method(True, Lzma)
    if apart and _is_lzma(head[4:]):
        return Method(False, Lzma)
    if apart and _is_bzip2(head[4:]):
        return Method(False, _bzip2)
    if apart and not head[2]:
        return Method(False, Nsis)
    return Method(True, _bzip2 if _is_bzip2(head) else Nsis)


def _is_lzma(head: bytes) -> bool:
    """lc=3 lp=0 pb=2, a window in whole KiB, and a first byte that is always 0; perhaps with a
    byte before that tells of a filter."""
    if head[:1] in (b"\0", b"\1") and head[1:2] == b"\x5d":
        head = head[1:]
    return head[:3] == b"\x5d\0\0" and head[5:6] == b"\0"


def _is_bzip2(head: bytes) -> bool:
    return head[:1] == b"1" and len(head) > 1 and head[1] < 14


def _bzip2() -> Decoder:
    from leakguard.artifacts.nsis_bzip2 import Bzip2

    return Bzip2()


class Lzma:
    """Raw LZMA behind five bytes of properties, as a Decoder."""

    def __init__(self) -> None:
        self._inner: lzma.LZMADecompressor | None = None
        self._head = b""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner is not None and self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without more bytes."""
        return self._inner is None or self._inner.needs_input

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes. Raises lzma.LZMAError, and ArtifactError for a window that
        is too large."""
        if self._inner is None:
            self._head += data
            if len(self._head) < 6:
                return b""
            data, self._inner = self._begin(self._head)
        return self._inner.decompress(data, max_length)

    def _begin(self, head: bytes) -> tuple[bytes, lzma.LZMADecompressor]:
        filters: list[dict[str, int]] = []
        if head[0] <= _X86_FILTER:
            filters += [{"id": lzma.FILTER_X86}] if head[0] else []
            head = head[1:]
        window, lp_lc = int.from_bytes(head[1:5], "little"), head[0] % 45
        if window > limits.ARTIFACT_WINDOW_MEMORY or head[0] >= 225:
            raise ArtifactError("compressed with too large a window")
        own = {"lc": lp_lc % 9, "lp": lp_lc // 9, "pb": head[0] // 45}
        filters.append({"id": lzma.FILTER_LZMA1, "dict_size": max(window, 4096), **own})
        return head[5:], lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)


class Nsis:
    """Deflate without the second length of stored blocks, as a Decoder.

    zlib refuses such a block just behind the four bytes that it takes for the two lengths. What it
    made before is kept, the block is copied, and a new zlib goes on with the same window.
    """

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-15)
        self._window = b""
        self._tail = b""
        self._stored = 0
        """Bytes of a stored block that are still to be copied."""
        self._fresh = False
        """Whether a stored block has ended, behind which zlib begins anew."""
        self._last = b""
        """The last bytes that zlib took."""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner.eof and not self._stored

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes. Raises zlib.error."""
        self._tail += data
        most = max_length if max_length > 0 else limits.MIB
        found = self._copy(most) if self._stored else self._inflate(most)
        self._window = (self._window + found)[-_WINDOW:]
        self.needs_input = not self._tail and len(found) < most
        return found

    def _copy(self, most: int) -> bytes:
        found = self._tail[: min(self._stored, most)]
        self._tail = self._tail[len(found) :]
        self._stored -= len(found)
        return found

    def _inflate(self, most: int) -> bytes:
        if self._fresh:
            self._inner, self._fresh = zlib.decompressobj(-15, zdict=self._window), False
        before = self._inner.copy()
        try:
            found = self._inner.decompress(self._tail, most)
        except zlib.error as error:
            if "stored block lengths" not in str(error):
                raise
            return self._to_stored(before, most)
        rest = self._inner.unconsumed_tail
        self._last = (self._last + self._tail[: len(self._tail) - len(rest)])[-_LENGTHS:]
        self._tail = rest
        return found

    def _to_stored(self, before: "zlib._Decompress", most: int) -> bytes:
        """What comes out before a stored block, whose length is then known.

        The most bytes that zlib takes without complaint are looked for by halves: the next one is
        the last of both lengths.
        """
        low, high = 0, len(self._tail)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                before.copy().decompress(self._tail[:middle], most)
                low = middle
            except zlib.error:
                high = middle
        found = before.decompress(self._tail[:low], most)
        lengths = (self._last + self._tail[:high])[-_LENGTHS:]
        self._stored = int.from_bytes(lengths[:2], "little")
        self._tail = lengths[2:] + self._tail[high:]
        self._last = b""
        self._fresh = True
        return found
