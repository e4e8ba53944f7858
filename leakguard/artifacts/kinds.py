"""The table of kinds: how each is recognised by its bytes, and the module that knows it.

A module has what its row says: `members(content, budget)` yields Member and Unread; `strings(data)`
yields the texts in a binary, each without its length byte or NULs; `describe(data)` gives a Build
or None; `describe_tree(tree)` of the modules in TREES gives a list of Builds. Modules are imported
when a file of their kind is met, since most scans meet none.
"""

import re
import zlib
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

_ANDROID_PROTOBUF = re.compile(
    rb"""\x0a[\x80-\xff]{0,4}[\0-\x7f](?:
          \x0a[\x80-\xff]{0,4}[\0-\x7f](?:\x01\0\x1c\0|\x0a.\w{1,40}\x12.http)
          |\x1a[\x01-\x40][A-Za-z][\w.-]{0,63}["*])
        |\x12[\x80-\xff]{0,4}[\0-\x7f]\x0a\x02\x08\x7f\x12""",
    re.DOTALL | re.VERBOSE,
)
"""How the resources of an app bundle begin (Resources.proto of AOSP's aapt2): a table with its pool
of sources or its package, XML with the namespaces or the name of its root."""

_CLASS_LINE = re.compile(rb"(?:#[^\n]*\n)*[\w.$/-]+ -> [\w.$/-]+:\r?\n")
"""The first class of a ProGuard map: `com.acme.App -> a.b:`."""


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


def _tar(head: bytes, _tail: bytes) -> bool:
    """An old tar without magic: its checksum is right (POSIX.1-1988, ustar header)."""
    field = head[148:156].strip(b" \0")
    if len(head) < 512 or not field or not all(byte in b"01234567" for byte in field):
        return False
    total = sum(head[:148]) + sum(head[156:512]) + 8 * 32
    return total == int(field, 8) and head[0] != 0


def _zip(_head: bytes, tail: bytes) -> bool:
    """A Python program as a zip behind a line for the shell: the directory stands at the end."""
    return b"PK\x05\x06" in tail[-66_000:]


def _dmg(_head: bytes, tail: bytes) -> bool:
    return tail[-512:-508] == b"koly"


def _jffs2(head: bytes, _tail: bytes) -> bool:
    """A node's header ends with its CRC-32, not inverted."""
    crc = zlib.crc32(head[:8], 0xFFFFFFFF) ^ 0xFFFFFFFF
    return crc == int.from_bytes(head[8:12], "little" if head[:1] == b"\x85" else "big")


def _asar(head: bytes, _tail: bytes) -> bool:
    """A pickled size, then a pickled text of that size: JSON."""
    return head[16:17] == b"{" and (
        int.from_bytes(head[4:8], "little") == int.from_bytes(head[8:12], "little") + 4
    )


def _java(head: bytes, _tail: bytes) -> bool:
    """A fat Mach-O has the same magic, and then a number of processors below 45."""
    return head.startswith(b"\xca\xfe\xba\xbe") and int.from_bytes(head[4:8], "big") >= 45


