"""JFFS2 images: firmware of routers and other small devices.

A log of nodes: names (dirents) and parts of files (inodes), each with a version. What was deleted
or written over stays there until its block is erased, so it is given out as well.
Source of the format: Linux, include/uapi/linux/jffs2.h, and D. Woodhouse, "JFFS: The Journalling
Flash File System" (2001).
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts import lzo
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.model import Member, Unread

_ACCURATE = 0x2000
"""Cleared on NOR flash when a node is out of date; its checksum was made with it."""
_DIRENT, _INODE = 0xE001, 0xE002
_ROOT = 1
_REGULAR = 8
"""Of a dirent's types."""
_METHODS = {3: "rubinmips", 5: "dynrubin"}


class _Name(NamedTuple):
    """A dirent. `inode` is 0 when it says that the name is gone."""

    parent: int
    version: int
    inode: int
    type: int
    name: str


class _Part(NamedTuple):
    """An inode node: `size` bytes at `offset` of a file that is `total` long by then."""

    version: int
    total: int
    offset: int
    size: int
    method: int
    checksum: int
    start: int
    stored: int
    """Its compressed bytes: where in the image, and how many."""


class _Log(NamedTuple):
    """All nodes of an image by what they belong to, in the order of their versions."""

    data: Buffer
    names: dict[tuple[int, str], list[_Name]]
    parts: dict[int, list[_Part]]


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The regular files; then what is left of deleted ones, with the note `deleted`.

    A file that was written over is followed by its former parts, with the note `written over`.
    Raises ArtifactError when there is no node at all.
    """
    log = _read(content.whole(), budget)
    if not log.names and not log.parts:
        raise ArtifactError("no valid node")
    last = [versions[-1] for versions in log.names.values()]
    live = {name.inode for name in last}
    paths = _paths(log)
    for inode in dict.fromkeys(name.inode for name in last if name.type == _REGULAR):
        if inode:
            yield from _file(log, inode, paths[inode], "", budget)
    for inode, parts in log.parts.items():
        if inode not in live and any(part.size for part in parts):
            yield from _file(log, inode, paths.get(inode, f"inode-{inode}"), "deleted", budget)


def _file(log: _Log, inode: int, path: str, note: str, budget: Budget) -> Iterator[Member | Unread]:
    parts = log.parts.get(inode, [])
    for method in sorted({part.method for part in parts} - _METHOD.keys()):
        name = _METHODS.get(method, f"method {method}")
        yield Unread(path, f"compressed with {name}, which is not supported")
    if any(_crc(_stored(log, part)) != part.checksum for part in parts):
        yield Unread(path, "a part of it is damaged")
    budget.member()
    yield Member(path, Content(reading(_content(log, parts, budget)), budget), note)
    over = _written_over(parts)
    if over:
        former = (_inflated(log, part, budget) for part in over)
        yield Member(path, Content(reading(former), budget), note or "written over")


def _content(log: _Log, parts: list[_Part], budget: Budget) -> Iterator[bytes]:
    """A file as its last version has it."""
    total = parts[-1].total if parts else 0
    if total > budget.allowance.whole_bytes:
        raise LimitReached(f"larger than {budget.allowance.whole_bytes >> 20} MiB")
    budget.ratio(total, sum(part.stored for part in parts))
    content = bytearray()
    for part in parts:
        del content[part.total :]
        data = _inflated(log, part, budget)[: max(0, total - part.offset)]
        if data:
            content.extend(bytes(max(0, part.offset - len(content))))
            content[part.offset : part.offset + len(data)] = data
    content.extend(bytes(total - len(content)))
    yield bytes(content)


def _written_over(parts: list[_Part]) -> list[_Part]:
    """The parts in whose place a later one has something else, or the file ends before."""
    total = parts[-1].total if parts else 0
    latest = {part.offset: part for part in parts if part.size}
    return [part for part in parts if part.size and _is_over(part, latest[part.offset], total)]


def _is_over(part: _Part, latest: _Part, total: int) -> bool:
    changed = part.offset >= total or latest.checksum != part.checksum
    return changed and part.method in _METHOD


def _inflated(log: _Log, part: _Part, budget: Budget) -> bytes:
    """A part's bytes; zeros where it cannot be read, so that the others keep their place."""
    size = min(part.size, limits.MIB)
    budget.spend(size)
    try:
        data = _METHOD[part.method](_stored(log, part), size)
    except (ArtifactError, zlib.error, LookupError):
        data = b""
    return data.ljust(size, b"\0")


