"""Microsoft cabinets: folders of data blocks, cut into files. [MS-CAB], the vendor's own text."""

import struct
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.cab_folder import Cut, Folder, inflated_blocks, why_not
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.model import Member, Unread

_HEADER = struct.Struct("<4s4xI4xI4xBBHHHHH")
_FOLDER = struct.Struct("<IHH")
_FILE = struct.Struct("<IIHHHH")
_HAS_PREVIOUS, _HAS_NEXT, _HAS_RESERVE = 1, 2, 4
_UTF8_NAME = 0x80
_FROM_PREVIOUS, _TO_NEXT, _FROM_PREVIOUS_TO_NEXT = 0xFFFD, 0xFFFE, 0xFFFF


class File(NamedTuple):
    """A file of a cabinet: where it begins in its folder's inflated bytes, and its size."""

    name: str
    start: int
    size: int
    folder: int


class Cabinet(NamedTuple):
    """The tables at a cabinet's front."""

    folders: list[Folder]
    files: list[File]


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The files of one cabinet, folder by folder, as they lie in it.

    Of a file that goes on in another cabinet of its set, what is here. Raises ArtifactError.
    """
    data = content.whole()
    cabinet = _cabinet(data, budget)
    files = sorted(cabinet.files, key=attrgetter("folder", "start"))
    for index, group in groupby(files, key=attrgetter("folder")):
        folder = cabinet.folders[index] if index < len(cabinet.folders) else None
        reason = why_not(folder) if folder else "in a folder that is not there"
        if folder is None or reason:
            for file in group:
                budget.member()
                yield Unread(file.name, reason)
        else:
            yield from _of_folder(Cut(inflated_blocks(data, folder, budget)), group, budget)


def _of_folder(inflated: Cut, files: Iterator[File], budget: Budget) -> Iterator[Member | Unread]:
    for file in files:
        budget.member()
        try:
            inflated.forward(file.start)
            yield Member(file.name, Content(inflated.part(file.size), budget))
        except LimitReached:
            raise
        except (ArtifactError, EOFError) as error:
            yield Unread(file.name, str(error) or "cut off")


def _cabinet(data: Buffer, budget: Budget) -> Cabinet:
    try:
        _, _, at_files, _, _, folders, files, flags, _, _ = _HEADER.unpack_from(data)
        at, extra, in_block = _HEADER.size, 0, 0
        if flags & _HAS_RESERVE:
            skipped, extra, in_block = struct.unpack_from("<HBB", data, at)
            at += 4 + skipped
        for _ in range(2 * bool(flags & _HAS_PREVIOUS) + 2 * bool(flags & _HAS_NEXT)):
            at = _text_end(data, at) + 1
        return Cabinet(
            _folders(data, at, folders, extra, in_block),
            _files(data, at_files, files, folders, budget),
        )
    except (struct.error, EOFError):
        raise ArtifactError("the cabinet's tables are cut off") from None


def _folders(data: Buffer, at: int, count: int, extra: int, in_block: int) -> list[Folder]:
    found = []
    for number in range(count):
        place, blocks, compression = _FOLDER.unpack_from(data, at + number * (_FOLDER.size + extra))
        found.append(Folder(place, blocks, compression, in_block))
    return found


def _files(data: Buffer, at: int, count: int, folders: int, budget: Budget) -> list[File]:
    found = []
    for _ in range(count):
        size, start, folder, _, _, attributes = _FILE.unpack_from(data, at)
        at += _FILE.size
        end = _text_end(data, at)
        encoding = "utf-8" if attributes & _UTF8_NAME else "cp1252"
        name = bytes(data[at:end]).decode(encoding, "replace").replace("\\", "/")
        at = end + 1
        if folder in (_FROM_PREVIOUS, _FROM_PREVIOUS_TO_NEXT):
            folder, start = 0, 0
        elif folder == _TO_NEXT:
            folder = folders - 1
        found.append(File(name, start, size, folder))
        budget.look()
    return found


def _text_end(data: Buffer, at: int) -> int:
    """Where the text that begins at `at` ends; names have at most 255 bytes and a NUL."""
    end = bytes(data[at : at + 260]).find(b"\0")
    if end < 0:
        raise EOFError
    return at + end
