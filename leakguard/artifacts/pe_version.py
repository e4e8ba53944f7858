"""A Windows program's version resource (Microsoft, VS_VERSIONINFO structure)."""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

_SIGNATURE = 0xFEEF04BD
_MOST_STRINGS = 200


class Version(NamedTuple):
    """What it says; texts are by their names: ProductName, FileVersion …"""

    flags: int
    """VS_FF_ flags that count: FileFlags under FileFlagsMask."""
    file: str
    product: str
    """Numbers of the fixed part: `1.2.3.4`; nothing when all are zero."""
    texts: dict[str, str]


def parse(data: bytes) -> Version:
    """Raises struct.error when it is too short for a head. Of several languages the first one
    that says something counts."""
    (value_length,) = struct.unpack_from("<H", data, 2)
    start, _ = _text(data, 6, len(data))
    start = _aligned(start)
    flags, file, product = _fixed(data[start : start + value_length])
    texts: dict[str, str] = {}
    for key, begin, end in _nodes(data, _aligned(start + value_length), len(data)):
        if key == "StringFileInfo":
            for _, table, table_end in _nodes(data, begin, end):
                for name, at, stop in _nodes(data, table, table_end):
                    texts.setdefault(name, _text(data, at, stop)[1].strip())
    return Version(flags, file, product, {name: text for name, text in texts.items() if text})


def trimmed(version: str) -> str:
    """As people write it: `1, 2, 0, 3` is 1.2.0.3."""
    version = version.strip()
    return re.sub(r"\s*,\s*", ".", version) if re.fullmatch(r"[\d\s,]+", version) else version


def _fixed(data: bytes) -> tuple[int, str, str]:
    if len(data) < 52 or int.from_bytes(data[:4], "little") != _SIGNATURE:
        return 0, "", ""
    numbers = struct.unpack_from("<13I", data)
    return numbers[6] & numbers[7], _numbers(*numbers[2:4]), _numbers(*numbers[4:6])


def _numbers(high: int, low: int) -> str:
    if not high and not low:
        return ""
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def _nodes(data: bytes, at: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Key, where the value or the nodes inside begin, and the end; of nodes side by side."""
    for _ in range(_MOST_STRINGS):
        length = int.from_bytes(data[at : at + 2], "little")
        if length < 6 or at + 6 > end:
            return
        stop = min(at + length, end)
        begin, key = _text(data, at + 6, stop)
        yield key, min(_aligned(begin), stop), stop
        at = _aligned(at + length)


def _text(data: bytes, at: int, end: int) -> tuple[int, str]:
    """A text up to its NUL, and where that ends."""
    stop = at
    while stop + 1 < end and data[stop : stop + 2] != b"\0\0":
        stop += 2
    return stop + 2, data[at:stop].decode("utf-16-le", "replace")


def _aligned(at: int) -> int:
    return (at + 3) & ~3
