"""Where the objects of a pack begin. Format: gitformat-pack(5), version 2 and reverse indexes."""

import sys
from array import array
from collections.abc import Sequence
from operator import lt
from pathlib import Path

_INDEX = b"\xfftOc\x00\x00\x00\x02"
_FANOUT = len(_INDEX) + 256 * 4
_REVERSE_HEAD = 12
"""Bytes before the positions in a reverse index: what it is, its version, the kind of ids."""
_FAR = 1 << 31
"""Marks an offset that stands in the table of large ones."""


class PackError(Exception):
    """A pack or an index that is not as gitformat-pack(5) says."""


def read_index(data: bytes, id_bytes: int) -> tuple[bytes, "array[int]"]:
    """The ids of an index, one after the other, and the offset of each. Raises PackError."""
    count = int.from_bytes(data[_FANOUT - 4 : _FANOUT], "big")
    names = _FANOUT + count * id_bytes
    near = names + count * 4  # behind the checksums
    far = near + count * 4
    if data[: len(_INDEX)] != _INDEX or len(data) < far + 2 * id_bytes:
        raise PackError("an index of another version, or cut off")
    offsets = _numbers("I", data[near:far])
    if max(offsets, default=0) < _FAR:
        return data[_FANOUT:names], offsets
    large = _numbers("Q", data[far : len(data) - 2 * id_bytes])
    try:
        whole = [large[offset ^ _FAR] if offset & _FAR else offset for offset in offsets]
    except IndexError as error:
        raise PackError("an index whose large offsets are cut off") from error
    return data[_FANOUT:names], array("Q", whole)


def order_of(reverse: Path, offsets: "array[int]") -> tuple[Sequence[int], list[int]]:
    """The positions in an index by their offsets, and these: as its reverse index has them, where
    git has written one that is true, since sorting takes longer."""
    try:
        found = _numbers("I", reverse.read_bytes()[_REVERSE_HEAD:])[: len(offsets)]
        starts = [offsets[position] for position in found]
    except (OSError, IndexError):
        starts = []
    if len(starts) == len(offsets) and all(map(lt, starts, starts[1:])):
        return found, starts
    return sorted(range(len(offsets)), key=offsets.tolist().__getitem__), sorted(offsets)


def _numbers(code: str, data: bytes) -> "array[int]":
    """Numbers of four (`I`) or eight (`Q`) bytes, highest byte first in `data`."""
    numbers = array(code, data[: len(data) - len(data) % array(code).itemsize])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
