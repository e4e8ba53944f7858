"""The table of kinds: how each is recognised by its bytes, and the module that knows it.

A module has what its row says: `members(content, budget)` yields Member and Unread; `strings(data)`
yields the texts in a binary, each without its length byte or NULs; `describe(data)` gives a Build
or None; `describe_tree(tree)` of the modules in TREES gives a list of Builds. Modules are imported
when a file of their kind is met, since most scans meet none.
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from leakguard.artifacts import signs


class Strings(Enum):
    """What the texts of `strings` are to the bytes they were taken from."""

    NONE = 0
    INSTEAD = 1
    """All texts are in them, with clean edges: the bytes themselves are not scanned."""
    BESIDE = 2
    """Texts that the bytes do not show, such as UTF-16."""


class Kind(NamedTuple):
    """One row. It matches when one of `magic` stands at its offset, or when `test` says so."""

    name: str
    module: str
    magic: tuple[tuple[int, bytes], ...]
    opens: bool = False
    strings: Strings = Strings.NONE
    describes: bool = False
    test: Callable[[bytes, bytes], bool] | None = None
    """Looks at the head (HEAD_BYTES) and the tail (TAIL_BYTES), as well as `magic` when both are
    given."""


HEAD_BYTES = 4096
TAIL_BYTES = 70 * 1024
"""A zip's directory ends before a comment of at most 64 KiB; a DMG in its last 512 bytes."""


DATA_FILE = "data file"

_DATES = [f"{day}{mark}" for day in range(32) for mark in "./"]
_DATES += [f"0{date}" for date in _DATES[:20]]
_DATA_FILES = tuple(
    (0, text)
    for text in (
        b"-- MySQL dump ", b"-- MariaDB dump ", b"/*M!999999", b"--\n-- PostgreSQL", b"PGDMP",
        b"PRAGMA foreign_keys=OFF;", b"REDIS0", b"\x6d\xe2\x99\x81", b"TAPE\0\0", b"!BDN", b"From ",
        b"{", b"name,url,username,", b'"url","username",', b"url,username,password,totp",
        b"folder,favorite,type,", b'"Account","Login Name",', b"<?xml", b"FMR\0", b"FIR\0",
        b"FAC\0", b"IIR\0", b"\xe2\x80\x8e",
        *(prefix + date.encode() for date in _DATES for prefix in (b"", b"[")),
    )
)  # fmt: skip
"""How what datafile.py knows may begin; exports of WhatsApp begin with a date."""

