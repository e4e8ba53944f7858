"""The string pools of Android's binary resources (ResStringPool in AOSP's ResourceTypes.h)."""

from collections.abc import Iterator
from struct import iter_unpack, unpack_from

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, LimitReached

POOL_TYPE = 0x0001
_UTF8 = 0x100


class StringPool:
    """The texts of one pool, decoded when they are asked for."""

    def __init__(self, data: bytes, at: int) -> None:
        """`at` is where the pool's chunk begins. Raises ArtifactError when it is not whole."""
        kind, head, size, count, _styles, flags, start, _ = unpack_from("<2H6I", data, at)
        if kind != POOL_TYPE or size > len(data) - at or head + 4 * count > size or start > size:
            raise ArtifactError("a string pool is damaged")
        if count > limits.ARTIFACT_TEXTS:
            raise LimitReached(f"more than {limits.ARTIFACT_TEXTS} texts")
        self._data = data
        self._start, self._end = at + start, at + size
        self._utf8 = bool(flags & _UTF8)
        self._offsets = memoryview(data)[at + head : at + head + 4 * count]

    def __len__(self) -> int:
        return len(self._offsets) // 4

    def text(self, index: int) -> str:
        """One text; empty when there is none of that number."""
        if not 0 <= index < len(self):
            return ""
        (offset,) = unpack_from("<I", self._offsets, 4 * index)
        return self._raw(offset).decode("utf-8", "replace")

    def texts(self) -> Iterator[bytes]:
        """All texts in UTF-8, by their number, without empty ones.

        Raises ArtifactError when they overlap so much that they are not meant to be read.
        """
        left = limits.ARTIFACT_TEXTS_GROWTH * (self._end - self._start)
        for (offset,) in iter_unpack("<I", self._offsets):
            text = self._raw(offset)
            left -= len(text)
            if left < 0:
                raise ArtifactError("the texts of a string pool overlap")
            if text:
                yield text

    def _raw(self, offset: int) -> bytes:
        at = self._start + offset
        if at + 2 > self._end:
            return b""
        return self._raw_utf8(at) if self._utf8 else self._raw_utf16(at)

    def _raw_utf8(self, at: int) -> bytes:
        """Two lengths, in UTF-16 units and in bytes, of one or two bytes each."""
        data = self._data
        at += 2 if data[at] & 0x80 else 1
        size = data[at]
        at += 1
        if size & 0x80:
            size = (size & 0x7F) << 8 | data[at]
            at += 1
        return modified_utf8(data[at : min(at + size, self._end)])

    def _raw_utf16(self, at: int) -> bytes:
        """One length in units, of one or two units."""
        (size,) = unpack_from("<H", self._data, at)
        at += 2
        if size & 0x8000:
            size = (size & 0x7FFF) << 16 | unpack_from("<H", self._data, at)[0]
            at += 2
        return utf16(self._data[at : min(at + 2 * size, self._end)])


def utf16(raw: bytes) -> bytes:
    """UTF-16LE as UTF-8."""
    return raw.decode("utf-16-le", "replace").encode()


def is_plain_utf8(raw: bytes) -> bool:
    """Whether `modified_utf8` would change nothing."""
    return b"\xed" not in raw and b"\xc0\x80" not in raw


def modified_utf8(raw: bytes) -> bytes:
    """Java's own UTF-8 as plain UTF-8: NUL is two bytes there, and a character beyond U+FFFF is
    two surrogates of three bytes each (java.io.DataInput)."""
    if is_plain_utf8(raw):
        return raw
    units = raw.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    return utf16(units.encode("utf-16-le", "surrogatepass"))
