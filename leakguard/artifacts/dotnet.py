"""The tables of .NET metadata (ECMA-335 II.24; Portable PDB v1.0 for the debug tables)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

MODULE, ASSEMBLY, MANIFEST_RESOURCE = 0x00, 0x20, 0x28
DOCUMENT, CUSTOM_DEBUG = 0x30, 0x37
"""Numbers of tables."""

_MAGIC = b"BSJB"
_MOST_ROWS = 1 << 24
"""A token has three bytes for the row (ECMA-335 II.22)."""

# Columns: 2 and 4 bytes, an index into a heap (s, g, b), into a table (#), or into one of several.
_HAS_ATTRIBUTE = "06 04 01 02 08 09 0A 00 0E 17 14 11 1A 1B 20 23 26 27 28 2A 2C 2B"
_CODED = {
    "TypeDefOrRef": (2, "02 01 1B"),
    "HasConstant": (2, "04 08 17"),
    "HasAttribute": (5, _HAS_ATTRIBUTE),
    "HasMarshal": (1, "04 08"),
    "HasSecurity": (2, "02 06 20"),
    "MemberParent": (3, "02 01 1A 06 1B"),
    "HasSemantics": (1, "14 17"),
    "MethodDefOrRef": (1, "06 0A"),
    "Forwarded": (1, "04 06"),
    "Implementation": (2, "26 23 27"),
    "AttributeType": (3, "06 0A"),
    "Scope": (2, "00 1A 23 01"),
    "TypeOrMethod": (1, "02 06"),
    "HasDebug": (5, _HAS_ATTRIBUTE + " 30 32 33 34 35"),
}
_COLUMNS = {
    0x00: "2 s g g g",
    0x01: "Scope s s",
    0x02: "4 s s TypeDefOrRef #04 #06",
    0x03: "#04",
    0x04: "2 s b",
    0x05: "#06",
    0x06: "4 2 2 s b #08",
    0x07: "#08",
    0x08: "2 2 s",
    0x09: "#02 TypeDefOrRef",
    0x0A: "MemberParent s b",
    0x0B: "2 HasConstant b",
    0x0C: "HasAttribute AttributeType b",
    0x0D: "HasMarshal b",
    0x0E: "2 HasSecurity b",
    0x0F: "2 4 #02",
    0x10: "4 #04",
    0x11: "b",
    0x12: "#02 #14",
    0x13: "#14",
    0x14: "2 s TypeDefOrRef",
    0x15: "#02 #17",
    0x16: "#17",
    0x17: "2 s b",
    0x18: "2 #06 HasSemantics",
    0x19: "#02 MethodDefOrRef MethodDefOrRef",
    0x1A: "s",
    0x1B: "b",
    0x1C: "2 Forwarded s #1A",
    0x1D: "4 #04",
    0x1E: "4 4",
    0x1F: "4",
    0x20: "4 2 2 2 2 4 b s s",
    0x21: "4",
    0x22: "4 4 4",
    0x23: "2 2 2 2 4 b s s b",
    0x24: "4 #23",
    0x25: "4 4 4 #23",
    0x26: "4 s b",
    0x27: "4 4 s s Implementation",
    0x28: "4 4 s Implementation",
    0x29: "#02 #02",
    0x2A: "2 2 TypeOrMethod s",
    0x2B: "MethodDefOrRef b",
    0x2C: "#2A TypeDefOrRef",
    0x30: "b g b g",
    0x31: "#30 b",
    0x32: "#06 #35 #33 #34 4 4",
    0x33: "2 2 s",
    0x34: "s b",
    0x35: "#35 b",
    0x36: "#06 #06",
    0x37: "HasDebug g b",
}


class _Table(NamedTuple):
    start: int
    rows: int
    widths: tuple[int, ...]


class Metadata:
    """The metadata that begins with BSJB, read from its tables.

    Raises ValueError, struct.error or KeyError when it is damaged.
    """

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC):
            raise ValueError("no .NET metadata")
        self.streams = dict(_streams(data))
        self._tables = self._read_tables()

    def rows(self, number: int) -> Iterator[tuple[int, ...]]:
        """The rows of a table, the first one first; each a number for each column."""
        table = self._tables.get(number)
        if table is None:
            return
        data, at = self._stream(), table.start
        size = sum(table.widths)
        for _ in range(min(table.rows, (len(data) - at) // size)):
            row = []
            for width in table.widths:
                row.append(int.from_bytes(data[at : at + width], "little"))
                at += width
            yield tuple(row)

    def string(self, index: int) -> str:
        """From the #Strings heap."""
        heap = self.streams.get("#Strings", b"")
        end = heap.find(b"\0", index)
        return heap[index : end if end >= 0 else None].decode("utf-8", "replace")

    def guid(self, index: int) -> bytes:
        """From the #GUID heap, sixteen bytes; index 1 is the first."""
        return self.streams.get("#GUID", b"")[16 * (index - 1) : 16 * index] if index else b""

    def blob(self, index: int) -> bytes:
        """From the #Blob heap, without its length."""
        heap = self.streams.get("#Blob", b"")
        size, start = compressed(heap, index)
        return heap[start : start + size]

    def _stream(self) -> bytes:
        return self.streams.get("#~") or self.streams.get("#-") or b""

    def _read_tables(self) -> dict[int, _Table]:
        data = self._stream()
        heaps, valid = data[6], int.from_bytes(data[8:16], "little")
        present = [number for number in range(64) if valid >> number & 1]
        counts = struct.unpack_from(f"<{len(present)}I", data, 24)
        if any(count > _MOST_ROWS for count in counts):
            raise ValueError("more rows than there can be")
        rows = dict(zip(present, counts, strict=True))
        start = 24 + 4 * len(present) + (4 if heaps & 0x40 else 0)
        rows_anywhere = {**self._foreign_rows(), **rows}
        tables = {}
        for number in present:
            widths = tuple(_width(it, heaps, rows_anywhere) for it in _COLUMNS[number].split())
            tables[number] = _Table(start, rows[number], widths)
            start += rows[number] * sum(widths)
        return tables

    def _foreign_rows(self) -> dict[int, int]:
        """A portable PDB says how many rows the program's own tables have."""
        data = self.streams.get("#Pdb", b"")
        if len(data) < 32:
            return {}
        valid = int.from_bytes(data[24:32], "little")
        present = [number for number in range(64) if valid >> number & 1]
        return dict(zip(present, struct.unpack_from(f"<{len(present)}I", data, 32), strict=True))


