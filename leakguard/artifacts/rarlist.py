"""The headers of RAR archives, of version 4 and older and of version 5.

Formats: https://www.rarlab.com/technote.htm, and technote.txt of WinRAR 3.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer

_MAGIC4, _MAGIC5 = b"Rar!\x1a\x07\0", b"Rar!\x1a\x07\x01\0"
_DAMAGED = "a header is damaged"


class Entry(NamedTuple):
    """One file in an archive."""

    name: str
    start: int
    """Where its bytes begin in the archive."""
    packed: int
    size: int
    crc: int | None
    """CRC-32; None where the archive has another checksum or none."""
    is_stored: bool
    is_encrypted: bool
    is_folder: bool
    is_link: bool
    is_split: bool
    """Whether a part of it is in another file."""


def entries(data: Buffer, budget: Budget) -> Iterator[Entry]:
    """All files, in their order.

    Raises ArtifactError for a damaged header, and when the headers are encrypted.
    """
    if bytes(data[:8]) == _MAGIC5:
        return _entries5(data, budget)
    if bytes(data[:7]) == _MAGIC4:
        return _entries4(data, budget)
    raise ArtifactError("of a version that is not known")


def _entries4(data: Buffer, budget: Budget) -> Iterator[Entry]:
    at = len(_MAGIC4)
    while at + 7 <= len(data):
        budget.look()
        kind, flags, size = struct.unpack("<BHH", data[at + 2 : at + 7])
        header = bytes(data[at : at + size])
        if size < 7 or len(header) < size:
            raise ArtifactError(_DAMAGED)
        more = int.from_bytes(header[7:11], "little") if flags & 0x8000 else 0
        if kind == 0x73 and flags & 0x80:
            raise ArtifactError("its list of files is encrypted")
        if kind == 0x74:
            entry = _file4(header, flags, at + size)
            more = entry.packed
            yield entry
        if kind == 0x7B:
            return
        at += size + more


def _file4(header: bytes, flags: int, start: int) -> Entry:
    if len(header) < 32:
        raise ArtifactError(_DAMAGED)
    packed, size, _, crc, _, _, method, length, mode = struct.unpack("<2IB2I2BHI", header[7:32])
    at = 32
    if flags & 0x100:
        high = struct.unpack("<2I", header[at : at + 8])
        packed, size, at = packed | high[0] << 32, size | high[1] << 32, at + 8
    plain = header[at : at + length].partition(b"\0")[0]  # what follows repeats it in UTF-16
    return Entry(
        name=plain.decode(errors="replace").replace("\\", "/"),
        start=start,
        packed=packed,
        size=size,
        crc=crc,
        is_stored=method == 0x30,
        is_encrypted=bool(flags & 4),
        is_folder=flags & 0xE0 == 0xE0,
        is_link=header[15] == 3 and mode & 0o170000 == 0o120000,
        is_split=bool(flags & 3),
    )


def _entries5(data: Buffer, budget: Budget) -> Iterator[Entry]:
    at = len(_MAGIC5)
    while at + 7 <= len(data):
        budget.look()
        size, begins = _number(bytes(data[at + 4 : at + 14]), 0)
        begins += at + 4
        header = bytes(data[begins : begins + size])
        if not size or len(header) < size:
            raise ArtifactError(_DAMAGED)
        (kind, flags), place = _numbers(header, 0, 2)
        extra, place = _number(header, place) if flags & 1 else (0, place)
        packed, place = _number(header, place) if flags & 2 else (0, place)
        at = begins + size
        if kind == 4:
            raise ArtifactError("its list of files is encrypted")
        if kind == 5:
            return
        if kind == 2:
            entry = _file5(header[place : len(header) - extra], header[len(header) - extra :])
            yield entry._replace(start=at, packed=packed, is_split=bool(flags & 0x18))
        at += packed


def _file5(fields: bytes, extra: bytes) -> Entry:
    (flags, size, _), at = _numbers(fields, 0, 3)
    at += 4 if flags & 2 else 0
    crc = int.from_bytes(fields[at : at + 4], "little") if flags & 4 else None
    at += 4 if flags & 4 else 0
    (method, _, length), at = _numbers(fields, at, 3)
    kinds = set(_records(extra))
    return Entry(
        name=fields[at : at + length].decode(errors="replace"),
        start=0,
        packed=0,
        size=0 if flags & 8 else size,
        crc=crc,
        is_stored=not method >> 7 & 7,
        is_encrypted=1 in kinds,
        is_folder=bool(flags & 1),
        is_link=5 in kinds,
        is_split=False,
    )


def _records(extra: bytes) -> Iterator[int]:
    """The kinds of the records behind a header."""
    at = 0
    while at < len(extra):
        size, begins = _number(extra, at)
        yield _number(extra, begins)[0]
        at = begins + max(size, 1)


def _numbers(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    found = []
    for _ in range(count):
        number, at = _number(data, at)
        found.append(number)
    return found, at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits in each byte, the lowest first; and where it ends."""
    number = shift = 0
    for byte in data[at : at + 10]:
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise ArtifactError(_DAMAGED)
