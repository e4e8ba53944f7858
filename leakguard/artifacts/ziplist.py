"""What a zip says about its members: the directory at its end, and the headers in front of each.

Format: PKWARE's APPNOTE.TXT 6.3.10, section 4.3. Nothing that is read here is trusted further than
the bytes that are there.
"""

import re
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from leakguard.artifacts.budget import Budget, LimitReached
from leakguard.artifacts.content import Buffer

_END_BYTES = 22
_TAIL = 65_535 + _END_BYTES
_ENDS_TRIED = 8
"""Ends of a directory that are tried, the last one first: a comment can quote one."""

_LOCAL = re.compile(rb"(?s)PK\x03\x04.{4}[\0\x01\x06\x08\x09\x0c\x0e\x13\x14\x5d\x5f-\x63]\0")
"""A header in front of a member, of a method that exists (4.4.5)."""

_ANY = re.compile(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x07\x08)")
_UTF8 = 0x800
_SIZES_LATER = 8
_NOTHING_BYTES = 16
"""Nothing, compressed by any method, takes no more."""

UNKNOWN = -1


class Entry(NamedTuple):
    """What is said of one member. `crc` and `size` are UNKNOWN where the header leaves them out."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes when inflated."""
    offset: int
    """Of its local header, from the first of the bytes at hand."""

    def is_folder(self) -> bool:
        """Whether it has no content, going by its name as well; some writers deflate that."""
        return self.name.endswith("/") and self.size <= 0 and self.packed <= _NOTHING_BYTES


class _End(NamedTuple):
    at: int
    """Where the record stands, hence where the directory ends."""
    members: int
    size: int
    offset: int


def listed(data: Buffer, budget: Budget) -> list[Entry] | None:
    """The members by the directory, in its order; None when there is none that makes sense.

    Raises LimitReached when there are too many, before any is read.
    """
    for at in _ends(data):
        end = _end(data, at)
        for start in (end.at - end.size, end.offset):
            found = 0 <= start <= end.at and (
                bytes(data[start : start + 4]) == b"PK\x01\x02" or not end.size
            )
            if found:
                check_count(end.members, budget)
                return _directory(bytes(data[start : end.at]), start - end.offset, budget)
    return None


def in_sequence(data: Buffer, start: int, end: int, budget: Budget) -> Iterator[Entry]:
    """The members by the headers in front of them, wherever one stands in `data[start:end]`."""
    while match := _LOCAL.search(data, start, end):
        budget.look()
        entry, body = _local(data, match.start(), end)
        start = match.start() + 4
        if entry is not None:
            yield entry
            start = max(start, body + entry.packed)


def body(data: Buffer, entry: Entry) -> int | None:
    """Where the bytes of a member begin; None when no header is in front of them."""
    header = bytes(data[entry.offset : entry.offset + 30])
    if entry.offset < 0 or len(header) < 30 or header[:4] != b"PK\x03\x04":
        return None
    return entry.offset + 30 + int(sum(struct.unpack("<2H", header[26:])))


def local_flags(data: Buffer, entry: Entry) -> int:
    """The flags in the header in front of a member."""
    return int.from_bytes(data[entry.offset + 6 : entry.offset + 8], "little")


def overlapping(spans: Iterable[tuple[int, int]]) -> set[int]:
    """The indices of those that begin inside another one that begins earlier."""
    found, reached = set(), 0
    for index, (start, end) in sorted(enumerate(spans), key=lambda item: (item[1][0], item[0])):
        if start < reached:
            found.add(index)
        reached = max(reached, end)
    return found


def _ends(data: Buffer) -> Iterator[int]:
    first = max(0, len(data) - _TAIL)
    tail = bytes(data[first:])
    at = len(tail) - _END_BYTES + 4
    for _ in range(_ENDS_TRIED):
        at = tail.rfind(b"PK\x05\x06", 0, max(at, 0))
        if at < 0:
            return
        if at + _END_BYTES <= len(tail):
            yield first + at
        at += 3  # so that the next search ends before this one


