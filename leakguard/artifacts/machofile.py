"""The load commands of Mach-O programs, thin or fat.

Form: mach-o/loader.h, mach-o/fat.h of Apple's xnu. Only offsets that are inside the file are used.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer

_THIN: Final = {
    b"\xcf\xfa\xed\xfe": ("<", True),
    b"\xce\xfa\xed\xfe": ("<", False),
    b"\xfe\xed\xfa\xcf": (">", True),
    b"\xfe\xed\xfa\xce": (">", False),
}
"""Byte order, and whether addresses have 64 bits."""
_FAT: Final = {b"\xca\xfe\xba\xbe": False, b"\xca\xfe\xba\xbf": True}
_MOST_SLICES: Final = 44
_MOST_COMMANDS: Final = 10_000
"""One for each segment and library: no program needs so many."""

_MINIMUM: Final = {0x24: 1, 0x25: 2, 0x2F: 3, 0x30: 4}
"""LC_VERSION_MIN_* and the platform each means."""
_SIMULATOR_OF: Final = {2: 7, 3: 8, 4: 9}
_INTEL: Final = (7, 0x01000007)


class _C(IntEnum):
    """Load commands, without LC_REQ_DYLD."""

    SEGMENT = 0x1
    SYMBOLS = 0x2
    ID_DYLIB = 0xD
    SEGMENT_64 = 0x19
    UUID = 0x1B
    SIGNATURE = 0x1D
    ENCRYPTED = 0x21
    ENCRYPTED_64 = 0x2C
    BUILD_VERSION = 0x32


class Section(NamedTuple):
    """Bytes of a program with a use."""

    name: str
    start: int
    """From the beginning of the whole file."""
    size: int


class Symbols(NamedTuple):
    """Where the symbols and their names are, from the beginning of the whole file."""

    start: int
    total: int
    names: int
    names_size: int


@dataclass(slots=True)
class Slice:
    """What the load commands of one architecture say. What they do not say is empty."""

    order: str
    """`<` or `>`, for struct."""
    is_64: bool
    cpu: int
    filetype: int
    platform: int = 0
    minimum: str = ""
    sdk: str = ""
    uuid: str = ""
    install_name: str = ""
    encrypted: bool = False
    signature: bytes = b""
    symbols: Symbols | None = None
    sections: list[Section] = field(default_factory=list)


def slices(data: Buffer) -> list[Slice]:
    """Every program in a file, in the file's order; libraries of objects (ar) are left out.

    Raises ArtifactError or struct.error when a program's commands are not in it.
    """
    return [_slice(data, start, end) for start, end in _ranges(data)]


def _ranges(data: Buffer) -> Iterator[tuple[int, int]]:
    """Begin and end of each thin program."""
    magic = bytes(data[:4])
    if magic in _THIN:
        yield 0, len(data)
    if magic not in _FAT:
        return
    is_64 = _FAT[magic]
    count = min(_MOST_SLICES, int.from_bytes(data[4:8], "big"))
    form = struct.Struct(">IIQQII" if is_64 else ">IIIII")
    seen = set()
    for fields in form.iter_unpack(bytes(data[8 : 8 + count * form.size])):
        start, size = fields[2], fields[3]
        if bytes(data[start : start + 4]) in _THIN and start not in seen:
            seen.add(start)
            yield start, min(len(data), start + size)


def _slice(data: Buffer, start: int, end: int) -> Slice:
    order, is_64 = _THIN[bytes(data[start : start + 4])]
    head = bytes(data[start + 4 : start + 28])
    cpu, _sub, filetype, count, size, _flags = struct.unpack(order + "6I", head)
    at = start + (32 if is_64 else 28)
    if count > _MOST_COMMANDS or at + size > end:
        raise ArtifactError("its load commands are not in it")
    found = Slice(order, is_64, cpu, filetype)
    commands = bytes(data[at : at + size])
    at = 0
    for _ in range(count):
        command, length = struct.unpack_from(order + "II", commands, at)
        if length < 8 or at + length > size:
            raise ArtifactError("a load command is damaged")
        _command(found, command & 0x7FFFFFFF, commands[at : at + length], data, start, end)
        at += length
    return found


def _command(found: Slice, command: int, body: bytes, data: Buffer, start: int, end: int) -> None:
    """Commands that point into the file, and then those that say all themselves."""
    match command:
        case _C.SEGMENT | _C.SEGMENT_64:
            found.sections += _sections(found, body, start, end)
        case _C.SYMBOLS:
            found.symbols = _symbols(found, body, start, end)
        case _C.SIGNATURE:
            at, size = _numbers(found, body, 2)
            size = 0 if found.signature else min(size, limits.ARTIFACT_METADATA_BYTES)
            found.signature += bytes(data[start + at : min(end, start + at + size)])
        case _:
            _fact(found, command, body)


def _fact(found: Slice, command: int, body: bytes) -> None:
    match command:
        case _C.ID_DYLIB:
            offset = _numbers(found, body, 1)[0]
            found.install_name = _text(body[offset:])
        case _C.UUID:
            found.uuid = body[8:24].hex()
        case _C.ENCRYPTED | _C.ENCRYPTED_64:
            found.encrypted = found.encrypted or _numbers(found, body, 3)[2] != 0
        case _C.BUILD_VERSION:
            found.platform, minimum, sdk = _numbers(found, body, 3)
            found.minimum, found.sdk = _version(minimum), _version(sdk)
        case _ if command in _MINIMUM:
            _version_minimum(found, command, body)


def _version_minimum(found: Slice, command: int, body: bytes) -> None:
    """Before LC_BUILD_VERSION, only the processor told a simulator's program."""
    minimum, sdk = _numbers(found, body, 2)
    platform = _MINIMUM[command]
    if found.cpu in _INTEL:
        platform = _SIMULATOR_OF.get(platform, platform)
    found.platform, found.minimum, found.sdk = platform, _version(minimum), _version(sdk)


def _sections(found: Slice, body: bytes, start: int, end: int) -> Iterator[Section]:
    """Those with bytes in the file. Debug symbols keep sections that have none: offset 0."""
    head, size, form = (72, 80, "QQI") if found.is_64 else (56, 68, "III")
    for at in range(head, len(body) - size + 1, size):
        _address, length, offset = struct.unpack_from(found.order + form, body, at + 32)
        if offset and start + offset + length <= end:
            yield Section(_text(body[at : at + 16]), start + offset, length)


def _symbols(found: Slice, body: bytes, start: int, end: int) -> Symbols | None:
    at, count, names, names_size = _numbers(found, body, 4)
    inside = start + at + count * (16 if found.is_64 else 12) <= end
    if not inside or start + names + names_size > end:
        return None
    return Symbols(start + at, count, start + names, names_size)


def _text(padded: bytes) -> str:
    return padded.split(b"\0", 1)[0].decode("utf-8", "replace")


def _numbers(found: Slice, body: bytes, count: int) -> tuple[int, ...]:
    """The first numbers of a command behind its own two."""
    return struct.unpack_from(f"{found.order}{count}I", body, 8)


def _version(packed: int) -> str:
    """`13.0`, or `13.0.1`: 16, 8 and 8 bits."""
    patch = f".{packed & 0xFF}" if packed & 0xFF else ""
    return f"{packed >> 16}.{packed >> 8 & 0xFF}{patch}" if packed else ""
