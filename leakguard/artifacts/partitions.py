"""Where partitions begin on a disk: Apple's partition map and the GUID partition table (UEFI)."""

import struct
from collections.abc import Iterator
from typing import Protocol

from leakguard.artifacts.budget import ArtifactError

_SECTOR = 512
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
        if first[_SECTOR : _SECTOR + 2] == b"PM":
            return set(_apple(disk, first[_SECTOR:]))
    except (EOFError, ArtifactError, struct.error):
        pass
    return set()


def _apple(disk: Reader, first: bytes) -> Iterator[int]:
    """Inside Macintosh: Devices, 3-25. Each entry says how many there are."""
    for number in range(min(struct.unpack_from(">I", first, 4)[0], _MOST)):
        entry = disk.all_of(_SECTOR * (1 + number), 16)
        if entry[:2] == b"PM":
            yield struct.unpack_from(">I", entry, 8)[0] * _SECTOR


def _guid(disk: Reader, header: bytes) -> Iterator[int]:
    at, count, size = struct.unpack_from("<QII", header, 72)
    for number in range(min(count, _MOST)):
        entry = disk.all_of(at * _SECTOR + number * size, 40)
        if any(entry[:16]):
            yield struct.unpack_from("<Q", entry, 32)[0] * _SECTOR
