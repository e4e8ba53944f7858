"""The header of a 7z archive: which files there are, and how their streams are packed.

Format: 7zFormat.txt of the LZMA SDK, https://www.7-zip.org/sdk.html. Counts are believed only as
far as the limit of members and the bytes at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.ziplist import check_count

_END, _HEADER, _ARCHIVE, _ADDITIONAL, _MAIN, _FILES = range(6)
_PACK, _FOLDERS, _SUBSTREAMS, _SIZES, _CRCS, _FOLDER, _FOLDER_SIZES, _COUNTS = range(6, 14)
_EMPTY_STREAM, _EMPTY_FILE, _NAMES = 14, 15, 17
_CODERS = 32
"""Coders in one folder: the format's own limit."""


class Coder(NamedTuple):
    """One step of packing: its method as 7-Zip numbers them, and what it has to be told."""

    method: bytes
    properties: bytes


@dataclass(slots=True)
class Folder:
    """Files that are packed as one stream."""

    coders: list[Coder]
    """From the unpacked side to the packed one; empty when they are no simple chain."""
    outputs: int
    """Coders, however they hang together."""
    methods: frozenset[bytes]
    sizes: list[int] = field(default_factory=list)
    """Bytes of the files in it."""
    crcs: list[int | None] = field(default_factory=list)
    size: int = 0
    crc: int | None = None
    main: int = 0
    """Which coder's output is the content."""
    inputs: int = 1
    """Packed streams."""
    start: int = 0
    packed: int = 0
    """Where its first packed stream begins, from the signature header's end, and its bytes."""


class File(NamedTuple):
    """A file's name, and whether bytes of a folder belong to it. Folders are none."""

    name: str
    has_stream: bool
    is_folder: bool


