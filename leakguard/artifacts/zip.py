"""Zip archives, by their directory; what the directory leaves out is read from its headers."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Sequence

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.deflate64 import inflate64
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.source import EARLY, STEP, Deflate, Source, inflate
from leakguard.artifacts.streams import zstd_decoder
from leakguard.artifacts.ziplist import (
    UNKNOWN,
    Entry,
    body,
    check_count,
    in_sequence,
    listed,
    local_flags,
    overlapping,
)

_ENCRYPTED = 1
_END_MARKER = 2
_AES = 99
_STORED = 0
_LZMA = 14
_WRONG_SIZE = "its size is not what the archive says"
_WRONG_CHECKSUM = "its checksum is wrong"


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """All files in the directory's order, then those that it leaves out, with a note.

    Raises LimitReached when the directory has too many, and ArtifactError when there is no zip.
    """
    return tree(content, budget).members()


def tree(content: Content, budget: Budget) -> "ZipTree":
    """A zip with its directory read. Raises as `members` does."""
    return ZipTree(content.whole(), budget)


class ZipTree:
    """A zip as a Tree. Members that are stored are views of its bytes."""

    def __init__(self, data: Buffer, budget: Budget) -> None:
        self.data: Buffer | None = data
        self._bytes = data
        self._budget = budget
        entries = listed(data, budget)
        self._is_listed = entries is not None
        if entries is None:
            entries = _without_directory(data, budget)
        self._entries = [entry for entry in entries if not entry.is_folder()]
        self._bodies = [body(data, entry) for entry in self._entries]
        self._overlapping = overlapping(self._spans())
        self._places = {entry.name: place for place, entry in enumerate(self._entries)}
        self.names: Sequence[str] = [entry.name for entry in self._entries]

    def read(self, name: str, most: int = limits.ARTIFACT_METADATA_BYTES) -> bytes:
        """The bytes of a member, of the last one when several have the name."""
        place = self._places[name]
        if reason := self._refusal(place):
            raise ArtifactError(reason)
        chunks, size = [], 0
        for chunk in self._chunks(self._entries[place], self._bodies[place] or 0):
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                raise ArtifactError(f"larger than {most >> 20} MiB")
        return b"".join(chunks)

    def members(self) -> Iterator[Member | Unread]:
        """The same as the function `members`."""
        for place, entry in enumerate(self._entries):
            self._budget.member()
            if reason := self._refusal(place):
                yield Unread(entry.name, reason)
            else:
                yield from self._member(entry, self._bodies[place] or 0, "")
        if self._is_listed:
            yield from self._left_out()
        else:
            yield Unread("", "its directory is missing: only whole members in a row were read")

    def _left_out(self) -> Iterator[Member | Unread]:
        """Members between the others that the directory does not name: deleted or hidden ones."""
        for start, end in _gaps(self._spans(), len(self._bytes)):
            for entry in in_sequence(self._bytes, start, end, self._budget):
                self._budget.member()
                at = body(self._bytes, entry)
                if not entry.is_folder() and at is not None and not entry.flags & _ENCRYPTED:
                    yield from self._member(entry, at, "not in the directory")

    def _spans(self) -> list[tuple[int, int]]:
        """From where to where each member takes the archive's bytes, its header included."""
        return [
            (entry.offset, entry.offset if at is None else at + entry.packed)
            for entry, at in zip(self._entries, self._bodies, strict=True)
        ]

    def _refusal(self, place: int) -> str:
        """Why a member cannot be read; empty for one that can."""
        entry = self._entries[place]
        if self._bodies[place] is None:
            return "no header stands where the directory says"
        if place in self._overlapping:
            return "it overlaps another member"
        both = entry.flags & local_flags(self._bytes, entry)
        if both & _ENCRYPTED or entry.method == _AES:
            return "encrypted"
        if entry.method not in (_STORED, *_INFLATERS):
            return f"compressed with method {entry.method}, which is not supported"
        return ""

    def _member(self, entry: Entry, at: int, note: str) -> Iterator[Member | Unread]:
        if entry.method != _STORED:
            chunks = self._chunks(entry, at)
            yield Member(entry.name, Content(reading(chunks), self._budget), note)
            return
        view = memoryview(self._bytes)[at : at + entry.packed]
        yield Member(entry.name, Content.of(view, self._budget), note)
        if reason := _fault(entry, len(view), zlib.crc32(view)):
            yield Unread(entry.name, reason)

    def _chunks(self, entry: Entry, at: int) -> Iterator[bytes]:
        """The content in pieces. Raises ArtifactError at its end when it is not what was said."""
        source = Source(_reader(self._bytes, at, at + entry.packed), self._budget)
        crc = size = 0
        for chunk in _INFLATERS[entry.method](source, entry):
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
            yield chunk
        if reason := _fault(entry, size, crc):
            raise ArtifactError(reason)


def _fault(entry: Entry, size: int, crc: int) -> str:
    if entry.size not in (size, UNKNOWN):
        return EARLY if size < entry.size else _WRONG_SIZE
    return _WRONG_CHECKSUM if entry.crc not in (crc, UNKNOWN) else ""


def _without_directory(data: Buffer, budget: Budget) -> list[Entry]:
    entries: list[Entry] = []
    for entry in in_sequence(data, 0, len(data), budget):
        entries.append(entry)
        check_count(len(entries), budget)
    if not entries:
        raise ArtifactError("it has neither a directory nor members")
    return entries


def _gaps(spans: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """What lies between the spans, in order."""
    reached = 0
    for start, end in [*sorted(spans), (size, size)]:
        if start > reached:
            yield reached, min(start, size)
        reached = max(reached, end)


def _reader(data: Buffer, at: int, end: int) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        nonlocal at
        part = bytes(data[at : min(at + size, end)])
        at += len(part)
        return part

    return read


def _stored(source: Source, _entry: Entry) -> Iterator[bytes]:
    while part := source.read(STEP):
        yield part


def _lzma_raw(source: Source, entry: Entry) -> Iterator[bytes]:
    """APPNOTE 5.8: version, length of the properties, the properties, then LZMA without a head.

    A window that is larger than allowed is taken to be smaller: most members do not need it.
    """
    fields = source.exactly(9)
    code, window = fields[4], int.from_bytes(fields[5:9], "little")
    chain = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": min(max(window, 4096), limits.ARTIFACT_WINDOW_MEMORY),
        "lc": code % 9,
        "lp": code // 9 % 5,
        "pb": code // 45,
    }
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, None, [chain])
    marked = bool(entry.flags & _END_MARKER) or entry.size == UNKNOWN
    left = entry.size
    for chunk in inflate(source, decoder, marked=marked):
        yield chunk if marked else chunk[:left]
        left -= len(chunk)
        if left <= 0 and not marked:  # what comes now is made of the last bits' padding
            return


def _xz(source: Source, _entry: Entry) -> Iterator[bytes]:
    most = limits.ARTIFACT_WINDOW_MEMORY
    return inflate(source, lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=most))


def _zstd(source: Source, _entry: Entry) -> Iterator[bytes]:
    return inflate(source, zstd_decoder())


_INFLATERS: dict[int, Callable[[Source, Entry], Iterator[bytes]]] = {
    _STORED: _stored,
    8: lambda source, _: inflate(source, Deflate()),
    9: lambda source, _: inflate64(source),
    12: lambda source, _: inflate(source, bz2.BZ2Decompressor()),
    _LZMA: _lzma_raw,
    20: _zstd,
    93: _zstd,
    95: _xz,
}
"""By the compression methods of APPNOTE 4.4.5."""
