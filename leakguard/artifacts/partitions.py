"""Where partitions begin on a disk: Apple's partition map and the GUID partition table (UEFI)."""

import struct
from collections.abc import Iterator
from typing import Protocol

from leakguard.artifacts.budget import ArtifactError

_SECTOR = 512
_BLOCKS = (512, 1024, 2048, 4096)
_MOST = 128
"""Entries of a table: a GUID partition table has room for so many."""


class Reader(Protocol):
    """A disk."""

    def all_of(self, start: int, size: int) -> bytes:
        """Exactly `size` bytes. Raises EOFError when there are fewer."""
        ...


def partitions(disk: Reader) -> set[int]:
    """The first byte of every partition; none where there is no table or a damaged one."""
    try:
        first = disk.all_of(0, 2 * _SECTOR)
        if first[_SECTOR : _SECTOR + 8] == b"EFI PART":
            return set(_guid(disk, first[_SECTOR:]))
        return {start for block in _blocks(first) for start in _apple(disk, block)}
    except (EOFError, ArtifactError, struct.error):
        return set()


def _blocks(first: bytes) -> set[int]:
    """Sizes of block that a map may count in: a sector's, or what the driver descriptor says.

    Images that are made for macOS elsewhere (xorriso, genisoimage) are ISO images too, of 2048.
    """
    said = int.from_bytes(first[2:4], "big") if first[:2] == b"ER" else _SECTOR
    return {_SECTOR, said if said in _BLOCKS else _SECTOR}


def _apple(disk: Reader, block: int) -> Iterator[int]:
    """Inside Macintosh: Devices, 3-12 and 3-25. Each entry says how many there are."""
    first = disk.all_of(block, 8)
    count = struct.unpack_from(">I", first, 4)[0] if first[:2] == b"PM" else 0
    for number in range(min(count, _MOST)):
        entry = disk.all_of(block * (1 + number), 16)
        if entry[:2] == b"PM":
            yield struct.unpack_from(">I", entry, 8)[0] * block


def _guid(disk: Reader, header: bytes) -> Iterator[int]:
    at, count, size = struct.unpack_from("<QII", header, 72)
    for number in range(min(count, _MOST)):
        entry = disk.all_of(at * _SECTOR + number * size, 40)
        if any(entry[:16]):
            yield struct.unpack_from("<Q", entry, 32)[0] * _SECTOR