def _stored(log: _Log, part: _Part) -> bytes:
    return bytes(log.data[part.start : part.start + part.stored])


def _plain(data: bytes, size: int) -> bytes:
    return data[:size]


def _zeros(_data: bytes, size: int) -> bytes:
    return bytes(size)


def _zlib(data: bytes, size: int) -> bytes:
    return zlib.decompressobj().decompress(data, size) if size else b""


def _rtime(data: bytes, size: int) -> bytes:
    """Each byte is followed by how many of those go on that followed it the last time."""
    out, places = bytearray(), [0] * 256
    for at in range(0, len(data) - 1, 2):
        if len(out) >= size:
            break
        value, repeat = data[at], data[at + 1]
        back, places[value] = places[value], len(out) + 1
        out.append(value)
        for place in range(back, back + min(repeat, size - len(out))):
            out.append(out[place])
    return bytes(out)


_METHOD: dict[int, Callable[[bytes, int], bytes]] = {
    0: _plain, 1: _zeros, 2: _rtime, 4: _plain, 6: _zlib, 7: lzo.decompress
}  # fmt: skip


def _read(data: Buffer, budget: Budget) -> _Log:
    """Looks for nodes everywhere: an image may begin in the middle, and have holes."""
    order = "<" if bytes(data[:2]) == b"\x85\x19" else ">"
    magic = rb"\x85\x19[\x01\x02][\xe0\xc0]" if order == "<" else rb"\x19\x85[\xe0\xc0][\x01\x02]"
    log, position, pattern = _Log(data, {}, {}), 0, re.compile(magic)
    for _ in range(limits.ARTIFACT_NODES):
        budget.look()
        found = pattern.search(data, position)
        if found is None or found.start() + 12 > len(data):
            break
        start = found.start()
        head = bytes(data[start : start + 12])
        kind, length, checksum = struct.unpack_from(order + "HII", head, 2)
        kind |= _ACCURATE
        intact = _crc(struct.pack(order + "HHI", 0x1985, kind, length)) == checksum
        position = start + (max(12, length) if intact else 4)
        if intact:
            _add(log, order, kind, start)
    else:
        raise LimitReached(f"more than {limits.ARTIFACT_NODES} nodes")
    for names in log.names.values():
        names.sort(key=lambda name: name.version)
    for parts in log.parts.values():
        parts.sort(key=lambda part: part.version)
    return log


def _add(log: _Log, order: str, kind: int, start: int) -> None:
    if kind == _DIRENT:
        head = bytes(log.data[start : start + 40])
        parent, version, inode, _, length, form = struct.unpack_from(order + "4I2B", head, 12)
        name = bytes(log.data[start + 40 : start + 40 + length]).decode("utf-8", "replace")
        entry = _Name(parent, version, inode, form, name.replace("/", "_"))
        log.names.setdefault((parent, entry.name), []).append(entry)
    elif kind == _INODE:
        head = bytes(log.data[start : start + 68])
        inode, version, _, _, _, total = struct.unpack_from(order + "3I2HI", head, 12)
        offset, stored, size, method, checksum = struct.unpack_from(order + "3IB3xI", head, 44)
        part = _Part(version, total, offset, size, method, checksum, start + 68, stored)
        log.parts.setdefault(inode, []).append(part)


def _crc(data: bytes) -> int:
    """CRC-32 without inverting before and after."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _paths(log: _Log) -> dict[int, str]:
    """The path of each inode that ever had a name: by the latest of them."""
    names: dict[int, _Name] = {}
    for versions in log.names.values():
        for name in versions:
            if name.inode and _newer(name, names.get(name.inode)):
                names[name.inode] = name
    return {inode: _path(inode, names) for inode in names}


def _newer(name: _Name, other: _Name | None) -> bool:
    return other is None or name.version >= other.version


def _path(inode: int, names: dict[int, _Name]) -> str:
    found: list[str] = []
    while inode in names and inode != _ROOT and len(found) < limits.ARTIFACT_FOLDERS:
        found.append(names[inode].name)
        inode = names[inode].parent
    return "/".join(reversed(found))
