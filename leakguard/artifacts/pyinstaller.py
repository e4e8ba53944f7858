"""Programs made by PyInstaller: the scripts, modules, libraries and data behind their loader.

Source: PyInstaller's archive/readers.py, "CArchive", as of 2.1 and younger. The cookie at the end
says where the archive begins and where its table stands; all numbers are big endian.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from leakguard.artifacts import pyz, signs
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.source import STEP

_COOKIE = struct.Struct(">8s4I64s")
_ENTRY = struct.Struct(">4IBc")

_SCRIPTS = b"smM"
_PYZ = b"z"
_NAMES_ONLY = b"odn"
"""Options, files of another program, links: their names say all."""

_MAGICS = {307: 3394, 308: 3413, 310: 3439, 311: 3495}
"""Of .pyc files from a version of Python on, each time the format of its code objects changed."""
_OLD_MAGIC = 3379


class _Entry(NamedTuple):
    name: str
    type: bytes
    compressed: bool
    start: int
    """In the file, as `end`; below zero when that part is missing."""
    end: int


class _Archive(NamedTuple):
    start: int
    """In the file; below zero when it lacks the first bytes."""
    table: int
    table_end: int
    magic: bytes
    """Of the .pyc files of its Python."""


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """All files in the table's order; scripts and modules as .pyc files.

    Raises ArtifactError when there is no archive, and where its table is damaged.
    """
    view = memoryview(content.whole())
    archive = _archive(view)
    for entry in _entries(view, archive):
        budget.member()
        if entry.type in _NAMES_ONLY:
            continue
        if entry.start < 0 or entry.end > archive.table:
            yield Unread(entry.name, "it lies outside of the archive")
        elif entry.type == _PYZ:
            yield from _modules(entry, view, budget)
        elif entry.type in _SCRIPTS:
            yield _script(entry, view, archive.magic, budget)
        else:
            yield Member(entry.name, _content(entry, view, budget))


def _archive(view: memoryview) -> _Archive:
    """Raises ArtifactError when no table is where the cookie says."""
    near = max(0, len(view) - signs.COOKIE_WITHIN)
    at = signs.pyinstaller_cookie(bytes(view[near:]))
    if at < 0:
        raise ArtifactError("its end is missing")
    _, size, table, table_size, version, _ = _COOKIE.unpack_from(view, near + at)
    start = near + at + _COOKIE.size - size
    table += start
    if not 0 <= table <= table + table_size <= near + at:
        raise ArtifactError("its table is missing")
    return _Archive(start, table, table + table_size, _magic(version))


def _magic(version: int) -> bytes:
    """For 311, or for 37 as older ones have it."""
    version = version if version >= 100 else version // 10 * 100 + version % 10
    found = max((low for low in _MAGICS if low <= version), default=0)
    return struct.pack("<H", _MAGICS.get(found, _OLD_MAGIC)) + b"\r\n"


def _entries(view: memoryview, archive: _Archive) -> Iterator[_Entry]:
    at = archive.table
    while at < archive.table_end:
        if archive.table_end - at < _ENTRY.size:
            raise ArtifactError("its table is damaged")
        length, place, packed, _, flag, kind = _ENTRY.unpack_from(view, at)
        if not _ENTRY.size <= length <= archive.table_end - at:
            raise ArtifactError("its table is damaged")
        name = bytes(view[at + _ENTRY.size : at + length]).partition(b"\0")[0]
        text = name.decode("utf-8", "replace").replace("\\", "/")
        start = archive.start + place
        yield _Entry(text, kind, bool(flag), start, start + packed)
        at += length


def _modules(entry: _Entry, view: memoryview, budget: Budget) -> Iterator[Member | Unread]:
    content = _content(entry, view, budget)
    try:
        yield from pyz.modules(content.whole(), budget)
    except ArtifactError as error:
        yield Unread(entry.name, str(error))
    finally:
        content.release()


def _script(entry: _Entry, view: memoryview, magic: bytes, budget: Budget) -> Member:
    content = _content(entry, view, budget)
    chunks = pyz.with_header(iter(lambda: content.read(STEP), b""), magic)
    return Member(f"{entry.name}.pyc", Content(reading(chunks), budget))


def _content(entry: _Entry, view: memoryview, budget: Budget) -> Content:
    """Of an entry that lies in the archive. Raises LimitReached."""
    body = view[entry.start : entry.end]
    if entry.compressed:
        return Content(reading(pyz.unpacked(body, budget)), budget)
    budget.spend(len(body))  # other entries may be of the same bytes
    return Content.of(body, budget)
