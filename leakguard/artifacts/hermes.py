"""Hermes bytecode: JavaScript of React Native apps, compiled.

Its strings lie in one block with nothing between them, so that only the table of strings tells
where one ends. Source of the format: facebook/hermes, include/hermes/BCGen/HBC/
BytecodeFileFormat.h and StringTable.h. All numbers are little-endian.
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from leakguard.artifacts.content import Buffer

_HEADER = 128
_COUNTS = struct.Struct("<7I")
"""Functions, kinds of strings, identifiers, strings, long strings, bytes of strings (and more)."""
_FUNCTION_SIZES = (16, 12)
"""Bytes of a function's header: 12 since version 97."""
_RUN = re.compile(rb"[\t\x20-\x7e]{6,}")
_MOST_TIMES = 16
"""Texts may overlap; all in all they are not longer than so many times the file."""


class _Table(NamedTuple):
    """Where the strings are: small entries, entries of long ones, the block itself."""

    small: int
    small_count: int
    long: int
    long_count: int
    block: int
    block_size: int


def strings(data: Buffer) -> Iterator[bytes]:
    """Every string, in the table's order, as UTF-8; then printable runs of the rest of the file.

    Where the table cannot be found, only printable runs: of at least six characters.
    """
    table = _table(data)
    if table is None:
        yield from _runs(data, 0, len(data))
        return
    left = _MOST_TIMES * len(data)
    for start, size, wide in _entries(data, table):
        left -= size
        if left < 0:
            yield from _runs(data, table.block, table.block + table.block_size)
            break
        text = bytes(data[table.block + start : table.block + start + size])
        yield text.decode("utf-16-le", "replace").encode() if wide else text
    yield from _runs(data, _HEADER, table.small)
    yield from _runs(data, table.block + table.block_size, len(data))


def _table(data: Buffer) -> _Table | None:
    """The table, with functions' headers of the size that makes all entries fit."""
    if len(data) < _HEADER:
        return None
    functions, kinds, identifiers, count, long, size, _ = _COUNTS.unpack_from(data, 40)
    for header in _FUNCTION_SIZES:
        small = _HEADER + _aligned(functions * header) + 4 * (kinds + identifiers)
        block = small + 4 * count + 8 * long
        table = _Table(small, count, small + 4 * count, long, block, size)
        if count and block + size <= len(data) and _fits(data, table):
            return table
    return None


def _fits(data: Buffer, table: _Table) -> bool:
    """Whether every string is within the block, and the last one at its end."""
    end = 0
    try:
        for start, size, _ in _entries(data, table):
            end = max(end, start + size)
    except struct.error:
        return False
    return table.block_size - 4 < end <= table.block_size


def _entries(data: Buffer, table: _Table) -> Iterator[tuple[int, int, bool]]:
    """Offset in the block and size, both in bytes, and whether it is UTF-16.

    Raises struct.error for a long string that has no entry.
    """
    small = bytes(data[table.small : table.long])
    long = bytes(data[table.long : table.long + 8 * table.long_count])
    for (word,) in struct.iter_unpack("<I", small):
        wide, start, size = word & 1, word >> 1 & 0x7FFFFF, word >> 24
        if size == 0xFF:
            start, size = struct.unpack_from("<2I", long, 8 * start)
        yield start, size << wide, bool(wide)


def _runs(data: Buffer, start: int, end: int) -> Iterator[bytes]:
    for found in _RUN.finditer(data, start, end):
        yield bytes(found[0])


def _aligned(size: int) -> int:
    return size + -size % 4
