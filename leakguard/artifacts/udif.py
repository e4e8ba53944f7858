"""UDIF, the format of Apple's disk images: a trailer, tables of runs, and compressed runs.

Written from the headers of Apple's open-source libsecurity (UDIFFileHeader), the format notes of
the dmg2img and libdmg-hfsplus projects, and from images that were made for the tests.
"""

import bz2
import lzma
import plistlib
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.udif_adc import adc

SECTOR = 512
_TRAILER = struct.Struct(">4x4x4x4x8xQ8xQQ160xQQ64xQQ")
_TABLE = struct.Struct(">4s4xQQQ")
_RUN = struct.Struct(">I4xQQQQ")
_RUNS_AT = 204
_ZERO, _RAW, _IGNORE = 0, 1, 2
_ADC, _ZLIB, _BZIP2, _LZFSE, _LZMA = range(0x80000004, 0x80000009)
_COMMENT, _END = 0x7FFFFFFE, 0xFFFFFFFF
_RUN_BYTES = 64 * limits.MIB
"""A run is at most 1 MiB where Apple's tools wrote it; raw ones can be longer and are cut."""
_KEPT_BYTES = 8 * limits.MIB


class Trailer(NamedTuple):
    """Where the parts of the image lie in its file, in bytes."""

    data: int
    resources: int
    resource_bytes: int
    xml: int
    xml_bytes: int
    signature: int
    signature_bytes: int


class Run(NamedTuple):
    """Sectors that are stored together. Offsets and lengths in bytes."""

    start: int
    """On the disk."""
    size: int
    kind: int
    offset: int
    """In the file."""
    packed: int


class Disk:
    """The disk in an image. Reads anywhere; runs that were inflated lately are kept."""

    def __init__(self, data: Buffer, budget: Budget) -> None:
        """Raises ArtifactError when the trailer or the tables are damaged."""
        self._data = data
        self._budget = budget
        self._kept: dict[int, bytes] = {}
        trailer = trailer_of(data)
        tables = list(_tables(data, trailer))
        self.runs = _cut(sorted(run for table in tables for run in _runs(table, trailer)))
        self.tables = {_TABLE.unpack_from(table)[1] * SECTOR for table in tables}
        """Where on the disk the parts begin that have a table each: mostly partitions."""
        self._starts = [run.start for run in self.runs]
        budget.look()

    @property
    def size(self) -> int:
        """In bytes."""
        return self.runs[-1].start + self.runs[-1].size if self.runs else 0

    def read(self, start: int, size: int) -> bytes:
        """At most `size` bytes from `start` on; fewer at the end of a run.

        Nothing where there is no run. Raises ArtifactError for a damaged one.
        """
        number = bisect_right(self._starts, start) - 1
        if number < 0:
            return b""
        run = self.runs[number]
        inside = start - run.start
        size = min(size, run.size - inside)
        if size <= 0:
            return b""
        if run.kind in (_ZERO, _IGNORE):
            size = min(size, limits.MIB)
            self._budget.spend(size)
            return bytes(size)
        if run.kind == _RAW:
            size = min(size, limits.MIB)
            self._budget.spend(size)
            return bytes(self._data[run.offset + inside : run.offset + inside + size])
        return self._inflated(number)[inside : inside + size]

    def is_empty(self, run: Run) -> bool:
        """Whether there are only zeros in the run."""
        return run.kind in (_ZERO, _IGNORE)

    def all_of(self, start: int, size: int) -> bytes:
        """Exactly `size` bytes from `start` on. Raises EOFError when there are fewer."""
        parts = []
        while size > 0:
            data = self.read(start, size)
            if not data:
                raise EOFError
            parts.append(data)
            start, size = start + len(data), size - len(data)
        return b"".join(parts)

    def _inflated(self, number: int) -> bytes:
        found = self._kept.pop(number, None)
        if found is None:
            self._budget.look()
            run = self.runs[number]
            packed = bytes(self._data[run.offset : run.offset + run.packed])
            found = _inflate(run, packed)
            self._budget.spend(len(found))
            self._budget.ratio(len(found), len(packed))
            found = found.ljust(run.size, b"\0")
        self._kept[number] = found
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _KEPT_BYTES:
            del self._kept[next(iter(self._kept))]
        return found


