"""Disk images of macOS: an HFS+ volume (Technical Note TN1150) in UDIF."""

import bz2
import lzma
import plistlib
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from operator import itemgetter

_Files = Mapping[str, bytes]
_Pack = Callable[[bytes], bytes]
_SECTOR, _BLOCK, _RUN = 512, 4096, 64 * 1024


def hfs_volume(files: _Files) -> bytes:
    """The volume header, the catalog in the blocks behind it, then the files."""
    records, contents = _catalog(files)
    nodes = _nodes(records)
    blocks = bytearray(_BLOCK) + nodes
    extents = []
    for content in contents:
        extents.append((len(blocks) // _BLOCK, -(-len(content) // _BLOCK)))
        blocks += content.ljust(extents[-1][1] * _BLOCK, b"\0")
    first = _nodes(_catalog(files, extents)[0])
    assert len(first) == len(nodes)
    blocks[_BLOCK : _BLOCK + len(first)] = first
    header = b"H+\0\x04".ljust(40, b"\0") + struct.pack(">II", _BLOCK, len(blocks) // _BLOCK)
    catalog = _fork(len(first), [(1, len(first) // _BLOCK)])
    blocks[1024:1536] = header.ljust(272, b"\0") + catalog.ljust(240, b"\0")
    return bytes(blocks) + bytes(_BLOCK)


def _fork(size: int, extents: Iterable[tuple[int, int]]) -> bytes:
    places = list(extents)
    packed = b"".join(struct.pack(">II", *place) for place in places)
    return struct.pack(">QII", size, 0, sum(many for _, many in places)) + packed.ljust(64, b"\0")


def _key(parent: int, name: str) -> bytes:
    text = name.encode("utf-16-be")
    key = struct.pack(">IH", parent, len(text) // 2) + text
    return len(key).to_bytes(2, "big") + key


def _catalog(
    files: _Files, extents: list[tuple[int, int]] | None = None
) -> tuple[list[bytes], list[bytes]]:
    """The records of the catalog, and the contents in the same order as the extents."""
    numbers, folders = count(16), {"": 2}
    found = [((1, "Disk"), _key(1, "Disk") + struct.pack(">HHII", 1, 0, 0, 2).ljust(88, b"\0"))]
    for place, (path, content) in enumerate(files.items()):
        *parents, name = path.split("/")
        folder = ""
        for part in parents:
            parent, folder = folders[folder], f"{folder}/{part}"
            if folder not in folders:
                folders[folder] = next(numbers)
                body = struct.pack(">HHII", 1, 0, 0, folders[folder]).ljust(88, b"\0")
                found.append(((parent, part), _key(parent, part) + body))
        where = extents[place] if extents else (0, 0)
        body = struct.pack(">HHII", 2, 0, 0, next(numbers)).ljust(88, b"\0")
        body += _fork(len(content), [where]) + _fork(0, [])
        found.append(((folders[folder], name), _key(folders[folder], name) + body))
    return [record for _, record in sorted(found, key=itemgetter(0))], list(files.values())


def _nodes(records: list[bytes]) -> bytes:
    """A B-tree: its header node, then leaves in a chain, without the index above them."""
    leaves: list[list[bytes]] = [[]]
    for record in records:
        if sum(map(len, leaves[-1])) + len(record) + 2 * len(leaves[-1]) > _BLOCK - 32:
            leaves.append([])
        leaves[-1].append(record)
    fields = (1, 1, len(records), 1, len(leaves), _BLOCK, 516, len(leaves) + 1, 0)
    head = struct.pack(">HIIIIHHII", *fields).ljust(106, b"\0")
    nodes = _node(0, 1, [head, bytes(128), bytes(_BLOCK - 256)])
    for number, leaf in enumerate(leaves, 1):
        nodes += _node(number + 1 if number < len(leaves) else 0, 0xFF, leaf)
    return nodes


def _node(following: int, kind: int, records: list[bytes]) -> bytes:
    body = struct.pack(">IIBBHH", following, 0, kind, int(kind == 0xFF), len(records), 0)
    places = []
    for record in records:
        places.append(len(body))
        body += record
    places.append(len(body))
    table = b"".join(place.to_bytes(2, "big") for place in reversed(places))
    return body.ljust(_BLOCK - len(table), b"\0") + table


def adc_stored(data: bytes) -> bytes:
    """Apple Data Compression that only has plain chunks."""
    pieces = (data[at : at + 128] for at in range(0, len(data), 128))
    return b"".join(bytes((0x80 | len(piece) - 1,)) + piece for piece in pieces)


def lzfse(data: bytes) -> bytes:
    import lzfse as library

    packed: bytes = library.compress(data)
    return packed


PACKERS: dict[str, tuple[int, _Pack]] = {
    "raw": (1, bytes),
    "adc": (0x80000004, adc_stored),
    "zlib": (0x80000005, zlib.compress),
    "bzip2": (0x80000006, bz2.compress),
    "lzfse": (0x80000007, lzfse),
    "lzma": (0x80000008, lzma.compress),
}


def dmg(
    volume: bytes, method: str = "zlib", signature: bytes = b"", *, fork: bool = False
) -> bytes:
    """A disk image with one table of runs, in a property list or in a resource fork."""
    kind, pack = PACKERS[method]
    data, runs = b"", b""
    for at in range(0, len(volume), _RUN):
        piece = volume[at : at + _RUN]
        sectors = len(piece) // _SECTOR
        used, packed = (kind, pack(piece)) if any(piece) else (0, b"")
        runs += struct.pack(">IIQQQQ", used, 0, at // _SECTOR, sectors, len(data), len(packed))
        data += packed
    runs += struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, len(volume) // _SECTOR, 0, len(data), 0)
    head = struct.pack(">4sIQQQII", b"mish", 1, 0, len(volume) // _SECTOR, 0, 520, 0)
    table = head.ljust(200, b"\0") + struct.pack(">I", len(runs) // 40) + runs
    xml = b"" if fork else plistlib.dumps({"resource-fork": {"blkx": [{"Data": table}]}})
    resources = _resource_fork(table) if fork else b""
    trailer = struct.pack(">4sIIIQQQQQII", b"koly", 4, 512, 1, 0, 0, len(data),
                          len(data), len(resources), 1, 1).ljust(216, b"\0")  # fmt: skip
    trailer += struct.pack(">QQ", len(data), len(xml)).ljust(80, b"\0")
    trailer += struct.pack(">QQ", len(data) + len(xml) + len(resources), len(signature))
    return data + xml + resources + signature + trailer.ljust(512, b"\0")


def _resource_fork(table: bytes) -> bytes:
    data = len(table).to_bytes(4, "big") + table
    types = struct.pack(">H4sHH", 0, b"blkx", 0, 10) + struct.pack(">hHII", -1, 0xFFFF, 0, 0)
    head = struct.pack(">IIII", 16, 16 + len(data), len(data), 28 + len(types))
    return head + data + bytes(24) + struct.pack(">HH", 28, 28 + len(types)) + types


def super_blob(cms: bytes) -> bytes:
    """A code signature with nothing but the CMS in it."""
    blob = struct.pack(">II", 0xFADE0B01, 8 + len(cms)) + cms
    return struct.pack(">IIIII", 0xFADE0CC0, 20 + len(blob), 1, 0x10000, 20) + blob