KINDS: tuple[Kind, ...] = (
    # One stream, compressed.
    Kind("gzip", "streams", ((0, b"\x1f\x8b\x08"),), opens=True),
    Kind("bzip2", "streams", ((0, b"BZh"),), opens=True),
    Kind("xz", "streams", ((0, b"\xfd7zXZ\0"),), opens=True),
    Kind("lzma", "streams", ((0, b"\x5d\0\0"),), opens=True),
    Kind("zstd", "streams", ((0, b"\x28\xb5\x2f\xfd"), (0, b"\x50\x2a\x4d\x18")), opens=True),
    Kind("lz4", "streams", ((0, b"\x04\x22\x4d\x18"), (0, b"\x02\x21\x4c\x18")), opens=True),
    # Archives.
    Kind("tar", "tar", ((257, b"ustar"),), opens=True),
    Kind("tar", "tar", (), opens=True, test=signs.tar),
    Kind("ar", "ar", ((0, b"!<arch>\n"),), opens=True),
    Kind("cpio", "cpio", ((0, b"07070"), (0, b"\xc7\x71"), (0, b"\x71\xc7")), opens=True),
    Kind("zip", "zip", ((0, b"PK\x03\x04"), (0, b"PK\x05\x06")), opens=True),
    Kind("zip", "zip", ((0, b"#!"),), opens=True, test=signs.program_in_zip),
    Kind("7z", "sevenzip", ((0, b"7z\xbc\xaf\x27\x1c"),), opens=True),
    Kind("rar", "rar", ((0, b"Rar!\x1a\x07"),), opens=True),
    Kind("cab", "cab", ((0, b"MSCF\0\0\0\0"),), opens=True),
    Kind("xar", "xar", ((0, b"xar!"),), opens=True, describes=True),
    Kind("pbzx", "xar", ((0, b"pbzx"),), opens=True),
    Kind("nsis", "nsis", ((4, b"\xef\xbe\xad\xdeNullsoftInst"),), opens=True),
    Kind("pyinstaller", "pyinstaller", (), opens=True, test=signs.pyinstaller),
    Kind("asar", "asar", ((0, b"\x04\0\0\0"),), opens=True, describes=True, test=signs.asar),
    # File systems and disk images.
    Kind("dmg", "dmg", (), opens=True, describes=True, test=signs.dmg),
    Kind("squashfs", "squashfs", ((0, b"hsqs"),), opens=True),
    Kind("jffs2", "jffs2", ((0, b"\x85\x19"), (0, b"\x19\x85")), opens=True, test=signs.jffs2),
    # Packages whose head is their own.
    Kind("rpm", "rpm", ((0, b"\xed\xab\xee\xdb"),), opens=True, describes=True),
    Kind("deb", "deb", ((0, b"!<arch>\ndebian-binary"),), describes=True),
    Kind("ole", "msi", ((0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),), opens=True, describes=True),
    # Programs.
    Kind("pe", "pe", ((0, b"MZ"),), opens=True, strings=Strings.BESIDE, describes=True),
    Kind("elf", "elf", ((0, b"\x7fELF"),), opens=True, describes=True),
    Kind(
        "macho", "macho",
        ((0, b"\xcf\xfa\xed\xfe"), (0, b"\xce\xfa\xed\xfe"), (0, b"\xfe\xed\xfa\xcf"),
         (0, b"\xfe\xed\xfa\xce"), (0, b"\xca\xfe\xba\xbe"), (0, b"\xca\xfe\xba\xbf")),
        strings=Strings.BESIDE, describes=True, test=signs.macho,
    ),
    Kind("class", "javaclass", (), strings=Strings.INSTEAD, test=signs.java),
    Kind("dex", "dex", ((0, b"dex\n"), (0, b"cdex")), strings=Strings.INSTEAD, describes=True),
    Kind("pyc", "pyc", (), strings=Strings.INSTEAD, test=signs.pyc),
    Kind("hermes", "hermes", ((0, b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f"),), strings=Strings.INSTEAD),
    # Tables and documents.
    Kind("axml", "axml", ((0, b"\x03\0\x08\0"),), strings=Strings.INSTEAD),
    Kind("arsc", "axml", ((0, b"\x02\0\x0c\0"),), strings=Strings.INSTEAD),
    Kind(
        "android protobuf", "protoxml", ((0, b"\x0a"), (0, b"\x12")),
        strings=Strings.INSTEAD, test=signs.android_protobuf,
    ),
    Kind("bplist", "bplist", ((0, b"bplist0"),), strings=Strings.INSTEAD, describes=True),
    Kind("plist", "bplist", ((0, b"<?xml"),), describes=True, test=signs.app_plist),
    Kind("sqlite", "sqlite", ((0, b"SQLite format 3\0"),), strings=Strings.INSTEAD),
    Kind("pdf", "pdf", ((0, b"%PDF-"),), opens=True, strings=Strings.BESIDE),
    Kind(
        "office xml", "officexml", ((0, b"<?xml"), (3, b"<?xml")),
        strings=Strings.INSTEAD, test=signs.office_xml,
    ),
    Kind(
        "utf-16", "utf16", ((0, b"\xff\xfe"), (0, b"\xfe\xff"), (0, b"\0\0\xfe\xff")),
        strings=Strings.INSTEAD,
    ),
    Kind("notebook", "notebook", ((0, b"{"),), strings=Strings.INSTEAD, test=signs.notebook),
    Kind("image config", "images", ((0, b"{"),), strings=Strings.INSTEAD, test=signs.image_config),
    Kind(
        "source map", "sourcemap", ((0, b"{"),),
        opens=True, describes=True, test=signs.source_map,
    ),
    # What never leaves a company.
    Kind(
        "pdb", "pdb", ((0, b"Microsoft C/C++ MSF 7.00\r\n"), (0, b"BSJB")),
        opens=True, describes=True,
    ),
    Kind("jks", "keystore", ((0, b"\xfe\xed\xfe\xed"), (0, b"\xce\xce\xce\xce")), describes=True),
    Kind(
        "bks", "keystore", ((0, b"\0\0\0\x01\0\0\0\x14"), (0, b"\0\0\0\x02\0\0\0\x14")),
        describes=True,
    ),
    Kind("pkcs12", "keystore", ((0, b"\x30"),), describes=True, test=signs.pkcs12),
    Kind("mobileprovision", "provisioning", ((0, b"\x30"),), describes=True, test=signs.cms),
    Kind(
        "password database", "private", ((0, b"\x03\xd9\xa2\x9a"),),
        describes=True, test=signs.keepass,
    ),
    Kind(
        "core dump", "private",
        ((0, b"\x7fELF"), (0, b"\xcf\xfa\xed\xfe"), (0, b"\xce\xfa\xed\xfe"), (0, b"MDMP")),
        describes=True, test=signs.core_dump,
    ),
    Kind(
        "terraform state", "private", ((0, b"{"),), describes=True, test=signs.terraform_state,
    ),
    Kind(
        "shell history", "private", ((0, b": 1"), (0, b"#1"), (0, b"- cmd: ")),
        describes=True, test=signs.shell_history,
    ),
    Kind("mapping", "mapping", (), describes=True, test=signs.mapping),
    Kind(DATA_FILE, "datafile", _DATA_FILES, describes=True, test=signs.data_file),
)  # fmt: skip
"""In this order; a file can be of several kinds: an installer is a program as well."""

BROTLI = Kind("brotli", "brotli", (), opens=True)
"""Has no sign of its own: only the name says so."""

TREES: tuple[str, ...] = (
    "datafile", "android", "apple", "msix", "java", "python", "node", "packages", "images", "linux",
)  # fmt: skip
"""Modules that name what a container as a whole is, from the files in it."""

METADATA: frozenset[str] = frozenset(
    {
        ".MTREE", ".PKGINFO", "AndroidManifest.xml", "AppxBundleManifest.xml", "AppxManifest.xml",
        "AppxSignature.p7x", "BundleConfig.pb",
        "Cargo.toml", "Distribution", "Info.plist", "MANIFEST.MF", "METADATA", "PKG-INFO",
        "PackageInfo", "application.xml", "control", "embedded.mobileprovision",
        "embedded.provisionprofile", "index.json", "info.json", "manifest.json", "metadata.gz",
        "oci-layout", "package.json", "pom.properties", "pom.xml", "repositories", "snap.yaml",
        "toc.pb", "web.xml",
    }
)  # fmt: skip
"""Names of members that say what a container is: kept when it streams by; those that end with one
of METADATA_ENDS are kept too."""

METADATA_ENDS: tuple[str, ...] = (".desktop", ".nuspec", ".gemspec", "-manifest.json")


def _pairs() -> frozenset[int]:
    """The first two bytes of every kind whose sign stands at the front, as one number each.

    But for what is only in app bundles: its sign is a line break.
    """
    found = set()
    for kind in KINDS:
        for offset, text in kind.magic if kind.module != "protoxml" else ():
            if not offset:
                seconds = text[1:2] or bytes(range(256))
                found |= {text[0] << 8 | second for second in seconds}
    return frozenset(found)


_PAIRS = _pairs()
_BLOCK = 512
"""Bytes of a tar's block: old tars, which have no sign, are a number of them."""
_LINE = 200
"""Bytes in which the first line of a map of names ends."""
_LEAST = 4
_CR, _LF = b"\r\n"


def is_known(data: bytes | bytearray, start: int, end: int) -> bool:
    """Whether `kinds_of` knows `data[start:end]`."""
    head = bytes(data[start : min(end, start + HEAD_BYTES)])
    # Every script begins with `#!`; a program in a zip has the directory's end.
    if head.startswith(b"#!") and data.rfind(b"PK\x05\x06", max(start, end - TAIL_BYTES), end) < 0:
        return False
    tail = TAIL_BYTES if head.startswith(b"#!") else _BLOCK
    return bool(kinds_of(head, bytes(data[max(start, end - tail) : end])))


def may_be_known(data: bytes | bytearray, start: int, end: int) -> bool:
    """Whether it is worth asking `is_known`. Runs for every blob: written for speed."""
    size = end - start
    return size > _LEAST and (
        data[start] << 8 | data[start + 1] in _PAIRS
        or not size % _BLOCK
        or (data[start + 2] == _CR and data[start + 3] == _LF)
        or data.startswith(b"ustar", start + 257)
        or data.startswith(b"koly", end - _BLOCK)
        or 0 < data.find(b" -> ", start, start + _LINE) < data.find(b":\n", start, start + _LINE)
    )


_FIRST: dict[int, list[Kind]] = {}
"""The kinds that begin with a byte, in the table's order."""
for _row in KINDS:
    for _byte in {text[0] for offset, text in _row.magic if not offset}:
        _FIRST.setdefault(_byte, []).append(_row)

_ELSEWHERE = tuple(kind for kind in KINDS if not kind.magic or any(at for at, _ in kind.magic))
"""The kinds that do not show in the first byte."""


def kinds_of(head: bytes, tail: bytes = b"") -> list[Kind]:
    """All kinds that the bytes may be of, by the table's order; empty for plain content.

    `head` and `tail` are the first HEAD_BYTES and the last TAIL_BYTES; a stream's tail is unknown.
    """
    if not head:
        return []
    found: dict[str, Kind] = {}
    for kind in (*_FIRST.get(head[0], ()), *_ELSEWHERE):
        if kind.name not in found and _matches(kind, head, tail):
            found[kind.name] = kind
    if "dmg" in found:
        return [found["dmg"]]  # its head is that of its first run, whatever that is
    if len(found) > 1:
        found.pop("pyinstaller", None)  # it is that of a program in it, which is looked at later
    return sorted(found.values(), key=KINDS.index)


def _matches(kind: Kind, head: bytes, tail: bytes) -> bool:
    if kind.magic and not any(head.startswith(text, offset) for offset, text in kind.magic):
        return False
    return kind.test is None or kind.test(head, tail)
