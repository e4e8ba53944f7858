"""Signs of kinds that are more than a few bytes at a place: see kinds.py for the table.

Each function has the head of a file (HEAD_BYTES) and its tail (TAIL_BYTES), which is empty for what
streams by, and says whether the file may be of the kind it is named after.
"""

import re
import zlib

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

_COOKIE = re.compile(rb"MEI\x0c\x0b\x0a\x0b\x0e.{12}\0\0[\0\1].[ -~].{63}", re.DOTALL)
"""How PyInstaller's archives end: magic, sizes, version of Python, name of its library."""
COOKIE_WITHIN = 4096
"""It stands in so many bytes at the end: what signs or aligns a program can follow."""


_HISTORY = re.compile(
    rb": 1[0-9]{9}:[0-9]{1,7};\S|#1[0-9]{9}\n\S|- cmd: [^\n]{1,3000}\n  when: 1[0-9]{9}\n"
)
"""How histories with times begin: zsh (EXTENDED_HISTORY), bash (HISTTIMEFORMAT), fish."""

_ELF_CORE = (b"\x04\0", b"\0\x04")
"""e_type ET_CORE in either byte order (System V ABI, ELF header)."""
_MACH_CORE = b"\x04\0\0\0"
"""filetype MH_CORE (mach-o/loader.h)."""


def keepass(head: bytes, _tail: bytes) -> bool:
    """KeePass 1 and 2 (KeePass, "KDBX File Format Specification")."""
    return head[:4] == b"\x03\xd9\xa2\x9a" and head[5:8] == b"\xfb\x4b\xb5"


def core_dump(head: bytes, _tail: bytes) -> bool:
    """ELF and Mach-O of the type that is memory, and Windows minidumps."""
    if head[:4] == b"\x7fELF":
        return head[16:18] == _ELF_CORE[head[5:6] == b"\x02"]
    if head[:4] in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        return head[12:16] == _MACH_CORE
    return head[:6] == b"MDMP\x93\xa7"


def terraform_state(head: bytes, _tail: bytes) -> bool:
    """The keys that every state has in front (terraform/internal/states/statefile, version 4)."""
    keys = (b'"version"', b'"terraform_version"', b'"serial"', b'"lineage"')
    return head[:1] == b"{" and all(key in head[:512] for key in keys)


def shell_history(head: bytes, _tail: bytes) -> bool:
    """Commands with the times at which they were typed."""
    return _HISTORY.match(head) is not None


def data_file(head: bytes, _tail: bytes) -> bool:
    """A dump, a mail store, an export of a chat or of passwords."""
    from leakguard.artifacts import datafile  # its patterns take a while to compile

    return datafile.is_known(head)


def tar(head: bytes, _tail: bytes) -> bool:
    """An old tar without magic: its checksum is right (POSIX.1-1988, ustar header)."""
    field = head[148:156].strip(b" \0")
    if len(head) < 512 or not field or not all(byte in b"01234567" for byte in field):
        return False
    total = sum(head[:148]) + sum(head[156:512]) + 8 * 32
    return total == int(field, 8) and head[0] != 0


def program_in_zip(_head: bytes, tail: bytes) -> bool:
    """A Python program as a zip behind a line for the shell: the directory stands at the end."""
    return b"PK\x05\x06" in tail[-66_000:]


def dmg(_head: bytes, tail: bytes) -> bool:
    """The trailer of Apple's disk images (UDIF)."""
    return tail[-512:-508] == b"koly"


def pyinstaller(_head: bytes, tail: bytes) -> bool:
    """What stands behind a program; the end of one that holds it is that of the program too."""
    return pyinstaller_cookie(tail) >= 0


def pyinstaller_cookie(tail: bytes) -> int:
    """Where the last one begins; below zero when there is none."""
    at = tail.rfind(b"MEI\x0c\x0b\x0a\x0b\x0e", max(0, len(tail) - COOKIE_WITHIN))
    return at if at >= 0 and _COOKIE.match(tail, at) else -1


def jffs2(head: bytes, _tail: bytes) -> bool:
    """A node's header ends with its CRC-32, not inverted."""
    crc = zlib.crc32(head[:8], 0xFFFFFFFF) ^ 0xFFFFFFFF
    return crc == int.from_bytes(head[8:12], "little" if head[:1] == b"\x85" else "big")


def asar(head: bytes, _tail: bytes) -> bool:
    """A pickled size, then a pickled text of that size: JSON."""
    return head[16:17] == b"{" and (
        int.from_bytes(head[4:8], "little") == int.from_bytes(head[8:12], "little") + 4
    )


def java(head: bytes, _tail: bytes) -> bool:
    """A fat Mach-O has the same magic, and then a number of processors below 45."""
    return head.startswith(b"\xca\xfe\xba\xbe") and int.from_bytes(head[4:8], "big") >= 45


def macho(head: bytes, _tail: bytes) -> bool:
    """A fat one has few processors: a Java class has its version there."""
    if head[:4] in (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"):
        return 0 < int.from_bytes(head[4:8], "big") < 45
    return True


def pyc(head: bytes, _tail: bytes) -> bool:
    """CPython's magic number ends with CR LF; 3.11 and younger write code objects as 0xe3."""
    return head[2:4] == b"\r\n" and head[16:17] in (b"\xe3", b"\x63")


def mapping(head: bytes, _tail: bytes) -> bool:
    """The header that R8 writes, or a class as the first line."""
    return head.startswith(b"# compiler") or _CLASS_LINE.match(head) is not None


def source_map(head: bytes, _tail: bytes) -> bool:
    """The keys can be in any order; those of a map that begins with another one are its own."""
    if not any(key in head for key in (b'"version"', b'"sources', b'"mappings"')):
        return False
    text = b"".join(head.split())
    keys = (b'"version":3', b'"sources":[', b'"sourcesContent":[', b'"mappings":"')
    return any(key in text for key in keys)


def notebook(head: bytes, _tail: bytes) -> bool:
    """Jupyter's first key; nbformat, "The Notebook file format"."""
    return b'"cells"' in head


def office_xml(head: bytes, _tail: bytes) -> bool:
    """With a byte order mark or without: a namespace of one of the families of documents."""
    names = (b"wordprocessingml", b"spreadsheetml", b"drawingml", b"opendocument")
    return b"xmlns" in head and any(name in head for name in names)


def image_config(head: bytes, _tail: bytes) -> bool:
    """A container image's: both specifications want the architecture and the layers' digests."""
    return b'"architecture"' in head and (b'"config"' in head or b'"rootfs"' in head)


def android_protobuf(head: bytes, _tail: bytes) -> bool:
    """Resources and XML in an app bundle."""
    return _ANDROID_PROTOBUF.match(head) is not None


def cms(head: bytes, _tail: bytes) -> bool:
    """The object identifier of signed data (RFC 5652)."""
    return b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" in head[:32]


def pkcs12(head: bytes, _tail: bytes) -> bool:
    """PFX: version 3, then data or signed data (RFC 7292)."""
    return b"\x02\x01\x03\x30" in head[:16] and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" in head[:48]


def app_plist(head: bytes, _tail: bytes) -> bool:
    """A property list as XML."""
    return b"<plist" in head
