"""Electron's archives: a JSON table of files, then their bytes one after the other.

Source of the format: the README of electron/asar, and Chromium's base/pickle.h for the four
numbers before the table. All numbers are little-endian.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.inflate import part
from leakguard.artifacts.model import Build, Member, Unread

_HEAD = struct.Struct("<4I")


class _File(NamedTuple):
    """Where a file's bytes are, counted from the end of the table."""

    offset: int
    size: int
    depth: int
    name: str


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The packed files, in the order of their bytes; of files that share them, one.

    Files that lie beside the archive (`unpacked`) and links are passed over.
    Raises ArtifactError when the table cannot be read.
    """
    table_size, text_size = _sizes(content.exactly(_HEAD.size))
    files = sorted(_files(content.exactly(table_size)[:text_size]))
    before, position = _File(-1, 0, 0, ""), 0
    for file in files:
        budget.member()
        if file[:2] == before[:2]:
            continue
        if file.offset < position:
            yield Unread(file.name, "shares bytes with another member")
            continue
        content.skip(file.offset - position)
        position = file.offset + file.size
        rest = part(content.read, file.size)
        yield Member(file.name, Content(rest, budget))
        while rest(256 * limits.KIB):
            budget.look()
        before = file


def describe(data: Buffer) -> Build | None:
    """The package.json at the top."""
    table_size, text_size = _sizes(bytes(data[: _HEAD.size]))
    table = bytes(data[_HEAD.size : _HEAD.size + table_size])[:text_size]
    for file in _files(table):
        if file.name == "package.json" and file.size <= limits.ARTIFACT_METADATA_BYTES:
            start = _HEAD.size + table_size + file.offset
            found = json.loads(bytes(data[start : start + file.size]))
            return Build(
                kind="asar",
                platform="electron",
                name=_text(found, "productName") or _text(found, "name"),
                identifier=_text(found, "name"),
                version=_text(found, "version"),
            )
    return None


def _sizes(head: bytes) -> tuple[int, int]:
    """The table's size with its padding, and without."""
    four, outer, inner, text = _HEAD.unpack(head)
    if four != 4 or outer < 8 or inner > outer - 4 or text > inner:
        raise ArtifactError("not an asar archive")
    return outer - 8, text


def _files(table: bytes) -> Iterator[_File]:
    """All packed files. Names that hold a `/` would lie about their folder."""
    try:
        top = json.loads(table)
    except (ValueError, RecursionError):
        raise ArtifactError("its table of files is damaged") from None
    stack: list[tuple[str, int, Any]] = [("", 0, top)]
    while stack:
        path, depth, entry = stack.pop()
        if not isinstance(entry, dict):
            continue
        folder = entry.get("files")
        if isinstance(folder, dict):
            if depth < limits.ARTIFACT_FOLDERS:
                start = path + "/" if path else ""
                inner = [(start + key.replace("/", "_"), depth + 1, folder[key]) for key in folder]
                stack.extend(reversed(inner))
        elif "offset" in entry and not entry.get("unpacked"):
            offset, size = int(entry["offset"]), int(entry.get("size", 0))
            if offset >= 0 <= size:
                yield _File(offset, size, depth, path)


def _text(found: Any, key: str) -> str:
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""
