"""A Windows program's headers, and its resources (Microsoft, PE Format)."""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import pefile

from leakguard.artifacts.content import Buffer

DEBUG, CERTIFICATES, RESOURCES, CLR = 6, 4, 2, 14
"""Numbers of data directories."""

_TYPES = {6: "STRING", 10: "RCDATA", 16: "VERSION", 23: "HTML", 24: "MANIFEST"}
_MOST_ENTRIES = 4096
_DLL = 0x2000
_FOLDER = 0x8000_0000


class Resource(NamedTuple):
    """One resource: where its bytes stand in the file."""

    kind: str
    """RCDATA, VERSION …; the number of other well-known types, or the name of own ones."""
    name: str
    offset: int
    size: int
    custom: bool
    """Whether the program has made up the type's name."""


class Image:
    """The headers of a program, by pefile, and its bytes."""

    def __init__(self, data: Buffer) -> None:
        self.data = data if isinstance(data, bytes) else bytes(data)
        self._pe: Any = pefile.PE(data=self.data, fast_load=True)
        self.is_dll = bool(self._pe.FILE_HEADER.Characteristics & _DLL)

    def directory(self, number: int) -> tuple[int, int]:
        """Address and size; zeros when there is none. CERTIFICATES has an offset instead."""
        entries = self._pe.OPTIONAL_HEADER.DATA_DIRECTORY
        if number >= len(entries):
            return 0, 0
        return int(entries[number].VirtualAddress), int(entries[number].Size)

    def offset(self, address: int) -> int:
        """Of an address, in the file. Raises PEFormatError when it is in no section."""
        return int(self._pe.get_offset_from_rva(address))

    def at(self, address: int, size: int) -> bytes:
        """Bytes at an address, fewer at the file's end."""
        start = self.offset(address)
        return self.data[start : start + size]

    def end(self) -> int:
        """Where the last section ends, in the file."""
        size = len(self.data)
        ends = [int(it.PointerToRawData + it.SizeOfRawData) for it in self._pe.sections]
        header = min(int(self._pe.OPTIONAL_HEADER.SizeOfHeaders), size)
        return max(header, *(end for end in ends if end <= size), 0)

    def certificates(self) -> bytes:
        """The first signature in the certificate table: PKCS#7; nothing when it is not signed."""
        start, size = self.directory(CERTIFICATES)
        if not start or size < 8 or start + 8 > len(self.data):
            return b""
        length = int.from_bytes(self.data[start : start + 4], "little")
        return self.data[start + 8 : start + min(length, size)]


def load(data: Buffer) -> Image | None:
    """None for what only begins with MZ: DOS programs and text."""
    at = int.from_bytes(data[0x3C:0x40], "little")
    return Image(data) if bytes(data[at : at + 4]) == b"PE\0\0" else None


def resources(image: Image) -> Iterator[Resource]:
    """All resources, in the tree's order; one of several languages each time."""
    address, size = image.directory(RESOURCES)
    if not address or not size:
        return
    base = image.offset(address)
    for kind, custom, below in _entries(image.data, base, base):
        if not below & _FOLDER:
            continue
        label = kind if custom else _TYPES.get(int(kind), kind)
        for name, _, third in _entries(image.data, base, base + (below & ~_FOLDER)):
            leaves = (
                [leaf for _, _, leaf in _entries(image.data, base, base + (third & ~_FOLDER))]
                if third & _FOLDER
                else [third]
            )
            for leaf in leaves:
                if not leaf & _FOLDER:
                    yield from _resource(image, label, name, base + leaf, custom)


def _entries(data: bytes, base: int, at: int) -> Iterator[tuple[str, bool, int]]:
    """Name, whether it is one (not a number), and the offset below; of one folder."""
    named, numbered = struct.unpack_from("<HH", data, at + 12)
    for index in range(min(named + numbered, _MOST_ENTRIES)):
        if at + 24 + 8 * index > len(data):
            return
        name, below = struct.unpack_from("<II", data, at + 16 + 8 * index)
        if name & _FOLDER:
            start = base + (name & ~_FOLDER)
            length = int.from_bytes(data[start : start + 2], "little")
            text = data[start + 2 : start + 2 + 2 * length].decode("utf-16-le", "replace")
            yield text, True, below
        else:
            yield str(name), False, below


def _resource(image: Image, kind: str, name: str, at: int, custom: bool) -> Iterator[Resource]:
    address, size = struct.unpack_from("<II", image.data, at)
    try:
        offset = image.offset(address)
    except pefile.PEFormatError:
        return
    if 0 < size <= len(image.data) - offset:
        yield Resource(kind, name, offset, size, custom)