def _end(data: Buffer, at: int) -> _End:
    """The end of the directory; of a zip64 what its larger record says (4.3.14)."""
    end = _End(at, *struct.unpack("<H2I", data[at + 10 : at + 20]))
    locator = bytes(data[max(0, at - 20) : at])
    if locator[:4] != b"PK\x06\x07":
        return end
    for place in (at - 76, int.from_bytes(locator[8:16], "little")):
        record = bytes(data[place : place + 56]) if 0 <= place < at else b""
        if record[:4] == b"PK\x06\x06" and len(record) == 56:
            return _End(place, *struct.unpack("<3Q", record[32:]))
    return end


def check_count(count: int, budget: Budget) -> None:
    """Raises LimitReached for more members than one container may have."""
    if count > budget.allowance.members:
        raise LimitReached(f"more than {budget.allowance.members} members")


def _directory(data: bytes, base: int, budget: Budget) -> list[Entry]:
    """The entries of a directory. It may end early: the rest is then found in sequence."""
    found: list[Entry] = []
    at = 0
    while data[at : at + 4] == b"PK\x01\x02" and at + 46 <= len(data):
        check_count(len(found) + 1, budget)
        flags, method, crc, packed, size, *lengths = struct.unpack(
            "<2H4x3I3H", data[at + 8 : at + 34]
        )
        name_end = at + 46 + lengths[0]
        extra_end = name_end + lengths[1]
        extra = dict(_extras(data[name_end:extra_end]))
        offset = int.from_bytes(data[at + 42 : at + 46], "little")
        size, packed, offset = _large((size, packed, offset), extra.get(1, b""))
        name = _name(data[at + 46 : name_end], flags, extra)
        found.append(Entry(name, flags, method, crc, packed, size, base + offset))
        at = extra_end + lengths[2]
    return found


def _extras(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack("<2H", data[at : at + 4])
        yield kind, data[at + 4 : at + 4 + size]
        at += 4 + size


def _large(numbers: tuple[int, int, int], extra: bytes) -> tuple[int, int, int]:
    """Numbers of 32 bits; those that are all ones stand in the zip64 field (4.5.3)."""
    found = []
    for number in numbers:
        if number == 0xFFFFFFFF and len(extra) >= 8:
            number, extra = int.from_bytes(extra[:8], "little"), extra[8:]
        found.append(number)
    return found[0], found[1], found[2]


def _name(data: bytes, flags: int, extra: dict[int, bytes]) -> str:
    """Of Windows, which some writers leave `\\` in, and of Info-ZIP's field for UTF-8 too."""
    if flags & _UTF8 or 0x7075 in extra:
        name = (extra[0x7075][5:] if 0x7075 in extra else data).decode(errors="replace")
    else:
        try:
            name = data.decode()
        except UnicodeDecodeError:
            name = data.decode("cp437")
    return name if "/" in name else name.replace("\\", "/")


def _local(data: Buffer, at: int, end: int) -> tuple[Entry | None, int]:
    """The member whose local header stands at `at`, and where its bytes begin."""
    header = bytes(data[at : min(at + 30, end)])
    if len(header) < 30:
        return None, at
    flags, method, crc, packed, size, *lengths = struct.unpack("<2H4x3I2H", header[6:])
    start = at + 30 + lengths[0]
    name = bytes(data[at + 30 : start])
    if not name or start + lengths[1] > end:
        return None, at
    extra = dict(_extras(bytes(data[start : start + lengths[1]])))
    start += lengths[1]
    size, packed, _ = _large((size, packed, 0), extra.get(1, b""))
    if flags & _SIZES_LATER and not packed:
        match = _ANY.search(data, start, end)
        packed, size, crc = (match.start() if match else end) - start, UNKNOWN, UNKNOWN
    packed = min(packed, end - start)
    return Entry(_name(name, flags, extra), flags, method, crc, packed, size, at), start
