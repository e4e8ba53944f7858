"""Looks up values in an Android app's compiled resource table (ResTable in ResourceTypes.h)."""

from collections.abc import Iterator
from struct import iter_unpack, unpack_from

from leakguard import limits
from leakguard.artifacts.axml import chunks
from leakguard.artifacts.stringpool import POOL_TYPE, StringPool

_PACKAGE, _TYPE = 0x0200, 0x0201
_SPARSE, _SHORT_OFFSETS = 0x01, 0x02
_COMPLEX, _COMPACT = 0x0001, 0x0008
_REFERENCES, _STRING = (0x01, 0x07), 0x03
_NUMBERS = (0x10, 0x11)
_NO_ENTRY = 0xFFFFFFFF


class Resources:
    """The values of one resources.arsc, read as they are asked for."""

    def __init__(self, data: bytes) -> None:
        """Raises ArtifactError or struct.error for what is no resource table."""
        self._data = data
        _, head, size, _ = unpack_from("<2H2I", data, 0)
        self._top = list(chunks(data, head, min(size, len(data))))
        self._pool = next(StringPool(data, at) for kind, at, _ in self._top if kind == POOL_TYPE)

    def text(self, resource: int) -> str:
        """The text or number that an id stands for, following references; else empty.

        From the default configuration, or from the first that has it.
        """
        for _ in range(limits.ARTIFACT_REFERENCES):
            kind, number = self._value(resource)
            if kind == _STRING:
                return self._pool.text(number)
            if kind not in _REFERENCES:
                return str(number) if kind in _NUMBERS else ""
            resource = number
        return ""

    def _value(self, resource: int) -> tuple[int, int]:
        """Type and data of the value; (0, 0) when there is none."""
        found = (0, 0)
        for at in self._types(resource >> 24, resource >> 16 & 0xFF):
            value = self._entry(at, resource & 0xFFFF)
            if value is not None:
                if self._is_default(at):
                    return value
                found = value if found == (0, 0) else found
        return found

    def _types(self, package: int, number: int) -> Iterator[int]:
        """Where the tables of one type begin: one for each configuration."""
        for kind, at, size in self._top:
            if kind != _PACKAGE:
                continue
            _, head, _, identity = unpack_from("<2H2I", self._data, at)
            if identity not in (package, 0):
                continue
            for inner, where, _ in chunks(self._data, at + head, at + size):
                if inner == _TYPE and self._data[where + 8] == number:
                    yield where

    def _is_default(self, at: int) -> bool:
        """Whether a ResTable_config has only zeros behind its size."""
        (size,) = unpack_from("<I", self._data, at + 20)
        return not any(self._data[at + 24 : at + 20 + min(size, 64)])

    def _entry(self, at: int, number: int) -> tuple[int, int] | None:
        """Type and data of one entry in a ResTable_type; None when it has none or a whole bag."""
        _, head, size, _, flags, _, count, start = unpack_from("<2HI2BH2I", self._data, at)
        index = self._data[at + head : at + min(head + 4 * count, size)]
        offset = _offset(index, number, flags)
        if offset + start + 8 > size:
            return None
        place = at + start + offset
        key, entry_flags, data = unpack_from("<2HI", self._data, place)
        if entry_flags & _COMPACT:
            return entry_flags >> 8, data
        if entry_flags & _COMPLEX:
            return None
        _, _, kind, value = unpack_from("<H2BI", self._data, place + key)
        return kind, value


def _offset(index: bytes, number: int, flags: int) -> int:
    """Where an entry begins behind the entries' start, by one of three kinds of index."""
    if flags & _SPARSE:
        pairs = iter_unpack("<2H", index)
        return next((4 * offset for entry, offset in pairs if entry == number), _NO_ENTRY)
    if flags & _SHORT_OFFSETS:
        at = 2 * number
        short = int.from_bytes(index[at : at + 2] or b"\xff\xff", "little")
        return _NO_ENTRY if short == 0xFFFF else 4 * short
    return int.from_bytes(index[4 * number : 4 * number + 4] or b"\xff" * 4, "little")
