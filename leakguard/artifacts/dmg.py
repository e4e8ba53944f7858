"""Disk images of macOS: the files of an HFS+ volume, and what else is on the disk."""

import struct
from collections.abc import Callable, Iterator

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.codesign import Signature, parse
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.hfsplus import File, Volume
from leakguard.artifacts.model import Build, Member, Sign, Unread, Weight
from leakguard.artifacts.partitions import partitions
from leakguard.artifacts.udif import SECTOR, Disk, trailer_of

_UNSIGNED = Sign(Weight.LOW, "unsigned disk image", "koly code signature: none")


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The files of the HFS+ volumes by their place on the disk; then `volume`: all that was not
    read as a file, so that deleted files and other file systems are looked at as well.

    Raises ArtifactError when the image's tables are damaged.
    """
    disk = Disk(content.whole(), budget)
    seen: list[tuple[int, int]] = []
    for start in _volumes(disk):
        try:
            volume = Volume(disk, start, budget)
            files = sorted(volume.files(), key=lambda file: file.extents[:1])
        except LimitReached:
            raise
        except (ArtifactError, ValueError, LookupError, struct.error, EOFError):
            yield Unread("volume", "its HFS+ catalog is damaged")
            continue
        for file in files:
            budget.member()
            yield Member(file.name, Content(_file(disk, file, seen), budget))
    damaged: list[str] = []
    yield Member("volume", Content(_rest(disk, sorted(seen), damaged), budget))
    if damaged:
        yield Unread("volume", damaged[0])


def describe(data: Buffer) -> Build | None:
    """The image's own signer; the app inside is described by itself."""
    signature = _signature(data)
    signs = () if signature.signed else (_UNSIGNED,)
    return Build("dmg", "macos", signer=signature.signer, signs=signs)


def _volumes(disk: Disk) -> Iterator[int]:
    """Where HFS+ volumes begin: at a partition, or where a table of runs does."""
    for start in sorted({0, *disk.tables, *partitions(disk)}):
        if _is_volume(disk, start):
            yield start


def _is_volume(disk: Disk, start: int) -> bool:
    """The volume's header lies in its third sector."""
    try:
        return disk.read(start + 2 * SECTOR, 4) in (b"H+\0\x04", b"HX\0\x05")
    except ArtifactError:
        return False


def _file(disk: Disk, file: File, seen: list[tuple[int, int]]) -> Callable[[int], bytes]:
    """A reader of a file, which also notes what of the disk it has read."""
    waiting = list(reversed(file.extents))
    left = file.size

    def read(most: int) -> bytes:
        nonlocal left
        if left <= 0:
            return b""
        if not waiting:
            raise EOFError
        start, size = waiting.pop()
        data = disk.read(start, min(most, size, left))
        if not data:
            raise EOFError
        left -= len(data)
        seen.append((start, start + len(data)))
        if size > len(data):
            waiting.append((start + len(data), size - len(data)))
        return data

    return read


def _rest(disk: Disk, seen: list[tuple[int, int]], damaged: list[str]) -> Callable[[int], bytes]:
    """A reader of what `seen` leaves out, with a NUL for each gap."""
    pieces = _pieces(disk, seen)
    waiting: tuple[int, int] | None = None

    def read(most: int) -> bytes:
        nonlocal waiting
        piece = waiting or next(pieces, None)
        waiting = None
        if piece is None:
            return b""
        start, end = piece
        if start == end:
            return b"\0"
        try:
            data = disk.read(start, min(most, end - start))
        except LimitReached:
            raise
        except ArtifactError as error:
            damaged.append(str(error))
            return b"\0"
        if not data:
            return b"\0"
        if start + len(data) < end:
            waiting = start + len(data), end
        return data

    return read


def _pieces(disk: Disk, seen: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Parts of the disk that are in no file; an empty one where something was left out."""
    number = 0
    for run in disk.runs:
        start, end = run.start, run.start + run.size
        if disk.is_empty(run):
            yield start, start
            continue
        while number < len(seen) and seen[number][0] < end:
            if seen[number][0] > start:
                yield start, seen[number][0]
            yield start, start
            start = max(start, seen[number][1])
            if seen[number][1] > end:
                break
            number += 1
        if start < end:
            yield start, end


def _signature(data: Buffer) -> Signature:
    """The code signature that the trailer tells of; an empty one where there is none."""
    trailer = trailer_of(data)
    size = min(trailer.signature_bytes, limits.ARTIFACT_METADATA_BYTES)
    blob = bytes(data[trailer.signature : trailer.signature + size])
    return parse(blob) if blob else Signature()
