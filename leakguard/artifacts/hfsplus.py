"""The files of an HFS+ volume, by their paths. Apple's Technical Note TN1150."""

import struct
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget

_ROOT_FOLDER = 2
_EXTENTS_FILE = 3
_FOLDER, _FILE = 1, 2
_LEAF = 0xFF
_FORK = struct.Struct(">QII")
_NODE = struct.Struct(">IIbBH2x")
_TREE_BYTES = 64 * limits.MIB
"""Largest catalog: 64 MiB hold some hundred thousand files."""
_DEPTH = 128


class Reader(Protocol):
    """A disk."""

    def all_of(self, start: int, size: int) -> bytes:
        """Exactly `size` bytes. Raises EOFError when there are fewer."""
        ...


class File(NamedTuple):
    """A fork of a file and where it lies on the disk: pairs of start and size in bytes."""

    name: str
    size: int
    extents: list[tuple[int, int]]


class Volume:
    """A volume that begins at `start` on the disk. Raises ArtifactError when it is damaged."""

    def __init__(self, disk: Reader, start: int, budget: Budget) -> None:
        self._disk = disk
        self._start = start
        self._budget = budget
        header = disk.all_of(start + 1024, 512)
        (self._block,) = struct.unpack_from(">I", header, 40)
        if not 512 <= self._block <= limits.MIB:
            raise ArtifactError("the HFS+ volume is damaged")
        self._more: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for record in self._leaves(self._fork(header[192:272], _EXTENTS_FILE, 0)):
            self._more_extents(record)
        self._catalog = self._fork(header[272:352], 4, 0)

    def files(self) -> Iterator[File]:
        """All files and resource forks with bytes, in the catalog's order."""
        folders: dict[int, tuple[int, str]] = {}
        found = []
        for record in self._leaves(self._catalog):
            self._budget.look()
            key, body = _split(record)
            if len(key) < 6 or len(body) < 2:
                continue
            parent, name = struct.unpack_from(">I", key)[0], _name(key)
            kind = struct.unpack_from(">H", body)[0]
            if kind == _FOLDER:
                folders[struct.unpack_from(">I", body, 8)[0]] = (parent, name)
            elif kind == _FILE and len(body) >= 248:
                found.append((parent, name, body))
        for parent, name, body in found:
            yield from self._forks(_path(folders, parent) + name, body)

    def _forks(self, path: str, body: bytes) -> Iterator[File]:
        (number,) = struct.unpack_from(">I", body, 8)
        data = self._fork(body[88:168], number, 0)
        resources = self._fork(body[168:248], number, 0xFF)
        if data.size:
            yield data._replace(name=path)
        if resources.size:
            yield resources._replace(name=path + "/..namedfork/rsrc")

    def _fork(self, data: bytes, number: int, kind: int) -> File:
        size, _, blocks = _FORK.unpack_from(data)
        extents = [*_extents(data[16:80]), *self._more_of(number, kind)]
        places = [(self._start + at * self._block, many * self._block) for at, many in extents]
        return File("", size, places)

    def _more_of(self, number: int, kind: int) -> list[tuple[int, int]]:
        return self._more.get((number, kind), []) if number != _EXTENTS_FILE else []

    def _more_extents(self, record: bytes) -> None:
        """Of files in more than eight pieces; records come in the order of their blocks."""
        key, body = _split(record)
        if len(key) >= 10 and len(body) >= 64:
            kind, number = struct.unpack_from(">BxI", key)
            self._more.setdefault((number, kind), []).extend(_extents(body[:64]))

    def _leaves(self, tree: File) -> Iterator[bytes]:
        """The records of a B-tree's leaves, in order: along the chain of nodes."""
        if not tree.size:
            return
        data = self._all(tree)
        node, size = (
            struct.unpack_from(">I", data, 14 + 10)[0],
            struct.unpack_from(">H", data, 32)[0],
        )
        if size < 512:
            raise ArtifactError("the HFS+ volume is damaged")
        for _ in range(len(data) // size):
            if not node:
                return
            leaf = data[node * size : (node + 1) * size]
            following, _, kind, _, count = _NODE.unpack_from(leaf)
            if kind & 0xFF != _LEAF or 2 * (count + 1) > size:
                raise ArtifactError("the HFS+ volume is damaged")
            places = struct.unpack_from(f">{count + 1}H", leaf, size - 2 * (count + 1))[::-1]
            for at, end in zip(places, places[1:], strict=False):
                yield leaf[at:end]
            node = following

    def _all(self, file: File) -> bytes:
        if file.size > _TREE_BYTES:
            raise ArtifactError("the HFS+ volume has too large a catalog")
        parts, left = [], file.size
        for start, size in file.extents:
            parts.append(self._disk.all_of(start, min(size, left)))
            left -= len(parts[-1])
        return b"".join(parts)


def _extents(data: bytes) -> list[tuple[int, int]]:
    numbers = struct.unpack(">16I", data)
    return [(at, many) for at, many in zip(numbers[::2], numbers[1::2], strict=True) if many]


def _split(record: bytes) -> tuple[bytes, bytes]:
    """A record's key without its length, and what follows it."""
    size = int.from_bytes(record[:2], "big")
    return record[2 : 2 + size], record[2 + size + size % 2 :]


def _name(key: bytes) -> str:
    """`/` in a name stands for the `:` that the Finder shows; here it must not look like a path."""
    size = int.from_bytes(key[4:6], "big")
    return key[6 : 6 + 2 * size].decode("utf-16-be", "replace").replace("/", ":")


def _path(folders: dict[int, tuple[int, str]], number: int) -> str:
    """The path of a folder, with `/` at its end; without the volume's name."""
    names: list[str] = []
    while number > _ROOT_FOLDER and number in folders and len(names) < _DEPTH:
        number, name = folders[number]
        names.append(name)
    return "".join(f"{name}/" for name in reversed(names))
