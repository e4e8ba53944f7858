"""Small writers of file system images and script bundles, for tests."""

import gzip
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from leakguard.artifacts.budget import Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member, Unread
from tests.artifacts.make_squashfs import COMPRESSORS, Files, squashfs, xz

Opener = Callable[[Content, Budget], Iterable[Member | Unread]]


def opened(members: Opener, data: bytes) -> dict[str, bytes | str]:
    """What a container holds by name, with the note behind it; of what is not read, the reason."""
    budget, found = Budget(), dict[str, bytes | str]()
    for member in members(Content.of(data, budget), budget):
        if isinstance(member, Unread):
            found[member.name] = member.reason
        else:
            name = f"{member.name} ({member.note})" if member.note else member.name
            found[name] = _read(member.content)
    return found


def _squashfs_of(name: str) -> Callable[[Files], bytes]:
    return lambda files: squashfs(files, *COMPRESSORS[name])


def _read(content: Content) -> bytes:
    """In small steps, as a consumer may."""
    parts = []
    while part := content.read(1000):
        parts.append(part)
    return b"".join(parts)


class Jffs2:
    """Writes nodes one after the other, as the file system itself would."""

    def __init__(self, order: str = "<") -> None:
        self.order = order
        self.out = bytearray()
        self.node(0x2003, b"")
        self.version = 0

    def node(self, kind: int, rest: bytes) -> None:
        self.out += b"\xff" * (-len(self.out) % 4)
        head = struct.pack(self.order + "HHI", 0x1985, kind, 12 + len(rest))
        self.out += head + struct.pack(self.order + "I", jffs2_crc(head)) + rest

    def name(self, parent: int, name: str, inode: int, kind: int = 8) -> None:
        self.version += 1
        text = name.encode()
        fixed = struct.pack(
            self.order + "4I2B2x2I", parent, self.version, inode, 0, len(text), kind, 0, 0
        )
        self.node(0xE001, fixed + text)

    def data(
        self, inode: int, data: bytes, total: int = -1, at: int = 0, method: int = 0,
        size: int = -1,
    ) -> None:  # fmt: skip
        """`data` as it is stored, and what it stands for when it is compressed."""
        self.version += 1
        size = len(data) if size < 0 else size
        total = at + size if total < 0 else total
        fixed = struct.pack(
            self.order + "3I2H4I", inode, self.version, 0o100644, 0, 0, total, 0, 0, 0
        )
        rest = (at, len(data), size, method, method, 0, jffs2_crc(data), 0)
        self.node(0xE002, fixed + struct.pack(self.order + "3I2BHII", *rest) + data)


def jffs2_crc(data: bytes) -> int:
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def jffs2(files: Files, order: str = "<") -> bytes:
    """All in folders of their own; zlib where that is shorter."""
    image, folders = Jffs2(order), {"": 1}
    for number, (name, data) in enumerate(files.items(), 1000):
        path = ""
        for folder in name.split("/")[:-1]:
            parent, path = folders[path], f"{path}{folder}/"
            if path not in folders:
                folders[path] = 2 + len(folders)
                image.name(parent, folder, folders[path], kind=4)
        image.name(folders[path], name.rpartition("/")[2], number)
        for at in range(0, len(data), 4096):
            part = data[at : at + 4096]
            packed = zlib.compress(part)
            if len(packed) < len(part):
                image.data(number, packed, at=at, method=6, size=len(part))
            else:
                image.data(number, part, at=at)
    return bytes(image.out)


def elf(sections: Files, appended: bytes = b"", ident: bytes = b"") -> bytes:
    """A 64-bit program for x86-64 of sections only; notes are those whose name says so."""
    out, rows, names = bytearray(64), [bytes(64)], bytearray(b"\0")
    for name, data in (*sections.items(), (".shstrtab", b"")):
        at = len(names)
        names += name.encode() + b"\0"
        data = data or bytes(names)
        kind = 7 if ".note" in name else 1
        rows.append(struct.pack("<IIQQQQIIQQ", at, kind, 0, 0, len(out), len(data), 0, 0, 1, 0))
        out += data
    table = len(out)
    out[:64] = struct.pack(
        "<16sHHIQQQIHHHHHH", (b"\x7fELF\x02\x01\x01\0" + ident).ljust(16, b"\0"),
        2, 62, 1, 0, 0, table, 0, 64, 56, 0, 64, len(rows), len(rows) - 1,
    )  # fmt: skip
    return bytes(out) + b"".join(rows) + appended