def trailer_of(data: Buffer) -> Trailer:
    """The last 512 bytes. Raises ArtifactError when they are not there."""
    tail = bytes(data[max(0, len(data) - SECTOR) :])
    if len(tail) < SECTOR or tail[:4] != b"koly":
        raise ArtifactError("the disk image has no trailer")
    return Trailer(*_TRAILER.unpack_from(tail))


def _tables(data: Buffer, trailer: Trailer) -> Iterator[bytes]:
    """The tables of runs, one for each partition: of the property list, else of the fork."""
    most = limits.ARTIFACT_METADATA_BYTES
    if trailer.xml_bytes > most or trailer.resource_bytes > most:
        raise ArtifactError("the disk image's tables are too large")
    if trailer.xml_bytes:
        text = bytes(data[trailer.xml : trailer.xml + trailer.xml_bytes])
        for entry in plistlib.loads(text, fmt=plistlib.FMT_XML)["resource-fork"]["blkx"]:
            if isinstance(entry["Data"], bytes):
                yield entry["Data"]
    elif trailer.resource_bytes:
        fork = bytes(data[trailer.resources : trailer.resources + trailer.resource_bytes])
        yield from _resources(fork)
    else:
        raise ArtifactError("the disk image has no tables")


def _resources(fork: bytes) -> Iterator[bytes]:
    """The resources of type `blkx` (Inside Macintosh: More Macintosh Toolbox, 1-121)."""
    at_data, at_map = struct.unpack_from(">II", fork)
    at_types = at_map + struct.unpack_from(">H", fork, at_map + 24)[0]
    for number in range((struct.unpack_from(">H", fork, at_types)[0] + 1) & 0xFFFF):
        kind, last, at = struct.unpack_from(">4sHH", fork, at_types + 2 + 8 * number)
        for entry in range(last + 1 if kind == b"blkx" else 0):
            place = struct.unpack_from(">4xI", fork, at_types + at + 12 * entry)[0] & 0xFFFFFF
            (size,) = struct.unpack_from(">I", fork, at_data + place)
            yield fork[at_data + place + 4 : at_data + place + 4 + size]


def _runs(table: bytes, trailer: Trailer) -> Iterator[Run]:
    sign, first, _, base = _TABLE.unpack_from(table)
    if sign != b"mish":
        raise ArtifactError("the disk image's tables are damaged")
    most = (len(table) - _RUNS_AT) // _RUN.size
    for number in range(min(struct.unpack_from(">I", table, 200)[0], most)):
        kind, start, sectors, offset, packed = _RUN.unpack_from(
            table, _RUNS_AT + number * _RUN.size
        )
        if kind == _END:
            return
        if kind != _COMMENT and sectors:
            yield Run(
                (first + start) * SECTOR, sectors * SECTOR, kind,
                trailer.data + base + offset, packed,
            )  # fmt: skip


def _cut(runs: list[Run]) -> list[Run]:
    """Without those that lie inside the one before: no byte is read twice."""
    found: list[Run] = []
    for run in runs:
        if not found or run.start >= found[-1].start + found[-1].size:
            found.append(run)
    return found


def _inflate(run: Run, packed: bytes) -> bytes:
    if run.size > _RUN_BYTES:
        raise ArtifactError("a run of the disk image is too large")
    try:
        match run.kind:
            case 0x80000004:
                return adc(packed, run.size)
            case 0x80000005:
                return zlib.decompressobj().decompress(packed, run.size)
            case 0x80000006:
                return bz2.BZ2Decompressor().decompress(packed, run.size)
            case 0x80000007:
                return _lzfse(packed)[: run.size]
            case 0x80000008:
                memory = limits.ARTIFACT_WINDOW_MEMORY
                return lzma.LZMADecompressor(memlimit=memory).decompress(packed, run.size)
    except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError):
        raise ArtifactError("a run of the disk image is damaged") from None
    raise ArtifactError("compressed in a way that is not supported")


def _lzfse(packed: bytes) -> bytes:
    try:
        import lzfse
    except ImportError:
        raise ArtifactError('needs the package lzfse: pip install "leakguard[artifacts]"') from None
    return bytes(lzfse.decompress(packed))
