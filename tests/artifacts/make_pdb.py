"""Debug symbols of Windows programs, and the metadata of .NET."""

import struct
import zlib
from collections.abc import Mapping

Files = Mapping[str, bytes]


def make_msf_pdb(paths: list[str]) -> bytes:
    """A PDB of MSF 7.00 with the names of its source files."""
    size = 512
    text = b"/names\0"
    info = bytes(28) + struct.pack("<I", len(text)) + text
    info += struct.pack("<IIIII", 1, 1, 1, 1, 0) + struct.pack("<II", 0, 2)
    buffer = b"\0" + b"".join(path.encode() + b"\0" for path in paths)
    names = struct.pack("<III", 0xEFFEEFFE, 1, len(buffer)) + buffer
    blocks, streams = [b"", b"", b""], [b"", info, names]
    places: list[int] = []
    for stream in streams:
        for at in range(0, len(stream), size):
            places.append(len(blocks))
            blocks.append(stream[at : at + size])
    directory = struct.pack(f"<{1 + len(streams)}I", len(streams), *map(len, streams))
    directory += struct.pack(f"<{len(places)}I", *places)
    blocks += [struct.pack("<I", len(blocks) + 1), directory]
    magic = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"
    blocks[0] = magic + struct.pack("<6I", size, 1, len(blocks), len(directory), 0, len(blocks) - 2)
    return b"".join(block.ljust(size, b"\0") for block in blocks)


def make_portable_pdb(files: Files, embedded: bool = True) -> bytes:
    """A portable PDB of .NET with the files' names, and their texts inside when `embedded`."""
    blobs, guid = bytearray(b"\0"), 1
    documents, sources = b"", b""
    for number, (name, data) in enumerate(files.items(), 1):
        parts = [_blob(blobs, part.encode()) if part else 0 for part in name.split("/")]
        path = _blob(blobs, b"/" + b"".join(_compressed(part) for part in parts))
        documents += struct.pack("<HHHH", path, 0, 0, 0)
        packed = struct.pack("<I", len(data)) + deflated(data)
        if embedded:
            sources += struct.pack("<HHH", number << 5 | 22, guid, _blob(blobs, packed))
    rows, valid = len(files), 1 << 0x30 | (1 << 0x37 if embedded else 0)
    counts = struct.pack("<II", rows, rows) if embedded else struct.pack("<I", rows)
    tables = bytes(4) + struct.pack("<BBBBQQ", 2, 0, 0, 1, valid, 0) + counts + documents + sources
    source_kind = struct.pack("<IHH", 0x0E8A571B, 0x6926, 0x466E) + bytes.fromhex(
        "b4ad8ab04611f5fe"
    )
    return make_metadata(
        {
            "#Pdb": bytes(32),
            "#~": tables,
            "#Blob": bytes(blobs),
            "#GUID": source_kind,
            "#Strings": b"\0",
        }
    )


def make_metadata(streams: Files) -> bytes:
    """The streams behind the head that .NET's metadata has."""
    version = b"PDB v1.0".ljust(12, b"\0")
    head = b"BSJB" + struct.pack("<HHII", 1, 1, 0, len(version)) + version
    labels = {name: name.encode().ljust((len(name) // 4 + 1) * 4, b"\0") for name in streams}
    at = len(head) + 4 + sum(8 + len(label) for label in labels.values())
    listed, body = b"", b""
    for name, data in streams.items():
        listed += struct.pack("<II", at + len(body), len(data)) + labels[name]
        body += data + bytes(-len(data) % 4)
    return head + struct.pack("<HH", 0, len(streams)) + listed + body


def _blob(blobs: bytearray, data: bytes) -> int:
    at = len(blobs)
    blobs += _compressed(len(data)) + data
    return at


def _compressed(number: int) -> bytes:
    return bytes([number]) if number < 0x80 else struct.pack(">H", number | 0x8000)


def deflated(data: bytes) -> bytes:
    """Plain deflate."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()