def appimage(files: Files) -> bytes:
    desktop = b"[Desktop Entry]\nName=Orchard\nX-AppImage-Version=5.0.0-beta.1\n"
    image = squashfs({"orchard.desktop": desktop, **files}, 1, zlib.compress)
    return elf({".text": b"\xc3"}, image, b"AI\x02")


def snap(files: Files, said: bytes = b"name: orchard\nversion: '5.0'\ngrade: devel\n") -> bytes:
    return squashfs({"meta/snap.yaml": said, **files}, 4, xz)


def asar(files: Files) -> bytes:
    package = b'{"name": "orchard", "productName": "Orchard", "version": "5.0.0-rc.1"}'
    top: dict[str, Any] = {}
    offset, body = 0, b""
    for name, data in {"package.json": package, **files}.items():
        folder = top
        *folders, last = name.split("/")
        for part in folders:
            folder = folder.setdefault(part, {"files": {}})["files"]
        folder[last] = {"size": len(data), "offset": str(offset)}
        offset += len(data)
        body += data
    return asar_head({"files": top}) + body


def asar_head(table: object) -> bytes:
    text = json.dumps(table, separators=(",", ":")).encode()
    padded = text + bytes(-len(text) % 4)
    return struct.pack("<4I", 4, len(padded) + 8, len(padded) + 4, len(text)) + padded


def hermes(texts: list[str], version: int = 96) -> bytes:
    """Two functions of nothing, and strings with nothing between them."""
    small, long, block = b"", b"", b""
    for text in texts:
        data = text.encode() if text.isascii() else text.encode("utf-16-le")
        wide, length = int(not text.isascii()), len(data) >> (not text.isascii())
        if length >= 255:
            small += struct.pack("<I", wide | len(long) // 8 << 1 | 255 << 24)
            long += struct.pack("<2I", len(block), length)
        else:
            small += struct.pack("<I", wide | len(block) << 1 | length << 24)
        block += data
    functions = bytes(2 * (12 if version >= 97 else 16))
    counts = struct.pack("<7I", 2, 1, 0, len(texts), len(long) // 8, len(block), 0)
    body = functions + struct.pack("<I", len(texts)) + small + long + block
    size = 128 + len(body)
    head = struct.pack("<QI20s2I", 0x1F1903C103BC1FC6, version, b"", size, 0) + counts
    return head.ljust(128, b"\0") + body


def source_map(files: Files) -> bytes:
    return json.dumps(
        {
            "version": 3,
            "file": "bundle.js",
            "sources": [f"webpack:///./{name}" for name in files],
            "sourcesContent": [data.decode() for data in files.values()],
            "names": [],
            "mappings": "AAAA",
        }
    ).encode()


def npm(files: Files, package: str = '{"name": "@acme/orchard", "version": "5.0.0-rc.1"}') -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in {"package.json": package.encode(), **files}.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(out.getvalue())


def react_native(files: Files) -> bytes:
    """A bundle of Metro's: one line of code for each module."""
    lines = ["var __BUNDLE_START_TIME__=Date.now(),__DEV__=false,process={env:{}};"]
    for number, data in enumerate(files.values()):
        text = json.dumps(data.decode())
        lines.append(f"__d(function(g,r,i,a,m,e,d){{m.exports={text}}},{number},[]);")
    return "\n".join(lines).encode()


SAMPLES: dict[str, Callable[[Files], bytes]] = {
    **{f"squashfs-{name}": _squashfs_of(name) for name in COMPRESSORS},
    "jffs2": jffs2,
    "jffs2-big-endian": lambda files: jffs2(files, ">"),
    "elf": lambda files: elf({".rodata": b"\0".join(files.values())}),
    "appimage": appimage,
    "snap": snap,
    "asar": asar,
    "hermes": lambda files: hermes([data.decode() for data in files.values()]),
    "react-native": react_native,
    "source-map": source_map,
    "npm": npm,
}
