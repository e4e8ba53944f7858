"""PYZ archives: the compiled modules of a program made by PyInstaller.

Source: PyInstaller's loader/pyimod01_archive.py and archive/writers.py; 3 to 5 have a byte in the
header that says whether the modules are encrypted. The table is read without `marshal`, which is
not made for hostile bytes; its format is that of CPython's Python/marshal.c.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.inflate import Inflate, inflated
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.source import EARLY, STEP

_MAGIC = b"PYZ\0"
_HEADER = struct.Struct(">4s4siB")
_PACKAGE, _DATA, _NAMESPACE = 1, 2, 3
"""Types of entries; a module is 0. Old ones have a truth value here: whether it is a package."""

_CODE = (b"\xe3", b"\x63")
"""Type code of a code object, with the flag of those that are referred to and without."""

_REFERENCE = 0x80
_SHORT_TEXTS, _LONG_TEXTS = b"zZ", b"suatA"
_MOST_FIELDS, _MOST_DEPTH = 4, 3
"""An entry is a name and three numbers."""

_Value = bytes | int | tuple["_Value", ...] | None


class _Entry(NamedTuple):
    name: str
    type: int
    position: int
    size: int


def modules(data: Buffer, budget: Budget) -> Iterator[Member | Unread]:
    """All modules in the table's order, as `PYZ/pkg/mod.pyc`. Raises ArtifactError when it is no
    such archive, and where its table is damaged."""
    head = bytes(data[: _HEADER.size])
    if len(head) < _HEADER.size or not head.startswith(_MAGIC):
        raise ArtifactError("not a PYZ archive")
    _, magic, table, encrypted = _HEADER.unpack(head)
    if encrypted:
        yield Unread("PYZ", "encrypted")
        return
    view = memoryview(data)
    for entry in _Table(view, table).entries():
        budget.member()
        if entry.type == _NAMESPACE and not entry.size:
            continue
        name = _path(entry)
        if min(entry.position, entry.size) < 0 or entry.position + entry.size > len(view):
            yield Unread(name, EARLY)
            continue
        chunks = unpacked(view[entry.position : entry.position + entry.size], budget)
        if entry.type != _DATA:
            chunks = with_header(chunks, magic)
        yield Member(name, Content(reading(chunks), budget))


def unpacked(view: memoryview, budget: Budget) -> Iterator[bytes]:
    """What a zlib stream holds, in pieces, counted. Raises ArtifactError where it is damaged."""
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        part = bytes(view[at : at + size])
        at += len(part)
        return part

    decoder = Inflate()
    more = inflated(read, decoder, budget)
    while found := more(STEP):
        yield found
    if not decoder.eof:
        raise ArtifactError(EARLY)


def with_header(chunks: Iterator[bytes], magic: bytes) -> Iterator[bytes]:
    """`chunks` as a .pyc file when they are a code object; else as they are."""
    first = next(chunks, b"")
    if first.startswith(_CODE):
        yield magic[:2] + b"\r\n" + bytes(12)
    if first:
        yield first
    yield from chunks


def _path(entry: _Entry) -> str:
    if entry.type == _DATA:
        return f"PYZ/{entry.name}"
    inside = "/__init__" if entry.type == _PACKAGE else ""
    return f"PYZ/{entry.name.replace('.', '/')}{inside}.pyc"


class _Table:
    """A marshalled list of pairs, or a dict as older ones have: name, then type, position, size."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data = data
        self._at = at
        self._seen: list[_Value] = []
        """Objects that can be referred to, by number."""

    def entries(self) -> Iterator[_Entry]:
        """One by one. Raises ArtifactError where it is damaged, after those before."""
        try:
            yield from map(_entry, self._pairs())
        except (struct.error, IndexError, TypeError, ValueError):
            raise ArtifactError("the table of its modules is damaged") from None

    def _pairs(self) -> Iterator[_Value]:
        if self._at < _HEADER.size - 1:
            raise ValueError
        code = self._byte()
        if code & _REFERENCE:
            self._seen.append(None)
        if code & ~_REFERENCE == b"{"[0]:
            while self._data[self._at] != b"0"[0]:
                yield self._object(), self._object()
        elif code & ~_REFERENCE == b"["[0]:
            for _ in range(self._number("<I")):
                yield self._object()
        else:
            raise ValueError

    def _object(self, depth: int = 0) -> _Value:
        """Raises struct.error, IndexError or ValueError for what no entry has."""
        code = self._byte()
        place = len(self._seen) if code & _REFERENCE else -1
        if place >= 0:
            self._seen.append(None)
        found = self._inner(code & ~_REFERENCE, depth)
        if place >= 0:
            self._seen[place] = found
        return found

    def _inner(self, code: int, depth: int) -> _Value:
        if code in _SHORT_TEXTS:
            return self._take(self._byte())
        if code in _LONG_TEXTS:
            return self._take(self._number("<I"))
        if code == b"i"[0]:
            return self._number("<i")
        if code == b"r"[0]:
            return self._seen[self._number("<I")]
        if code in b"TF":
            return int(code == b"T"[0])
        if code not in b"()":
            raise ValueError
        count = self._byte() if code == b")"[0] else self._number("<I")
        if count > _MOST_FIELDS or depth == _MOST_DEPTH:
            raise ValueError
        return tuple([self._object(depth + 1) for _ in range(count)])

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _number(self, form: str) -> int:
        value: int = struct.unpack_from(form, self._data, self._at)[0]
        self._at += 4
        return value

    def _take(self, size: int) -> bytes:
        text = bytes(self._data[self._at : self._at + size])
        if len(text) < size:
            raise ValueError
        self._at += size
        return text


def _entry(pair: _Value) -> _Entry:
    """Raises TypeError or ValueError when it is none."""
    match pair:
        case (bytes(name), (int(kind), int(position), int(size))):
            return _Entry(name.decode("utf-8", "replace"), kind, position, size)
        case _:
            raise ValueError
