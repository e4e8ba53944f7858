"""Squashfs 4.0 images: AppImage, snap and firmware root file systems.

Source of the format: the Squashfs binary format description (squashfs-tools-ng, doc/format.adoc)
and the on-disk structures of Linux, fs/squashfs/squashfs_fs.h. All numbers are little-endian.
"""

from collections.abc import Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.squashfs_blocks import Cursor, Image

_DIRECTORY, _FILE, _LONG_DIRECTORY, _LONG_FILE = 1, 2, 8, 9
_NO_FRAGMENT = 0xFFFFFFFF
_STORED = 1 << 24
"""Bit of a block's size: it is not compressed."""


class _Listing(NamedTuple):
    """Where a directory's entries are."""

    block: int
    offset: int
    size: int


class _File(NamedTuple):
    """Where a file's bytes are; the sizes of its blocks follow at `sizes`."""

    start: int
    size: int
    fragment: int
    offset: int
    sizes: Cursor


class _Entry(NamedTuple):
    """A name in a directory, and the inode behind it: (metadata block, offset in it)."""

    name: str
    type: int
    inode: tuple[int, int]


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The regular files, folder by folder. Links, devices and attributes are passed over.

    Raises ArtifactError for other versions, and where the root cannot be read.
    """
    image = Image(content.whole(), budget)
    stack = [("", image.root)]
    seen = {image.root}
    while stack:
        path, inode = stack.pop()
        for entry in _listed(image, path, inode):
            if isinstance(entry, Unread):
                yield entry
            elif entry.type == _FILE:
                yield _member(image, path + entry.name, entry.inode)
            elif entry.type == _DIRECTORY and entry.inode not in seen:
                seen.add(entry.inode)
                if path.count("/") < limits.ARTIFACT_FOLDERS:
                    stack.append((path + entry.name + "/", entry.inode))
                else:
                    yield Unread(path + entry.name, "too many folders in folders")


def _listed(image: Image, path: str, inode: tuple[int, int]) -> Iterator[_Entry | Unread]:
    """The entries of a folder, and what is wrong with it; the root has to be intact."""
    try:
        yield from _entries(image, inode)
    except LimitReached:
        raise
    except ArtifactError as error:
        if not path:
            raise
        yield Unread(path.rstrip("/"), str(error))


def _member(image: Image, name: str, inode: tuple[int, int]) -> Member | Unread:
    try:
        file = _file(image, inode)
    except LimitReached:
        raise
    except ArtifactError as error:
        return Unread(name, str(error))
    return Member(name, Content(reading(_chunks(image, file)), image.budget))


def _entries(image: Image, inode: tuple[int, int]) -> Iterator[_Entry]:
    listing = _listing(image, inode)
    cursor = image.directories(listing.block, listing.offset)
    left = listing.size - 3  # counts `.` and `..`, which are not stored
    while left > 12:
        count, block, _ = cursor.numbers("<3I")
        left -= 12
        if count >= 256:
            raise ArtifactError("damaged directory")
        for _ in range(count + 1):
            offset, _, kind, length = cursor.numbers("<4H")
            image.budget.member()
            name = cursor.take(length + 1).decode("utf-8", "replace").replace("/", "_")
            left -= 9 + length
            yield _Entry(name, kind, (block, offset))


def _listing(image: Image, inode: tuple[int, int]) -> _Listing:
    cursor = image.inodes(*inode)
    kind = cursor.numbers("<HHHHII")[0]
    if kind == _DIRECTORY:
        block, _, size, offset, _ = cursor.numbers("<IIHHI")
    elif kind == _LONG_DIRECTORY:
        _, size, block, _, _, offset, _ = cursor.numbers("<IIIIHHI")
    else:
        raise ArtifactError("damaged directory")
    return _Listing(block, offset, size)


def _file(image: Image, inode: tuple[int, int]) -> _File:
    cursor = image.inodes(*inode)
    kind = cursor.numbers("<HHHHII")[0]
    if kind == _FILE:
        start, fragment, offset, size = cursor.numbers("<4I")
    elif kind == _LONG_FILE:
        start, size, _, _, fragment, offset, _ = cursor.numbers("<3Q4I")
    else:
        raise ArtifactError("damaged inode")
    return _File(start, size, fragment, offset, cursor)


def _chunks(image: Image, file: _File) -> Iterator[bytes]:
    """A file's blocks, and its end, which may share a block with the ends of other files."""
    position, left, stored_bytes = file.start, file.size, 0
    while left and (left >= image.block_size or file.fragment == _NO_FRAGMENT):
        (word,) = file.sizes.numbers("<I")
        want, stored = min(left, image.block_size), word & (_STORED - 1)
        left -= want
        stored_bytes += stored
        image.budget.ratio(file.size - left, stored_bytes)
        if stored:
            block = image.block(position, stored, want, bool(word & _STORED))
            if len(block) < want:
                raise ArtifactError("damaged block")
            yield block
            position += stored
        else:
            image.budget.spend(want)
            yield bytes(want)
    if left:
        yield image.fragment(file.fragment, file.offset, left)
