"""Deflate64, which Windows uses for zips of large files: deflate with a window of 64 KiB.

Format: RFC 1951, and PKWARE's APPNOTE.TXT 4.4.5, method 9: two more distances, and the last length
takes 16 more bits.
"""

from collections.abc import Iterator, Sequence

from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.source import EARLY, STEP, Source

_WINDOW = 1 << 16
_LENGTHS = [(3 + n, 0) for n in range(8)]
_LENGTHS += [(3 + (4 + n % 4 << n // 4 - 1), n // 4 - 1) for n in range(8, 28)] + [(3, 16)]
"""Length and number of further bits, for the codes from 257."""
_DISTANCES = [(1 + n, 0) for n in range(4)]
_DISTANCES += [(1 + (2 + n % 2 << n // 2 - 1), n // 2 - 1) for n in range(4, 32)]
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_FIXED = ([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, [5] * 32)

Table = tuple[int, list[tuple[int, int]]]
"""The longest code's bits, and length and symbol for each number of so many bits."""


class _Bits:
    """Bits of a source, the lowest of each byte first."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._value = self._count = 0

    def take(self, count: int) -> int:
        """A number of so many bits. Raises ArtifactError at the end."""
        while self._count < count:
            data = self._source.read(64)
            if not data:
                raise ArtifactError(EARLY)
            self._value |= int.from_bytes(data, "little") << self._count
            self._count += 8 * len(data)
        found = self._value & (1 << count) - 1
        self._value >>= count
        self._count -= count
        return found

    def symbol(self, table: Table) -> int:
        """The next symbol; at the end of the source the bits that are missing are zeros."""
        bits, symbols = table
        while self._count < bits and (data := self._source.read(64)):
            self._value |= int.from_bytes(data, "little") << self._count
            self._count += 8 * len(data)
        length, symbol = symbols[self._value & (1 << bits) - 1]
        if not length or length > self._count:
            raise ArtifactError("the compressed data are damaged" if not length else EARLY)
        self._value >>= length
        self._count -= length
        return symbol

    def align(self) -> None:
        """Passes over the rest of a byte."""
        self.take(self._count % 8)


def inflate64(source: Source) -> Iterator[bytes]:
    """The content in pieces, counted. Raises ArtifactError for damage and an early end."""
    bits, out, given, last = _Bits(source), bytearray(), 0, False
    while not last:
        last = bool(bits.take(1))
        for _ in _block(bits, out):
            if len(out) - given >= STEP:
                source.count(len(out) - given)
                yield bytes(out[given:])
                del out[:-_WINDOW]
                given = len(out)
    source.count(len(out) - given)
    yield bytes(out[given:])


def _block(bits: _Bits, out: bytearray) -> Iterator[None]:
    """Appends one block, and stops after each symbol."""
    kind = bits.take(2)
    if kind == 0:
        bits.align()
        size = bits.take(16)
        if size ^ bits.take(16) != 0xFFFF:
            raise ArtifactError("the compressed data are damaged")
        for _ in range(size):
            out.append(bits.take(8))
        yield
        return
    literals, distances = map(_table, _FIXED if kind == 1 else _lengths(bits, kind))
    while (symbol := bits.symbol(literals)) != 256:
        if symbol < 256:
            out.append(symbol)
        else:
            _copy(bits, symbol - 257, distances, out)
        yield


def _copy(bits: _Bits, code: int, distances: Table, out: bytearray) -> None:
    if code >= len(_LENGTHS):
        raise ArtifactError("the compressed data are damaged")
    base, more = _LENGTHS[code]
    length = base + bits.take(more)
    base, more = _DISTANCES[bits.symbol(distances)]
    distance = base + bits.take(more)
    if distance > len(out):
        raise ArtifactError("the compressed data are damaged")
    found = bytes(out[-distance:][:length])
    out += (found * (length // len(found) + 1))[:length]


def _lengths(bits: _Bits, kind: int) -> tuple[list[int], list[int]]:
    """The code lengths of a block with codes of its own (RFC 1951, 3.2.7)."""
    if kind == 3:
        raise ArtifactError("the compressed data are damaged")
    literals, distances, count = bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4
    meta = [0] * 19
    for place in _ORDER[:count]:
        meta[place] = bits.take(3)
    table, found = _table(meta), list[int]()
    while len(found) < literals + distances:
        match bits.symbol(table):
            case 16:
                found += found[-1:] * (3 + bits.take(2))
            case 17:
                found += [0] * (3 + bits.take(3))
            case 18:
                found += [0] * (11 + bits.take(7))
            case length:
                found.append(length)
    return found[:literals], found[literals : literals + distances]


def _table(lengths: Sequence[int]) -> Table:
    """Canonical codes (RFC 1951, 3.2.2), by the bits as they come."""
    most = max(lengths) or 1
    symbols, code = [(0, 0)] * (1 << most), 0
    for length in range(1, most + 1):
        for symbol, own in enumerate(lengths):
            if own == length:
                start = int(f"{code:0{length}b}"[::-1], 2)
                for place in range(start, 1 << most, 1 << length):
                    symbols[place] = (length, symbol)
                code += 1
        code <<= 1
    return most, symbols
