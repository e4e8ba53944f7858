"""The sections of an ELF file, and where the file ends that ELF knows of.

Source of the format: System V ABI, chapter 4 and 5 (gabi), and elf(5).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer

_NO_BYTES = 8
"""SHT_NOBITS: only takes room in memory."""
NOTES = 7
"""SHT_NOTE."""
_COMPRESSED = 0x800
_MOST_SECTIONS = 0xFF00
_NOTE_SECTIONS, _NOTE_BYTES = 32, 64 * limits.KIB


class Section(NamedTuple):
    """A section with bytes in the file."""

    name: str
    type: int
    flags: int
    offset: int
    size: int


class Elf(NamedTuple):
    """What the header says; offsets and sizes in bytes."""

    order: str
    """Of bytes, as the struct module has it."""
    wide: bool
    """64 bits."""
    sections: tuple[Section, ...]
    end: int
    """Behind all that the tables know of: what follows was appended."""

    def named(self, *names: str) -> list[Section]:
        """The first section of each of these names, by the order of the names."""
        first: dict[str, Section] = {}
        for section in self.sections:
            first.setdefault(section.name, section)
        return [first[name] for name in names if name in first]


class _Header(NamedTuple):
    programs: int
    sections: int
    program_size: int
    program_count: int
    section_size: int
    section_count: int
    names: int


def parse(data: Buffer) -> Elf:
    """Raises ArtifactError when the header is cut off; tables that are, count as empty."""
    head = bytes(data[:64])
    if len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2):
        raise ArtifactError("damaged ELF header")
    order, wide = "<" if head[5] == 1 else ">", head[4] == 2
    header = _Header(*_unpack(order + ("32xQQ4x2xHHHHH" if wide else "28xII4x2xHHHHH"), head))
    raw = list(_rows(data, header.sections, header.section_size, header.section_count, order, wide))
    end = max((offset + size for _, kind, _, offset, size in raw if kind != _NO_BYTES), default=0)
    tables = (
        64 if wide else 52,
        header.sections + header.section_size * header.section_count,
        header.programs + header.program_size * header.program_count,
        *_segment_ends(data, header, order, wide),
    )
    return Elf(order, wide, tuple(_named(data, raw, header.names)), max(end, *tables))


def contents(data: Buffer, elf: Elf, section: Section, most: int) -> bytes:
    """The first `most` bytes of a section, inflated if need be; nothing when it is damaged."""
    raw = bytes(data[section.offset : section.offset + min(section.size, most)])
    if not section.flags & _COMPRESSED:
        return raw
    method = int.from_bytes(raw[:4], "little" if elf.order == "<" else "big")
    if method != 1:
        return b""
    try:
        return zlib.decompressobj().decompress(raw[24 if elf.wide else 12 :], most)
    except zlib.error:
        return b""


def notes(data: Buffer, elf: Elf) -> Iterator[tuple[bytes, int, bytes]]:
    """Owner, type and text of every note, of the first sections with notes."""
    for section in [each for each in elf.sections if each.type == NOTES][:_NOTE_SECTIONS]:
        raw = contents(data, elf, section, _NOTE_BYTES)
        at = 0
        while at + 12 <= len(raw):
            name, size, kind = struct.unpack_from(elf.order + "III", raw, at)
            start = at + 12 + name + -name % 4
            yield raw[at + 12 : at + 12 + name].rstrip(b"\0"), kind, raw[start : start + size]
            at = start + size + -size % 4


def _rows(
    data: Buffer, table: int, size: int, count: int, order: str, wide: bool
) -> Iterator[tuple[int, int, int, int, int]]:
    """Name, type, flags, offset and size of every section."""
    form = struct.Struct(order + ("IIQ8xQQ" if wide else "III4xII"))
    if size < form.size:
        return
    for at in range(table, table + size * min(count, _MOST_SECTIONS), size):
        row = bytes(data[at : at + form.size])
        if len(row) < form.size:
            return
        yield form.unpack(row)


def _named(
    data: Buffer, raw: list[tuple[int, int, int, int, int]], names: int
) -> Iterator[Section]:
    start = raw[names][3] if names < len(raw) else len(data)
    for name, kind, flags, offset, size in raw:
        if kind != _NO_BYTES and offset + size <= len(data):
            text = bytes(data[start + name : start + name + 100]).partition(b"\0")[0]
            yield Section(text.decode("ascii", "replace"), kind, flags, offset, size)


def _segment_ends(data: Buffer, header: _Header, order: str, wide: bool) -> Iterator[int]:
    form = struct.Struct(order + ("8xQ16xQ" if wide else "4xI8xI"))
    if header.program_size < form.size:
        return
    for number in range(header.program_count):
        at = header.programs + number * header.program_size
        row = bytes(data[at : at + form.size])
        if len(row) < form.size:
            return
        offset, size = form.unpack(row)
        yield offset + size


def _unpack(form: str, head: bytes) -> tuple[int, ...]:
    size = struct.calcsize(form)
    return struct.unpack(form, head[:size].ljust(size, b"\0"))