class Fields:
    """A header's bytes, from the front. Raises ArtifactError when they do not suffice."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data = data
        self._at = 0
        self._budget = budget

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > len(self._data) - self._at:
            raise ArtifactError("its header ends too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A number: the first byte's leading ones say how many bytes follow it."""
        first = self.byte()
        more = 8 - (first ^ 0xFF).bit_length()
        high = first & ((1 << 7 - more) - 1) if more < 7 else 0
        return int.from_bytes(self.take(more), "little") | high << 8 * more

    def count(self) -> int:
        """A number of things. Raises LimitReached when there are more than members may be."""
        return self.limited(self.number())

    def limited(self, number: int) -> int:
        """The same number. Raises LimitReached when members may be fewer."""
        check_count(number, self._budget)
        self._budget.look()
        return number

    def part(self) -> "Fields":
        """A part with its size in front."""
        return Fields(self.take(self.number()), self._budget)

    def names(self) -> list[str]:
        """All that is left, as texts that each end with NUL."""
        return self._data[self._at :].decode("utf-16-le", errors="replace").split("\0")

    def bits(self, count: int) -> list[bool]:
        """So many bits, the highest of each byte first."""
        data = self.take(-(-count // 8))
        return [bool(data[place >> 3] & 0x80 >> (place & 7)) for place in range(count)]

    def crcs(self, count: int) -> list[int | None]:
        """CRC-32 of each of so many streams, None for those without one."""
        known = [True] * count if self.byte() else self.bits(count)
        return [int.from_bytes(self.take(4), "little") if has else None for has in known]


def folders(fields: Fields) -> list[Folder]:
    """The folders of a header's part about streams."""
    found: list[Folder] = []
    start, packed, split = 0, list[int](), False
    while (kind := fields.number()) != _END:
        if kind == _PACK:
            start, packed = _packed(fields)
        elif kind == _FOLDERS:
            found = _folders(fields)
        elif kind == _SUBSTREAMS:
            _substreams(fields, found)
            split = True
        else:
            raise ArtifactError("its header is damaged")
    sizes = iter(packed)
    for folder in found:
        streams = [next(sizes, 0) for _ in range(folder.inputs)]
        folder.start, folder.packed = start, sum(streams)
        start += folder.packed
        if not split:
            folder.sizes, folder.crcs = [folder.size], [folder.crc]
    return found


def listing(fields: Fields) -> tuple[list[Folder], list[File]]:
    """The folders and files of a header, after its first number."""
    found, files = list[Folder](), list[File]()
    while (kind := fields.number()) != _END:
        if kind == _MAIN:
            found = folders(fields)
        elif kind == _FILES:
            files = _files(fields)
        elif kind == _ADDITIONAL:
            folders(fields)
        elif kind == _ARCHIVE:
            while fields.number() != _END:
                fields.take(fields.number())
        else:
            raise ArtifactError("its header is damaged")
    return found, files


def _packed(fields: Fields) -> tuple[int, list[int]]:
    start, count, sizes = fields.number(), fields.count(), list[int]()
    while (kind := fields.number()) != _END:
        if kind == _SIZES:
            sizes = [fields.number() for _ in range(count)]
        elif kind == _CRCS:
            fields.crcs(count)
        else:
            raise ArtifactError("its header is damaged")
    return start, sizes


def _folders(fields: Fields) -> list[Folder]:
    if fields.number() != _FOLDER:
        raise ArtifactError("its header is damaged")
    count = fields.count()
    if fields.byte():
        raise ArtifactError("its header is in another stream, which is not supported")
    found = [_folder(fields) for _ in range(count)]
    while (kind := fields.number()) != _END:
        if kind == _FOLDER_SIZES:
            for folder in found:
                folder.size = [fields.number() for _ in range(folder.outputs)][folder.main]
        elif kind == _CRCS:
            for folder, crc in zip(found, fields.crcs(count), strict=True):
                folder.crc = crc
        else:
            raise ArtifactError("its header is damaged")
    return found


def _folder(fields: Fields) -> Folder:
    coders, inputs, outputs = list[Coder](), 0, 0
    for _ in range(_small(fields)):
        flags = fields.byte()
        method = fields.take(flags & 15)
        more = (_small(fields), _small(fields)) if flags & 0x10 else (1, 1)
        coders.append(Coder(method, fields.take(fields.number()) if flags & 0x20 else b""))
        inputs, outputs = inputs + more[0], outputs + more[1]
    bound = {fields.number(): fields.number() for _ in range(outputs - 1)}
    streams = inputs - (outputs - 1)
    if not coders or streams < 1:
        raise ArtifactError("its header is damaged")
    if streams > 1:
        for _ in range(streams):
            fields.number()
    main = next((place for place in range(outputs) if place not in bound.values()), 0)
    simple = inputs == outputs == len(coders)
    chain = _chain(coders, bound, main) if simple else []
    return Folder(chain, outputs, frozenset(c.method for c in coders), main=main, inputs=streams)


def _chain(coders: Sequence[Coder], bound: dict[int, int], place: int) -> list[Coder]:
    """The coders from the one whose output is the content to the one that reads the archive."""
    found = [coders[place]]
    while place in bound and len(found) < len(coders):
        place = bound[place]
        if place >= len(coders):
            raise ArtifactError("its header is damaged")
        found.append(coders[place])
    return found


def _small(fields: Fields) -> int:
    number = fields.number()
    if number > _CODERS:
        raise ArtifactError("its header is damaged")
    return number


def _substreams(fields: Fields, found: list[Folder]) -> None:
    """How each folder divides into files; the last one's size is what the others leave."""
    kind, counts = fields.number(), [1] * len(found)
    if kind == _COUNTS:
        counts = [fields.count() for _ in found]
        fields.limited(sum(counts))
        kind = fields.number()
    sized = kind == _SIZES
    for folder, count in zip(found, counts, strict=True):
        sizes = [fields.number() if sized else 0 for _ in range(count - 1)]
        left = folder.size - sum(sizes)
        if left < 0:
            raise ArtifactError("its files are larger than what they are packed in")
        folder.sizes = [*sizes, left] if count else []
        folder.crcs = [folder.crc] if count == 1 else [None] * count
    kind = fields.number() if sized else kind
    while kind != _END:
        if kind != _CRCS:
            raise ArtifactError("its header is damaged")
        _substream_crcs(fields, found)
        kind = fields.number()


def _substream_crcs(fields: Fields, found: list[Folder]) -> None:
    """Those of the files that no folder's own CRC-32 covers."""
    unknown = [folder for folder in found if folder.crcs != [folder.crc] or folder.crc is None]
    crcs = iter(fields.crcs(sum(len(folder.crcs) for folder in unknown)))
    for folder in unknown:
        folder.crcs = [next(crcs) for _ in folder.crcs]


def _files(fields: Fields) -> list[File]:
    count = fields.count()
    empty, without_bytes, names = [False] * count, list[bool](), iter(list[str]())
    while (kind := fields.number()) != _END:
        part = fields.part()
        if kind == _EMPTY_STREAM:
            empty = part.bits(count)
        elif kind == _EMPTY_FILE:
            without_bytes = part.bits(sum(empty))
        elif kind == _NAMES and not part.byte():
            names = iter(part.names())
    plain = iter(without_bytes)
    return [File(next(names, ""), not bare, bare and not next(plain, False)) for bare in empty]