def compressed(data: bytes, at: int) -> tuple[int, int]:
    """A number of one, two or four bytes (ECMA-335 II.23.2), and where it ends."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if first < 0xC0:
        return int.from_bytes(data[at : at + 2], "big") & 0x3FFF, at + 2
    return int.from_bytes(data[at : at + 4], "big") & 0x1FFF_FFFF, at + 4


def _streams(data: bytes) -> Iterator[tuple[str, bytes]]:
    (length,) = struct.unpack_from("<I", data, 12)
    (count,) = struct.unpack_from("<H", data, 18 + length)
    at = 20 + length
    for _ in range(min(count, 16)):
        offset, size = struct.unpack_from("<II", data, at)
        end = data.index(b"\0", at + 8, at + 8 + 33)
        yield data[at + 8 : end].decode("latin-1"), data[offset : offset + size]
        at = at + 8 + ((end - at - 8) // 4 + 1) * 4


def _width(column: str, heaps: int, rows: dict[int, int]) -> int:
    if column in ("2", "4"):
        return int(column)
    if column in ("s", "g", "b"):
        return 4 if heaps >> "sgb".index(column) & 1 else 2
    if column.startswith("#"):
        return 4 if rows.get(int(column[1:], 16), 0) > 0xFFFF else 2
    bits, tables = _CODED[column]
    most = max(rows.get(int(table, 16), 0) for table in tables.split())
    return 4 if most >> (16 - bits) else 2
