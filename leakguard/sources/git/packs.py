"""Objects straight out of a pack, each inflated once and each delta applied once.

`git cat-file` gives one object at a time and works its bases out anew when they have left its
cache; here every object is made from its base while that is at hand: a third of the time for a
whole history. Format: gitformat-pack(5). What is not plain here, or broken, is left to git, which
has the words for it.
"""

import mmap
from array import array
from collections.abc import Iterator
from pathlib import Path

# The part of dulwich that is written in Rust, by its own name: dulwich.pack, which has it for the
# public, takes 30 ms more to import, and where there is no Rust a Python one that is too slow.
from dulwich._pack import apply_delta
from dulwich.errors import ApplyDeltaError
from isal import isal_zlib

from leakguard import limits
from leakguard.sources.git.pack_index import PackError, order_of, read_index

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
_BY_OFFSET = 6
"""A delta whose base is so many bytes before it. One that names its base (7) is left to git: it
comes of a thin pack, whose bases were added behind it."""

KINDS = {COMMIT: "commit", BLOB: "blob", TAG: "tag"}

_HEADER_BYTES = 32
"""More than the size and the base of an object take in front of it."""


Object = tuple[str, int, bytes]
"""One object of a pack: its id in hex, COMMIT, BLOB or TAG, and its content."""


