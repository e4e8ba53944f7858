"""Compound files with streams in their root, as [MS-CFB] has them: version 3, in file order."""

import struct
from collections.abc import Mapping

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """Streams below 4096 bytes lie together in the ministream. `/` in names becomes `_`."""
    mini, mini_fat, places = bytearray(), list[int](), {}
    large = {name: data for name, data in streams.items() if len(data) >= _CUTOFF}
    for name, data in streams.items():
        if name not in large and data:
            places[name] = len(mini) // _MINI
            count = -(-len(data) // _MINI)
            mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), _END]
            mini += data.ljust(count * _MINI, b"\0")
    packed = b"".join(number.to_bytes(4, "little") for number in mini_fat)
    directory_size = 128 * (len(streams) + 1)
    parts = {"": bytes(directory_size), "mini fat": packed, "mini": bytes(mini)}
    body, fat, starts = bytearray(), list[int](), {}
    for name, data in (*((f"\0{name}", data) for name, data in parts.items()), *large.items()):
        starts[name] = len(body) // _SECTOR if data else _END
        count = -(-len(data) // _SECTOR)
        fat += [*range(len(fat) + 1, len(fat) + count), _END] if data else []
        body += data.ljust(count * _SECTOR, b"\0")
    directory = _directory(streams, {**places, **starts}, starts["\0mini"], len(mini))
    body[: len(directory)] = directory
    fat_sectors = -(-(len(fat) + 1) // 127)
    first = len(fat)
    fat += [_FAT] * fat_sectors
    table = b"".join(number.to_bytes(4, "little") for number in fat)
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0,
        fat_sectors, starts["\0"], 0, _CUTOFF, starts["\0mini fat"],
        -(-len(packed) // _SECTOR), _END, 0,
    )  # fmt: skip
    where = [*range(first, first + fat_sectors)]
    where += [_FREE] * (109 - len(where))
    head += b"".join(number.to_bytes(4, "little") for number in where)
    return head + body + table.ljust(fat_sectors * _SECTOR, b"\xff")


def _directory(
    streams: Mapping[str, bytes], places: Mapping[str, int], mini: int, mini_bytes: int
) -> bytes:
    """The root, whose tree of children is a list to the right: valid, if not balanced."""
    names = sorted(streams, key=lambda name: (len(name.encode("utf-16-le")), name.upper()))
    child = 1 if names else _FREE
    found = _entry("Root Entry", 5, _FREE, child, mini, mini_bytes)
    for number, name in enumerate(names, 1):
        right = number + 1 if number < len(names) else _FREE
        size = len(streams[name])
        found += _entry(name, 2, right, _FREE, places.get(name, _END), size)
    unused = -len(found) % _SECTOR // 128
    return found + (bytes(68) + b"\xff" * 12 + bytes(48)) * unused


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    text = name.replace("/", "_").encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, right, child)
    return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)
