"""Windows programs and packages, made byte by byte."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from itertools import accumulate, count
from typing import TypeAlias

from tests.artifacts.make_certificates import make_certificate, make_cms
from tests.artifacts.make_keystores import make_keystore, make_pkcs12
from tests.artifacts.make_pdb import deflated, make_metadata, make_msf_pdb, make_portable_pdb

__all__ = [
    "SAMPLES",
    "Files",
    "Tree",
    "make_certificate",
    "make_cms",
    "make_exe",
    "make_keystore",
    "make_msf_pdb",
    "make_msix",
    "make_overlay",
    "make_pkcs12",
    "make_portable_pdb",
    "make_string_table",
    "make_version",
]

Files = Mapping[str, bytes]
Tree = Mapping[int | str, Mapping[int | str, bytes]]
"""Resources: type, then name."""

_Folder: TypeAlias = "dict[int | str, bytes | _Folder]"

_ENGLISH = 1033
_INSIDE = 0x8000_0000
_SECTION = 0x1000
"""Address of the only section."""
_HEADERS = 0x200
_STRING, _RCDATA, _VERSION = 6, 10, 16


def make_exe(
    product: str = "",
    version: str = "",
    flags: int = 0,
    signer_cn: str = "",
    issuer: str | None = None,
    pdb: str = "",
    resources: Tree | None = None,
    dll: bool = False,
    overlay: bytes = b"",
    data: bytes = b"",
    assembly: tuple[str, str, Files] | None = None,
    embedded_pdb: bytes = b"",
    **texts: str,
) -> bytes:
    """A program that says what is given; with a version resource when `product`, `version` or
    `flags` is. `data` stands in the section, `overlay` behind it. `assembly` has the name, version
    and files of one of .NET. Nothing in it can run."""
    tree = {key: dict(below) for key, below in (resources or {}).items()}
    if product or version or flags:
        said = {"ProductName": product, "ProductVersion": version, **texts}
        tree.setdefault(_VERSION, {})[1] = make_version(said, flags)
    body, directories = bytearray(), {}
    if tree:
        packed = _resources(tree, _SECTION)
        directories[2] = (_SECTION, len(packed))
        body += packed
    if debug := _debug(pdb, embedded_pdb, _HEADERS + len(body)):
        directories[6] = (_SECTION + len(body), 28 * (bool(pdb) + bool(embedded_pdb)))
        body += debug
    if assembly:
        directories[14] = (_SECTION + len(body), 72)
        body += _assembly(*assembly, _SECTION + len(body))
    body += data
    body += bytes(-len(body) % 512 or (512 if not body else 0))
    made = bytes(body) + overlay
    made += bytes(-len(made) % 8)
    if signer_cn:
        signature = make_cms(signer_cn, issuer)
        signature += bytes(-len(signature) % 8)
        directories[4] = (_HEADERS + len(made), len(signature) + 8)
        made += struct.pack("<IHH", len(signature) + 8, 0x200, 2) + signature
    return _headers(directories, len(body), dll=dll) + made


def _debug(pdb: str, embedded_pdb: bytes, offset: int) -> bytes:
    """A debug directory and what it points to."""
    entries = []
    if pdb:
        entries.append((2, b"RSDS" + bytes(20) + pdb.encode() + b"\0"))
    if embedded_pdb:
        entries.append(
            (17, b"MPDB" + struct.pack("<I", len(embedded_pdb)) + deflated(embedded_pdb))
        )
    listed, body = b"", b""
    for kind, data in entries:
        at = offset + 28 * len(entries) + len(body)
        listed += struct.pack("<IIHHIIII", 0, 0, 0, 0, kind, len(data), 0, at)
        body += data
    return listed + body


def _assembly(name: str, version: str, files: Files, address: int) -> bytes:
    """A CLI header, the files, and metadata with two tables."""
    stored, strings, rows = b"", b"\0" + name.encode() + b"\0", b""
    for label, data in files.items():
        rows += struct.pack("<IIHH", len(stored), 1, len(strings), 0)
        strings += label.encode() + b"\0"
        stored += struct.pack("<I", len(data)) + data
    numbers = [int(part) for part in version.split(".")]
    row = struct.pack("<IHHHHIHHH", 0x8004, *numbers, 0, 0, 1, 0)
    valid = 1 << 0x20 | (1 << 0x28 if files else 0)
    counts = struct.pack("<II", 1, len(files)) if files else struct.pack("<I", 1)
    tables = bytes(4) + struct.pack("<BBBBQQ", 2, 0, 0, 1, valid, 0) + counts + row + rows
    metadata = make_metadata({"#~": tables, "#Strings": strings})
    head = struct.pack("<IHH", 72, 2, 5)
    head += struct.pack("<II", address + 72 + len(stored), len(metadata))
    head += struct.pack("<IIII", 1, 0, address + 72, len(stored))
    return head.ljust(72, b"\0") + stored + metadata


def make_version(texts: Mapping[str, str], flags: int = 0) -> bytes:
    """A VS_VERSIONINFO with one language."""
    fixed = struct.pack("<13I", 0xFEEF04BD, 0x10000, 0, 0, 0, 0, 0x3F, flags, 4, 1, 0, 0, 0)
    said = b"".join(
        _node(name, text.encode("utf-16-le") + b"\0\0", 1) for name, text in texts.items() if text
    )
    table = _node("StringFileInfo", b"", 1, _node("040904B0", b"", 1, said))
    return _node("VS_VERSION_INFO", fixed, 0, table)


def make_string_table(texts: list[str]) -> bytes:
    """A block of sixteen texts, for resource type 6."""
    block = b"".join(struct.pack("<H", len(text)) + text.encode("utf-16-le") for text in texts)
    return block + bytes(2 * (16 - len(texts)))


def make_overlay(files: Files) -> bytes:
    """A zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def make_msix(
    files: Files, name: str = "Acme.Orchard", version: str = "5.0.0.0", signer_cn: str = ""
) -> bytes:
    """A package of one program."""
    manifest = f"""<?xml version="1.0" encoding="utf-8"?>
<Package xmlns="http://schemas.microsoft.com/appx/manifest/foundation/windows10">
  <Identity Name="{name}" Version="{version}" Publisher="CN=Acme" ProcessorArchitecture="x64"/>
  <Properties><DisplayName>Orchard</DisplayName></Properties>
</Package>"""
    block_map = '<BlockMap xmlns="http://schemas.microsoft.com/appx/2010/blockmap"/>'
    members = {
        **files,
        "AppxManifest.xml": manifest.encode(),
        "AppxBlockMap.xml": block_map.encode(),
    }
    if signer_cn:
        members["AppxSignature.p7x"] = b"PKCX" + make_cms(signer_cn)
    return make_overlay(members)