class Pack:
    """One pack with its index, open as long as this is kept.

    Raises OSError when it cannot be opened, PackError when it is none.
    """

    def __init__(self, index: Path, id_bytes: int) -> None:
        names, offsets = read_index(index.read_bytes(), id_bytes)
        order, starts = order_of(index.with_suffix(".rev"), offsets)
        self._names, self._id_bytes, self._order = names, id_bytes, order
        self._data = _mapped(index.with_suffix(".pack"))
        self._offsets = starts
        self._offsets.append(len(self._data) - id_bytes)
        if order and self._offsets[-2] >= self._offsets[-1]:
            raise PackError(f"{index}: its pack is cut off")
        self._heads = array("B", bytes(len(order)))
        """By number how many bytes stand before the stream of a delta: size and base."""
        self._child = array("i", [-1]) * len(order)
        """By the number of a base that of its last delta, -1 for none."""
        self._sibling = array("i", [-1]) * len(order)
        """By number another delta of the same base, -1 for none."""
        self.left: list[str] = []
        """Ids of objects for git to read: what `objects` met so far and does not give."""
        self.doubles: frozenset[str] = frozenset()
        """Ids of objects that another pack has as well, and gives."""
        try:
            self._roots = self._filed()
        except IndexError as error:
            raise PackError(f"{index}: its pack holds what is no object") from error

    def __len__(self) -> int:
        return len(self._order)

    def ids(self) -> set[str]:
        """Of all its objects, trees included."""
        return {self._oid(number) for number in range(len(self))}

    def objects(self, part: int = 0, parts: int = 1) -> Iterator[Object]:
        """Commits, tags and blobs that are no larger than PACKED_BYTES, bases before deltas.

        Of so many `parts`, counted from 0, this one; each object is in one of them.
        """
        first, last = (len(self._roots) * number // parts for number in (part, part + 1))
        doubles, oid_of = self.doubles, self._oid
        for root, kind in self._roots[first:last]:
            for number, content in self._family(root):
                oid = oid_of(number)
                if oid not in doubles:
                    yield oid, kind, content

    def _family(self, root: int) -> Iterator[tuple[int, bytes]]:
        """Number and content of an object that is no delta, and of all that are made from it."""
        content, number = self._inflated(root), root
        waiting: list[tuple[bytes, int]] = []
        """Bases that are held, each with the next of its deltas."""
        held = 0
        while True:
            if content is None:
                self._leave(number)
            else:
                yield number, content
                child = self._child[number]
                if child >= 0 and held > limits.PACKED_HELD_BYTES:
                    self._leave_all(child)
                elif child >= 0:
                    waiting.append((content, child))
                    held += len(content)
            if not waiting:
                return
            base, number = waiting.pop()
            if (sibling := self._sibling[number]) >= 0:
                waiting.append((base, sibling))
            else:
                held -= len(base)
            content = self._undeltified(base, number)

    def _filed(self) -> list[tuple[int, int]]:
        """Number and kind of the objects that are no deltas, trees left out.

        Files each delta under its base, whose header comes before it. Runs for every object of a
        history: written for speed.
        """
        data, child, sibling, heads = self._data, self._child, self._sibling, self._heads
        numbers = dict(zip(self._offsets, range(len(self._offsets)), strict=True))
        kinds = bytearray(len(numbers))
        """By number; 0 where it is not known, as it is behind the last object."""
        roots: list[tuple[int, int]] = []
        for number, start in enumerate(self._offsets[:-1]):
            header = data[start : start + _HEADER_BYTES]
            byte = header[0]
            kind = byte >> 4 & 7
            if kind == _BY_OFFSET:
                position = 1
                while byte & 128:
                    byte = header[position]
                    position += 1
                byte = header[position]
                distance = byte & 127
                while byte & 128:
                    position += 1
                    byte = header[position]
                    distance = distance + 1 << 7 | byte & 127
                kind = kinds[base := numbers.get(start - distance, -1)]
                if kind and kind != TREE:
                    heads[number] = position + 1
                    sibling[number], child[base] = child[base], number
            elif kind in KINDS:
                roots.append((number, kind))
            if 0 < kind <= TAG:
                kinds[number] = kind
            else:
                self.left.append(self._oid(number))
        return roots

    def _oid(self, number: int) -> str:
        start = self._order[number] * self._id_bytes
        return self._names[start : start + self._id_bytes].hex()

    def _inflated(self, number: int) -> bytes | None:
        """The content of an object, or its delta; None when it is too large or broken."""
        packed, position = self._data[self._offsets[number] : self._offsets[number + 1]], 1
        try:
            byte = packed[0]
            size, shift = byte & 15, 4
            while byte & 128:
                byte = packed[position]
                size |= (byte & 127) << shift
                shift += 7
                position += 1
            if size > limits.PACKED_BYTES:
                return None
            stream = packed[self._heads[number] or position :]
            inflater = isal_zlib.decompressobj()
            content = inflater.decompress(stream, size + 1)
        except (IndexError, isal_zlib.error):  # type: ignore[misc]  # isal's stub calls it a value
            return None
        return content if len(content) == size and inflater.eof else None

    def _undeltified(self, base: bytes, number: int) -> bytes | None:
        delta = self._inflated(number)
        if delta is None or _target(delta) > limits.PACKED_BYTES:
            return None
        try:
            made: list[bytes] = apply_delta(base, delta)
        except ApplyDeltaError:
            return None
        return made[0] if len(made) == 1 else b"".join(made)

    def _leave(self, number: int) -> None:
        """Leaves an object to git, and what is made from it."""
        self.left.append(self._oid(number))
        if (child := self._child[number]) >= 0:
            self._leave_all(child)

    def _leave_all(self, number: int) -> None:
        """Leaves a delta, those of the same base and all that are made from them."""
        waiting = [number]
        while waiting:
            number = waiting.pop()
            self.left.append(self._oid(number))
            others = self._child[number], self._sibling[number]
            waiting += [other for other in others if other >= 0]


def _target(delta: bytes) -> int:
    """Bytes that a delta says it makes: its second number, lowest seven bits first."""
    position = 0
    while position < len(delta) and delta[position] & 128:
        position += 1
    size = shift = 0
    for byte in delta[position + 1 : position + 11]:
        size |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            break
    return size


def _mapped(path: Path) -> mmap.mmap:
    """A pack. Raises OSError, PackError."""
    with path.open("rb") as file:
        if file.read(4) != b"PACK":
            raise PackError(f"{path}: no pack")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