def _macho(head: bytes, _tail: bytes) -> bool:
    if head[:4] in (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"):
        return 0 < int.from_bytes(head[4:8], "big") < 45
    return True


def _pyc(head: bytes, _tail: bytes) -> bool:
    """CPython's magic number ends with CR LF; 3.11 and younger write code objects as 0xe3."""
    return head[2:4] == b"\r\n" and head[16:17] in (b"\xe3", b"\x63")


def _mapping(head: bytes, _tail: bytes) -> bool:
    return head.startswith(b"# compiler") or _CLASS_LINE.match(head) is not None


def _source_map(head: bytes, _tail: bytes) -> bool:
    """The keys can be in any order; those of a map that begins with another one are its own."""
    if not any(key in head for key in (b'"version"', b'"sources', b'"mappings"')):
        return False
    text = b"".join(head.split())
    keys = (b'"version":3', b'"sources":[', b'"sourcesContent":[', b'"mappings":"')
    return any(key in text for key in keys)


def _notebook(head: bytes, _tail: bytes) -> bool:
    return b'"cells"' in head


def _office_xml(head: bytes, _tail: bytes) -> bool:
    """With a byte order mark or without: a namespace of one of the families of documents."""
    names = (b"wordprocessingml", b"spreadsheetml", b"drawingml", b"opendocument")
    return b"xmlns" in head and any(name in head for name in names)


def _image_config(head: bytes, _tail: bytes) -> bool:
    """A container image's: both specifications want the architecture and the layers' digests."""
    return b'"architecture"' in head and (b'"config"' in head or b'"rootfs"' in head)


def _android_protobuf(head: bytes, _tail: bytes) -> bool:
    return _ANDROID_PROTOBUF.match(head) is not None


def _cms(head: bytes, _tail: bytes) -> bool:
    return b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" in head[:32]


def _pkcs12(head: bytes, _tail: bytes) -> bool:
    """PFX: version 3, then data or signed data (RFC 7292)."""
    return b"\x02\x01\x03\x30" in head[:16] and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" in head[:48]


def _app_plist(head: bytes, _tail: bytes) -> bool:
    return b"<plist" in head


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
    Kind("tar", "tar", (), opens=True, test=_tar),
    Kind("ar", "ar", ((0, b"!<arch>\n"),), opens=True),
    Kind("cpio", "cpio", ((0, b"07070"), (0, b"\xc7\x71"), (0, b"\x71\xc7")), opens=True),
    Kind("zip", "zip", ((0, b"PK\x03\x04"), (0, b"PK\x05\x06")), opens=True),
    Kind("zip", "zip", ((0, b"#!"),), opens=True, test=_zip),
    Kind("7z", "sevenzip", ((0, b"7z\xbc\xaf\x27\x1c"),), opens=True),
    Kind("rar", "rar", ((0, b"Rar!\x1a\x07"),), opens=True),
    Kind("cab", "cab", ((0, b"MSCF\0\0\0\0"),), opens=True),
    Kind("xar", "xar", ((0, b"xar!"),), opens=True, describes=True),
    Kind("pbzx", "xar", ((0, b"pbzx"),), opens=True),
    Kind("nsis", "nsis", ((4, b"\xef\xbe\xad\xdeNullsoftInst"),), opens=True),
    Kind("asar", "asar", ((0, b"\x04\0\0\0"),), opens=True, describes=True, test=_asar),
    # File systems and disk images.
    Kind("dmg", "dmg", (), opens=True, describes=True, test=_dmg),
    Kind("squashfs", "squashfs", ((0, b"hsqs"),), opens=True),
    Kind("jffs2", "jffs2", ((0, b"\x85\x19"), (0, b"\x19\x85")), opens=True, test=_jffs2),
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
        strings=Strings.BESIDE, describes=True, test=_macho,
    ),
    Kind("class", "javaclass", (), strings=Strings.INSTEAD, test=_java),
    Kind("dex", "dex", ((0, b"dex\n"), (0, b"cdex")), strings=Strings.INSTEAD, describes=True),
    Kind("pyc", "pyc", (), strings=Strings.INSTEAD, test=_pyc),
    Kind("hermes", "hermes", ((0, b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f"),), strings=Strings.INSTEAD),
    # Tables and documents.
    Kind("axml", "axml", ((0, b"\x03\0\x08\0"),), strings=Strings.INSTEAD),
    Kind("arsc", "axml", ((0, b"\x02\0\x0c\0"),), strings=Strings.INSTEAD),
    Kind(
        "android protobuf", "protoxml", ((0, b"\x0a"), (0, b"\x12")),
        strings=Strings.INSTEAD, test=_android_protobuf,
    ),
    Kind("bplist", "bplist", ((0, b"bplist0"),), strings=Strings.INSTEAD, describes=True),
    Kind("plist", "bplist", ((0, b"<?xml"),), describes=True, test=_app_plist),
    Kind("sqlite", "sqlite", ((0, b"SQLite format 3\0"),), strings=Strings.INSTEAD),
    Kind("pdf", "pdf", ((0, b"%PDF-"),), opens=True, strings=Strings.BESIDE),
    Kind(
        "office xml", "officexml", ((0, b"<?xml"), (3, b"<?xml")),
        strings=Strings.INSTEAD, test=_office_xml,
    ),
    Kind(
        "utf-16", "utf16", ((0, b"\xff\xfe"), (0, b"\xfe\xff"), (0, b"\0\0\xfe\xff")),
        strings=Strings.INSTEAD,
    ),
    Kind("notebook", "notebook", ((0, b"{"),), strings=Strings.INSTEAD, test=_notebook),
    Kind("image config", "images", ((0, b"{"),), strings=Strings.INSTEAD, test=_image_config),
    Kind("source map", "sourcemap", ((0, b"{"),), opens=True, describes=True, test=_source_map),
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
    Kind("pkcs12", "keystore", ((0, b"\x30"),), describes=True, test=_pkcs12),
    Kind("mobileprovision", "provisioning", ((0, b"\x30"),), describes=True, test=_cms),
    Kind("mapping", "mapping", (), describes=True, test=_mapping),
)  # fmt: skip
"""In this order; a file can be of several kinds: an installer is a program as well."""

BROTLI = Kind("brotli", "brotli", (), opens=True)
"""Has no sign of its own: only the name says so."""

TREES: tuple[str, ...] = (
    "android", "apple", "msix", "java", "python", "node", "packages", "images", "linux",
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
    return sorted(found.values(), key=KINDS.index)


def _matches(kind: Kind, head: bytes, tail: bytes) -> bool:
    if kind.magic and not any(head.startswith(text, offset) for offset, text in kind.magic):
        return False
    return kind.test is None or kind.test(head, tail)
