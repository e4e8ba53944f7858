"""bzip2 as NSIS writes it: without the stream's header, the long block signs and the checksums.

Written from the source of NSIS (Source/bzip2/decompress.c) and the bzip2 format specification by
Joe Tsai (2016). In pure Python, hence slow: about half a MiB in a second.
"""

import re
from collections.abc import Iterator

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError

_BLOCK, _END = 0x31, 0x17
_BLOCK_BYTES = 900_000
_PACKED_BYTES = limits.MIB
"""Bytes after which a block is tried: mostly it is whole then."""
_GROUP = 50
"""Symbols that one table is used for."""
_LONGEST_CODE = 20
_REPEATED = re.compile(rb"(.)\1\1\1(.)", re.S)

_Table = tuple[list[tuple[int, int]], int]
"""For the next so many bits, the symbol that they begin with and its length in bits."""


class Bzip2:
    """A Decoder. Empty input means that no more follows."""

    def __init__(self) -> None:
        self._bits = _Bits(b"")
        self._ready = b""
        self.eof = False

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without more bytes."""
        return not self._ready and self._bits.left() < _PACKED_BYTES

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes. Raises ArtifactError, EOFError, LookupError."""
        self._bits.data += data
        if not self._ready and (not data or self._bits.left() >= _PACKED_BYTES):
            self._ready = self._block()
        most = max_length if max_length > 0 else len(self._ready)
        found, self._ready = self._ready[:most], self._ready[most:]
        if self._bits.ended and not self._ready:
            self.eof = True
        return found

    def _block(self) -> bytes:
        bits = self._bits
        bits.forget()
        sign = bits.take(8) if not bits.ended else _END
        if sign == _END:
            bits.ended = True
            return b""
        if sign != _BLOCK:
            raise ArtifactError("the compressed data are damaged")
        pointer = bits.take(24)
        used = _used(bits)
        tables, selectors = _tables(bits, len(used) + 2)
        last = bytes(_unfolded(_symbols(bits, tables, selectors, len(used) + 1), used))
        if bits.left() < 0:
            raise EOFError
        return _REPEATED.sub(lambda run: run[1] * (4 + run[2][0]), _sorted_back(last, pointer))


class _Bits:
    """Bits, the highest of each byte first. Zeros follow the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        """In bits."""
        self.ended = False

    def take(self, count: int) -> int:
        """The next bits, at most 32, as a number. Raises EOFError behind the end."""
        at, inside = divmod(self.position, 8)
        self.position += count
        if self.left() < 0:
            raise EOFError
        window = int.from_bytes(self.data[at : at + 5].ljust(5, b"\0"), "big")
        return window >> 40 - inside - count & (1 << count) - 1

    def left(self) -> int:
        """Whole bytes that were not taken."""
        return len(self.data) - (self.position + 7) // 8

    def forget(self) -> None:
        """Gives up the bytes that were taken."""
        self.data = self.data[self.position // 8 :]
        self.position %= 8


def _used(bits: _Bits) -> list[int]:
    """The bytes that are in the block: a map of maps."""
    outer = bits.take(16)
    found = []
    for high in range(16):
        inner = bits.take(16) if outer & 0x8000 >> high else 0
        found += [high << 4 | low for low in range(16) if inner & 0x8000 >> low]
    return found


def _tables(bits: _Bits, symbols: int) -> tuple[list[_Table], list[int]]:
    groups, count = bits.take(3), bits.take(15)
    order = list(range(groups))
    selectors = []
    for _ in range(count):
        place = 0
        while bits.take(1):
            place += 1
            if place >= groups:
                raise ArtifactError("the compressed data are damaged")
        order.insert(0, order.pop(place))
        selectors.append(order[0])
    return [_table(_lengths(bits, symbols)) for _ in range(groups)], selectors


def _lengths(bits: _Bits, symbols: int) -> list[int]:
    """Each symbol's length is told by steps from the one before."""
    length, found = bits.take(5), []
    for _ in range(symbols):
        steps = 0
        while bits.take(1) and steps < _LONGEST_CODE:
            length += -1 if bits.take(1) else 1
            steps += 1
        if not 0 < length <= _LONGEST_CODE or steps == _LONGEST_CODE:
            raise ArtifactError("the compressed data are damaged")
        found.append(length)
    return found


def _table(lengths: list[int]) -> _Table:
    longest = max(lengths)
    table: list[tuple[int, int]] = []
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(lengths)):
        table += [(symbol, length)] * (1 << longest - length)
        if len(table) > 1 << longest:
            raise ArtifactError("the compressed data are damaged")
    return table, longest


def _symbols(bits: _Bits, tables: list[_Table], selectors: list[int], end: int) -> Iterator[int]:
    """Up to the symbol `end`. Raises LookupError for codes that no symbol has."""
    data, at, held, count = bits.data, bits.position // 8, 0, 0
    skipped = bits.position % 8
    for selector in selectors:
        table, longest = tables[selector]
        mask = (1 << longest) - 1
        for _ in range(_GROUP):
            if count < _LONGEST_CODE + skipped:
                held = (held & (1 << count) - 1) << 64 | int.from_bytes(
                    data[at : at + 8].ljust(8, b"\0"), "big"
                )
                at, count = at + 8, count + 64 - skipped
                skipped = 0
            symbol, length = table[held >> count - longest & mask]
            count -= length
            if symbol == end:
                bits.position = 8 * at - count
                return
            yield symbol
    raise EOFError


def _unfolded(symbols: Iterator[int], used: list[int]) -> bytearray:
    """Undoes move-to-front and the runs of its first place (symbols 0 and 1, in base two)."""
    found, order, run, weight = bytearray(), list(used), 0, 1
    for symbol in symbols:
        if symbol < 2:
            run += weight << symbol
            weight <<= 1
        else:
            found += bytes(order[:1]) * run
            order.insert(0, order.pop(symbol - 1))
            found.append(order[0])
            run, weight = 0, 1
        if len(found) + run > _BLOCK_BYTES:
            raise ArtifactError("the compressed data are damaged")
    return found + bytes(order[:1]) * run


def _sorted_back(last: bytes, pointer: int) -> bytes:
    """Undoes the Burrows-Wheeler transform."""
    following = sorted(range(len(last)), key=last.__getitem__)
    found = bytearray()
    for _ in following:
        pointer = following[pointer]
        found.append(last[pointer])
    return bytes(found)
