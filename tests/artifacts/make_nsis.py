"""NSIS installers: what follows the program."""

import lzma
import struct
import zlib
from collections.abc import Callable, Mapping

_Files = Mapping[str, bytes]
_Pack = Callable[[bytes], bytes]
_FIRST = struct.Struct("<I4s12sii")


def nsis_deflate(data: bytes) -> bytes:
    """Deflate with stored blocks only, which have one length in NSIS; at most 65,535 bytes each."""
    pieces = [data[at : at + 65535] for at in range(0, len(data), 65535)]
    return b"".join(
        bytes((number == len(pieces),)) + len(piece).to_bytes(2, "little") + piece
        for number, piece in enumerate(pieces, 1)
    )


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _nsis_lzma(data: bytes) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
    return b"\x5d\0\0\1\0" + lzma.compress(data, lzma.FORMAT_RAW, filters=filters)


NSIS_PACKERS: dict[str, _Pack] = {"zlib": _deflate, "lzma": _nsis_lzma, "stored": nsis_deflate}


def nsis(files: _Files, method: str = "zlib", *, solid: bool = True, wide: bool = True) -> bytes:
    """The part of an installer that follows its program."""
    pack, places, data = NSIS_PACKERS[method], [], b""
    for content in files.values():
        places.append(len(data))
        packed = content if solid else pack(content)
        size = len(content) if solid else len(packed) | 0x80000000
        data += size.to_bytes(4, "little") + packed
    header = _nsis_header(list(files), places, wide=wide)
    if solid:
        data = pack(len(header).to_bytes(4, "little") + header + data)
    else:
        packed = pack(header)
        data = (len(packed) | 0x80000000).to_bytes(4, "little") + packed + data
    sign = b"\xef\xbe\xad\xde", b"NullsoftInst"
    return _FIRST.pack(0, *sign, len(header), _FIRST.size + len(data) + 4) + data + b"\1\2\3\4"


def _nsis_header(names: list[str], places: list[int], *, wide: bool) -> bytes:
    codec, width = ("utf-16-le", 2) if wide else ("latin-1", 1)
    folder = "\3\u8095" if wide else "\3\x95\x80"
    text, entries = "\0", b""
    for name, place in ((folder, None), *zip(names, places, strict=True)):
        at = len(text)
        text += name.replace("/", "\\") + "\0"
        fields = (11, at, 1, 0, 0, 0, 0) if place is None else (20, 0, at, place, 0, 0, 0)
        entries += struct.pack("<I6i", *fields)
    strings = text.encode(codec)
    assert len(strings) == width * len(text)
    start = 4 + 8 * 8
    blocks = [(0, 0)] * 8
    blocks[2] = start, len(entries) // 28
    blocks[3] = start + len(entries), 0
    blocks[4] = start + len(entries) + len(strings), 0
    table = b"".join(struct.pack("<II", *block) for block in blocks)
    return bytes(4) + table + entries + strings
