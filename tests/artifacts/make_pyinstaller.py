"""Programs of PyInstaller, made byte by byte. Nothing in them can run."""

import importlib.util
import marshal
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import NamedTuple

from tests.artifacts.make_bundles import elf
from tests.artifacts.make_windows import make_exe

Files = Mapping[str, bytes]
MAGIC = b"MEI\x0c\x0b\x0a\x0b\x0e"
VERSION = sys.version_info[0] * 100 + sys.version_info[1]


class Entry(NamedTuple):
    name: str
    type: str
    data: bytes
    compress: bool = False


def code(text: bytes, name: str = "mod.py") -> CodeType:
    """A module with one constant."""
    return compile(f"VALUE = {text.decode()!r}\n", name, "exec")


def carchive(entries: Iterable[Entry], version: int = VERSION) -> bytes:
    """Bodies, table, cookie."""
    out, rows = b"", b""
    for name, kind, data, compress in entries:
        body = zlib.compress(data) if compress else data
        label = name.encode() + b"\0"
        label += bytes(-(18 + len(label)) % 16)
        numbers = (18 + len(label), len(out), len(body), len(data), compress, kind.encode())
        rows += struct.pack(">4IBc", *numbers) + label
        out += body
    return out + rows + cookie(len(out) + len(rows) + 88, len(out), len(rows), version)


def cookie(size: int, table: int, table_size: int, version: int = VERSION) -> bytes:
    return MAGIC + struct.pack(">4I64s", size, table, table_size, version, b"libpython3.so")


def pyz(modules: Files, *, as_dict: bool = False, encrypted: bool = False) -> bytes:
    """Each module has its text in a constant; names that end with `/` are packages."""
    out, rows = bytes(17), []
    for name, text in modules.items():
        body = zlib.compress(marshal.dumps(code(text)))
        rows.append((name.rstrip("/"), (int(name.endswith("/")), len(out), len(body))))
        out += body
    table = marshal.dumps(dict(rows) if as_dict else [*rows, ("space", (3, len(out), 0))])
    return pyz_of(out[17:], table, encrypted=encrypted)


def pyz_of(bodies: bytes, table: bytes, *, encrypted: bool = False) -> bytes:
    """Of bodies and a table as they are."""
    head = b"PYZ\0" + importlib.util.MAGIC_NUMBER + struct.pack(">iB", 17 + len(bodies), encrypted)
    return head.ljust(17, b"\0") + bodies + table


def program(files: Files) -> bytes:
    """The first in a script, then one in a module, one as data, stored and compressed."""
    entries = [Entry("pyi-contents-directory _internal", "o", b"")]
    modules = {}
    for at, (name, text) in enumerate(files.items()):
        match at % 4:
            case 0:
                entries.append(Entry(name, "s", marshal.dumps(code(text)), compress=True))
            case 1:
                modules[f"acme.{at}"] = text
            case 2:
                entries.append(Entry(name.replace("/", "\\"), "x", text))
            case _:
                entries.append(Entry(name, "x", text, compress=True))
    return carchive([Entry("PYZ.pyz", "z", pyz(modules)), *entries])


SAMPLES: dict[str, Callable[[Files], bytes]] = {
    "pyinstaller": lambda files: make_exe("Orchard", "5.0.0", overlay=program(files)),
    "pyinstaller-signed": lambda files: make_exe(
        "Orchard", "5.0.0", signer_cn="Acme", issuer="Root", overlay=program(files)
    ),
    "pyinstaller-elf": lambda files: elf({".text": b"\xc3", "pydata": program(files)}),
    "pyinstaller-elf-appended": lambda files: elf({".text": b"\xc3"}, program(files)),
}
"""A maker for each kind, that puts the given files into it."""
