"""Compiled Python: the constants and names of its code objects, read without `marshal`.

`marshal` is not made for hostile bytes, and reads the format of the running Python only. Source:
CPython's Python/marshal.c and Objects/codeobject.c, of 3.7 to 3.14.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

from leakguard.artifacts.content import Buffer
from leakguard.artifacts.runs import runs

_HEADER_BYTES = 16
_REFERENCE = 0x80
"""Flag on a type code: the object is referred to later."""
_SHORT_TEXTS, _LONG_TEXTS = b"zZ", b"suatA"
"""Type codes of texts and bytes, with a length of one byte and of four."""
_FIXED = {b"i"[0]: 4, b"r"[0]: 4, b"g"[0]: 8, b"I"[0]: 8, b"y"[0]: 16}
_NOTHING = b"0NFTS."
_OBJECT = -1

_CODE = {
    3390: (*(4,) * 5, *(_OBJECT,) * 8, 4, _OBJECT),
    3400: (*(4,) * 6, *(_OBJECT,) * 8, 4, _OBJECT),
    3450: (*(4,) * 5, *(_OBJECT,) * 8, 4, *(_OBJECT,) * 2),
}
"""The fields of a code object from a magic number on (3.7; 3.8 to 3.10; 3.11 and younger): bytes
of a plain number, or an object."""


class _Damaged(Exception):
    pass


def strings(data: Buffer) -> Iterator[bytes]:
    """The texts and bytes in it, in the file's order, as UTF-8; then what is printable behind the
    place where it ends or is damaged."""
    reader = _Reader(data)
    with suppress(_Damaged, struct.error, IndexError):
        yield from reader.texts()
    yield from runs(data[reader.at :])


class _Reader:
    """Walks the objects in the order they are written, with the fields that are still to come."""

    def __init__(self, data: Buffer) -> None:
        self.at = _HEADER_BYTES
        """Where the next object begins; behind the last one that could be read."""
        self._data = data
        magic = int.from_bytes(data[:2], "little")
        self._code = next((_CODE[low] for low in sorted(_CODE, reverse=True) if magic >= low), ())

    def texts(self) -> Iterator[bytes]:
        """Raises _Damaged, struct.error or IndexError where it cannot go on."""
        open_counts: list[tuple[int, ...] | int] = [1]
        while open_counts:
            field, rest = _next(open_counts.pop())
            if rest:
                open_counts.append(rest)
            if field != _OBJECT:
                self._skip(field)
                continue
            text, inner = self._object()
            if text is not None:
                yield text
            if inner:
                open_counts.append(inner)

    def _object(self) -> tuple[bytes | None, tuple[int, ...] | int]:
        """One object: its text if it is one, and the fields or number of objects in it."""
        start, code = self.at, self._data[self.at] & ~_REFERENCE
        self.at += 1
        if code in _SHORT_TEXTS:
            return self._take(self._number("<B"), start), 0
        if code in _LONG_TEXTS:
            text = self._take(self._number("<I"), start)
            return (_utf8(text) if code == b"u"[0] else text), 0
        if code == b"l"[0]:
            self._skip(2 * abs(self._number("<i")))
        elif code in _FIXED:
            self._skip(_FIXED[code])
        elif code in b"fx":
            for _ in range(1 if code == b"f"[0] else 2):
                self._skip(self._number("<B"))
        elif code not in _NOTHING:
            return None, self._inner(code, start)
        return None, 0

    def _inner(self, code: int, start: int) -> tuple[int, ...] | int:
        """What an object that holds others has in it."""
        if code == b"c"[0] and self._code:
            return self._code
        if code == b")"[0]:
            return self._number("<B")
        if code in b"([<>":
            return self._number("<I")
        if code == b":"[0]:
            return 3
        self.at = start
        raise _Damaged

    def _number(self, form: str) -> int:
        value: int = struct.unpack_from(form, self._data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def _take(self, size: int, start: int) -> bytes:
        if size > len(self._data) - self.at:
            self.at = start
            raise _Damaged
        text = bytes(self._data[self.at : self.at + size])
        self.at += size
        return text

    def _skip(self, size: int) -> None:
        if size > len(self._data) - self.at:
            raise _Damaged
        self.at += size


def _next(fields: tuple[int, ...] | int) -> tuple[int, tuple[int, ...] | int]:
    """The next field, and those behind it."""
    if isinstance(fields, int):
        return _OBJECT, fields - 1
    return fields[0], fields[1:]


def _utf8(text: bytes) -> bytes:
    return text.decode("utf-8", "surrogatepass").encode("utf-8", "replace")