def _headers(directories: Mapping[int, tuple[int, int]], size: int, *, dll: bool) -> bytes:
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    kind = 0x0022 | (0x2000 if dll else 0)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, kind)
    optional = struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII",
        0x20B, 14, 0, 0, size, 0, _SECTION, _SECTION, 0x140000000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0,
        0, _SECTION * 2 + size, _HEADERS, 0, 3, 0, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16,
    )  # fmt: skip
    listed = b"".join(struct.pack("<II", *directories.get(at, (0, 0))) for at in range(16))
    section = struct.pack(
        "<8sIIIIIIHHI", b".rsrc", size, _SECTION, size, _HEADERS, 0, 0, 0, 0, 0x40000040
    )
    return (dos + coff + optional + listed + section).ljust(_HEADERS, b"\0")


def _resources(tree: Tree, address: int) -> bytes:
    """The folders of types, names and languages, then entries, names and data."""
    folders: list[_Folder] = [
        {kind: {name: {_ENGLISH: it} for name, it in below.items()} for kind, below in tree.items()}
    ]
    for folder in folders:
        folders += [below for _, below in _ordered(folder) if isinstance(below, dict)]
    leaves = [it for folder in folders for _, it in _ordered(folder) if isinstance(it, bytes)]
    ends = list(accumulate(16 + 8 * len(folder) for folder in folders))
    names = [label for folder in folders for label, _ in _ordered(folder) if isinstance(label, str)]
    name_at = ends[-1] + 16 * len(leaves)
    name_ends = list(accumulate((2 + 2 * len(it) for it in names), initial=name_at))
    next_name, next_folder = iter(name_ends), iter(ends)
    next_leaf = count(ends[-1], 16)
    made = b""
    for folder in folders:
        named = sum(isinstance(label, str) for label in folder)
        made += struct.pack("<IIHHHH", 0, 0, 0, 0, named, len(folder) - named)
        for label, below in _ordered(folder):
            key = next(next_name) | _INSIDE if isinstance(label, str) else label
            inside = isinstance(below, dict)
            made += struct.pack(
                "<II", key, next(next_folder) | _INSIDE if inside else next(next_leaf)
            )
    starts = accumulate((len(it) + 8 for it in leaves), initial=address + name_ends[-1])
    for leaf, start in zip(leaves, starts, strict=False):
        made += struct.pack("<IIII", start, len(leaf), 0, 0)
    made += b"".join(struct.pack("<H", len(it)) + it.encode("utf-16-le") for it in names)
    return made + b"".join(leaf + bytes(8) for leaf in leaves)


