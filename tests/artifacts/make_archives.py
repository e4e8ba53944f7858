"""Archives and compressed streams made at run time, sound ones and hostile ones."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from leakguard.artifacts.budget import Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member, Unread

Files = Mapping[str, bytes]


Found = list[tuple[str, bytes | str]]


def read_all(module: Any, data: bytes, budget: Budget | None = None) -> Found:
    """Names with contents, or with the reason why there is none."""
    budget = budget or Budget()
    found = module.members(Content.of(data, budget), budget)
    return [(member.name, text_of(member)) for member in found]


def read_reasons(module: Any, data: bytes) -> list[tuple[str, str]]:
    """Names of what cannot be read, with the reasons; nothing is read."""
    budget = Budget()
    found = module.members(Content.of(data, budget), budget)
    return [(one.name, one.reason) for one in found if isinstance(one, Unread)]


def text_of(member: Member | Unread) -> bytes | str:
    if isinstance(member, Unread):
        return member.reason
    parts = []
    while part := member.content.read(10_000):
        parts.append(part)
    return b"".join(parts)


def streamed(data: bytes, budget: Budget) -> Content:
    """The bytes as they come from another container: not at hand."""
    return Content(io.BytesIO(data).read, budget)


def joined(files: Files) -> bytes:
    return b"\n".join(files.values())


def zstd(data: bytes) -> bytes:
    try:
        from compression import zstd as library
    except ImportError:
        from backports import zstd as library
    packed: bytes = library.compress(data)
    return packed


def lz4(data: bytes) -> bytes:
    import lz4.frame

    packed: bytes = lz4.frame.compress(data)
    return packed


def lz4_legacy(data: bytes) -> bytes:
    import lz4.block

    block = lz4.block.compress(data, store_size=False)
    return b"\x02\x21\x4c\x18" + struct.pack("<I", len(block)) + bytes(block)


def brotli(data: bytes) -> bytes:
    import brotli as library

    packed: bytes = library.compress(data)
    return packed


def deflate64(data: bytes) -> bytes:
    import inflate64

    packer = inflate64.Deflater()
    packed: bytes = packer.deflate(data) + packer.flush()
    return packed


def tar(files: Files, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_header(
    name: bytes, size: bytes, kind: bytes = b"0", magic: bytes = b"ustar\x0000"
) -> bytes:
    block = bytearray(512)
    block[:100] = name.ljust(100, b"\0")
    block[124:136] = size.ljust(12, b"\0")
    block[156:157] = kind
    block[257:265] = magic
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def tar_v7(files: Files) -> bytes:
    parts = []
    for name, data in files.items():
        parts.append(tar_header(name.encode(), b"%011o" % len(data), b"\0", bytes(8)))
        parts.append(data + bytes(-len(data) % 512))
    return b"".join(parts) + bytes(1024)


def ar(files: Files) -> bytes:
    """As GNU writes it: long names in a table."""
    table = b"".join(name.encode() + b"/\n" for name in files)
    parts = [b"!<arch>\n", _ar_member(b"//", table)]
    at = 0
    for name, data in files.items():
        parts.append(_ar_member(b"/%d" % at, data))
        at += len(name.encode()) + 2
    return b"".join(parts)


def ar_bsd(files: Files) -> bytes:
    parts = (_ar_member(b"#1/%d" % len(name), name.encode() + data) for name, data in files.items())
    return b"!<arch>\n" + b"".join(parts)


def _ar_member(label: bytes, data: bytes) -> bytes:
    head = label.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644".ljust(8)
    return head + b"%-10d`\n" % len(data) + data + b"\n" * (len(data) % 2)


def cpio_newc(files: Files, magic: bytes = b"070701") -> bytes:
    parts = []
    for name, data in [*files.items(), ("TRAILER!!!", b"")]:
        label = name.encode() + b"\0"
        numbers = (0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(label), 0)
        head = magic + b"".join(b"%08x" % number for number in numbers) + label
        parts.append(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))
    return b"".join(parts)


def cpio_odc(files: Files) -> bytes:
    parts = []
    for name, data in [*files.items(), ("TRAILER!!!", b"")]:
        label = name.encode() + b"\0"
        head = b"070707" + b"%06o%06o%06o%06o%06o%06o%06o" % (0, 0, 0o100644, 0, 0, 1, 0)
        parts.append(head + b"%011o%06o%011o" % (0, len(label), len(data)) + label + data)
    return b"".join(parts)


def cpio_binary(files: Files, order: str = "<") -> bytes:
    parts = []
    for name, data in [*files.items(), ("TRAILER!!!", b"")]:
        label = name.encode() + b"\0"
        numbers = (0o070707, 0, 0, 0o100644, 0, 0, 1, 0, 0, 0, len(label))
        head = struct.pack(f"{order}13H", *numbers, len(data) >> 16, len(data) & 0xFFFF) + label
        parts.append(head + bytes(len(label) % 2) + data + bytes(len(data) % 2))
    return b"".join(parts)


class Packed(NamedTuple):
    """One member of a zip, with whatever its headers are to say of it."""

    name: str
    data: bytes
    packed: bytes | None = None
    method: int = 0
    flags: int = 0
    size: int | None = None
    crc: int | None = None


def zip_of(members: Iterable[Packed], *, shift: int = 0, comment: bytes = b"") -> bytes:
    """A zip byte by byte; `shift` is added to all offsets that the directory has."""
    body, directory, count = b"", b"", 0
    for one in members:
        packed = one.data if one.packed is None else one.packed
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        size = len(one.data) if one.size is None else one.size
        name = one.name.encode()
        fields = struct.pack(
            "<5H3I2H", 20, one.flags, one.method, 0, 0, crc, len(packed), size, len(name), 0
        )
        directory += b"PK\x01\x02\x14\0" + fields + bytes(10)
        directory += struct.pack("<I", len(body) + shift) + name
        body += b"PK\x03\x04" + fields + name + packed
        count += 1
    return body + directory + zip_end(count, len(directory), len(body) + shift, comment)


def zip_end(count: int, size: int, offset: int, comment: bytes = b"") -> bytes:
    numbers = struct.pack("<4H2IH", 0, 0, count, count, size, offset, len(comment))
    return b"PK\x05\x06" + numbers + comment


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def zipped_by(files: Files, method: int, pack: Callable[[bytes], bytes]) -> bytes:
    return zip_of(Packed(name, data, pack(data), method) for name, data in files.items())


def zip64(files: Files) -> bytes:
    """With all numbers in the larger fields."""
    body, directory = b"", b""
    for name, data in files.items():
        label = name.encode()
        sizes = struct.pack("<2H2Q", 1, 16, len(data), len(data))
        fields = struct.pack("<5HI", 45, 0, 0, 0, 0, zlib.crc32(data)) + b"\xff" * 8
        directory += b"PK\x01\x02\x2d\0" + fields + struct.pack("<2H", len(label), 28) + bytes(10)
        directory += b"\xff" * 4 + label
        directory += struct.pack("<2H3Q", 1, 24, len(data), len(data), len(body))
        body += b"PK\x03\x04" + fields + struct.pack("<2H", len(label), 20) + label + sizes + data
    place = len(body) + len(directory)
    record = b"PK\x06\x06" + struct.pack("<Q2H2I", 44, 45, 45, 0, 0)
    record += struct.pack("<4Q", len(files), len(files), len(directory), len(body))
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, place, 1)
    return body + directory + record + locator + b"PK\x05\x06" + bytes(4) + b"\xff" * 12 + bytes(2)


def sfx_zip(files: Files) -> bytes:
    return b"#!/usr/bin/env python3\n" + zipped(files)


def seven_zip(files: Files, filters: list[dict[str, Any]] | None = None) -> bytes:
    import py7zr

    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", filters=filters) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return out.getvalue()


def rar(files: Files, method: int = 0) -> bytes:
    """Version 5, stored; `method` is what the headers say instead."""
    parts = [b"Rar!\x1a\x07\x01\0", _rar_block(b"\x01\0\0")]
    for name, data in files.items():
        label, size = name.encode(), _rar_number(len(data))
        head = b"\x02\x02" + size + b"\x04" + size + _rar_number(0o100644)
        head += struct.pack("<I", zlib.crc32(data)) + _rar_number(method << 7) + b"\x01"
        parts.append(_rar_block(head + _rar_number(len(label)) + label) + data)
    return b"".join(parts) + _rar_block(b"\x05\0\0")


def _rar_block(head: bytes) -> bytes:
    sized = _rar_number(len(head)) + head
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _rar_number(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return found + bytes((number,))


SAMPLES: dict[str, Callable[[Files], bytes]] = {
    "gzip": lambda files: gzip.compress(joined(files)),
    "bzip2": lambda files: bz2.compress(joined(files)),
    "xz": lambda files: lzma.compress(joined(files)),
    "lzma": lambda files: lzma.compress(joined(files), lzma.FORMAT_ALONE),
    "zstd": lambda files: zstd(joined(files)),
    "lz4": lambda files: lz4(joined(files)),
    "lz4-legacy": lambda files: lz4_legacy(joined(files)),
    "brotli": lambda files: brotli(joined(files)),
    "tar-v7": tar_v7,
    "tar-ustar": lambda files: tar(files, tarfile.USTAR_FORMAT),
    "tar-gnu": lambda files: tar(files, tarfile.GNU_FORMAT),
    "tar-pax": tar,
    "ar": ar,
    "ar-bsd": ar_bsd,
    "cpio-newc": cpio_newc,
    "cpio-crc": lambda files: cpio_newc(files, b"070702"),
    "cpio-odc": cpio_odc,
    "cpio-binary": cpio_binary,
    "zip": zipped,
    "zip-stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "zip-deflate64": lambda files: zipped_by(files, 9, deflate64),
    "zip-bzip2": lambda files: zipped(files, zipfile.ZIP_BZIP2),
    "zip-lzma": lambda files: zipped(files, zipfile.ZIP_LZMA),
    "zip-zstd": lambda files: zipped_by(files, 93, zstd),
    "zip-xz": lambda files: zipped_by(files, 95, lzma.compress),
    "zip64": zip64,
    "sfx-zip": sfx_zip,
    "7z": seven_zip,
    "rar": rar,
}
