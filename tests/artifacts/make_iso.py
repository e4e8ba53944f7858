"""Images of ISO 9660 (ECMA-119), with all files in the root folder."""

import struct
from collections.abc import Mapping

_SECTOR = 2048
_SYSTEM, _ROOT = 16, 18
"""Sectors before the first descriptor, and where the root folder is."""


def iso(files: Mapping[str, bytes]) -> bytes:
    """A primary descriptor, the last one, the root folder of one sector, and the files."""
    root = _record(b"\0", _ROOT, _SECTOR, 2)
    folder, contents, at = root + _record(b"\1", _ROOT, _SECTOR, 2), b"", _ROOT + 1
    for name, data in files.items():
        label = name.rpartition("/")[2].upper().encode() + b";1"
        folder += _record(label, at, len(data), 0)
        contents += _padded(data)
        at = _ROOT + 1 + len(contents) // _SECTOR
    first = b"\1CD001\1\0" + b" " * 32 + b"ORCHARD".ljust(32) + bytes(8) + _both("I", at)
    first = first.ljust(120, b"\0") + _both("H", 1) * 2 + _both("H", _SECTOR) + bytes(24) + root
    first = first.ljust(881, b"\0") + b"\1"
    descriptors = _padded(first) + _padded(b"\xffCD001\1")
    return bytes(_SYSTEM * _SECTOR) + descriptors + _padded(folder) + contents


def _record(name: bytes, sector: int, size: int, flags: int) -> bytes:
    """A directory record (ECMA-119, 9.1)."""
    body = b"\0" + _both("I", sector) + _both("I", size) + bytes(7) + bytes((flags, 0, 0))
    body += _both("H", 1) + bytes((len(name),)) + name
    body += b"\0" * (len(body) % 2 == 0)
    return bytes((len(body) + 1,)) + body


def _both(kind: str, number: int) -> bytes:
    """A number in both orders of bytes."""
    return struct.pack("<" + kind, number) + struct.pack(">" + kind, number)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _SECTOR)