def _ordered(folder: "_Folder") -> list[tuple[int | str, "bytes | _Folder"]]:
    """Names come before numbers."""
    return sorted(folder.items(), key=lambda pair: (isinstance(pair[0], int), str(pair[0])))


def _node(key: str, value: bytes, kind: int, inside: bytes = b"") -> bytes:
    head = key.encode("utf-16-le") + b"\0\0"
    head += bytes(-(len(head) + 6) % 4)
    body = head + value
    body += bytes(-(len(body) + 6) % 4) if inside else b""
    body += inside
    node = struct.pack("<HHH", len(body) + 6, len(value) // (2 if kind else 1), kind) + body
    return node + bytes(-len(node) % 4)


def _wide(files: Files) -> bytes:
    return b"\0\0\x01".join(data.decode().encode("utf-16-le") for data in files.values())


def _user_strings(files: Files) -> bytes:
    """As the heap #US of an assembly has them (ECMA-335 II.24.2.4): a length, UTF-16, a byte."""
    found = b"\0"
    for data in files.values():
        text = data.decode().encode("utf-16-le") + b"\0"
        found += struct.pack(">H", 0x8000 | len(text)) + text
    return found


def _tables(files: Files) -> bytes:
    words = [word for data in files.values() for word in data.decode().split()]
    blocks = [words[at : at + 16] for at in range(0, len(words), 16)]
    tables: dict[int | str, bytes] = {at: make_string_table(it) for at, it in enumerate(blocks, 1)}
    return make_exe("Orchard", "5.0.0", resources={_STRING: tables})


SAMPLES: dict[str, Callable[[Files], bytes]] = {
    "pe-resource": lambda files: make_exe(
        "Orchard", "5.0.0",
        resources={_RCDATA: {at: gzip.compress(it) for at, it in enumerate(files.values(), 1)}},
    ),
    "pe-string-table": _tables,
    "pe-utf16": lambda files: make_exe("Orchard", "5.0.0", data=_wide(files)),
    "dotnet-strings": lambda files: make_exe(
        assembly=("Orchard", "5.0.0.0", {}), data=_user_strings(files)
    ),
    "dotnet-resource": lambda files: make_exe(
        assembly=("Orchard", "5.0.0.0", {f"{it}.compressed": deflated(data)
                                         for it, data in files.items()}),
    ),
    "pe-overlay-zip": lambda files: make_exe("Orchard", "5.0.0", overlay=make_overlay(files)),
    "pe-signed-overlay": lambda files: make_exe(
        "Orchard", "5.0.0", signer_cn="Acme", issuer="Root", overlay=bytes(16) + make_overlay(files)
    ),
    "msix": make_msix,
    "utf16-text": lambda files: "\r\n".join(it.decode() for it in files.values()).encode("utf-16"),
    "utf16be-text": lambda files: b"\xfe\xff"
    + "\n".join(it.decode() for it in files.values()).encode("utf-16-be"),
    "utf32-text": lambda files: "\n".join(it.decode() for it in files.values()).encode("utf-32"),
}  # fmt: skip
"""A maker for each kind, that puts the given files into it."""
