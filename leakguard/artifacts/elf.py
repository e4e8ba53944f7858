"""Programs for Linux: what is behind them, such as an AppImage's files, and what they say.

Sources: the AppImage specification (draft 2), "Package Metadata for Executable Files" of
systemd.io, and Go's debug/buildinfo.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.elf_sections import Elf, contents, notes, parse
from leakguard.artifacts.model import Build, Member, Sign, Unread, Weight

_APPIMAGE = b"AI\x02"
_GO = re.compile(rb"\xff Go buildinf:")
_SQUASHFS = re.compile(rb"hsqs.{24}\x04\0\0\0", re.DOTALL)
"""With its version: 4.0."""
_PYINSTALLER = "pydata"
_PADDING = 64 * limits.KIB
"""Between a program and its files, at most."""
_RUNTIME = 4 * limits.MIB
"""The program of an AppImage is smaller."""
_READ = 8 * limits.MIB
"""Of one section."""
_PATHS = 20
_WITH_PATHS = (".debug_line_str", ".debug_str", ".gopclntab", ".rodata")
_PATH = re.compile(rb"/(?:home|Users)/[\w.-]{1,64}(?:/[\w.+@-]{1,64}){1,2}(?=/)")


class _Said(NamedTuple):
    """What a program says of where it is from."""

    name: str = ""
    identifier: str = ""
    version: str = ""
    modified: bool = False


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """What was appended to the program: `squashfs` for an AppImage's files, else `overlay`, as
    what PyInstaller put into a section is."""
    data = content.whole()
    elf = parse(data)
    end = elf.end
    for section in elf.named(_PYINSTALLER):
        budget.member()
        body = memoryview(data)[section.offset : section.offset + section.size]
        yield Member("overlay", Content.of(body, budget))
    found = _SQUASHFS.search(data, end, end + _PADDING)
    if not found and bytes(data[8:11]) == _APPIMAGE:
        found = _SQUASHFS.search(data, 0, _RUNTIME)
    start = found.start() if found else end
    if not found and not bytes(data[end : end + _PADDING]).strip(b"\0"):
        return
    budget.member()
    rest = Content.of(memoryview(data)[start:], budget)
    yield Member("squashfs" if found else "overlay", rest)


def describe(data: Buffer) -> Build | None:
    """An AppImage or a program; it has no signature that says who made it."""
    elf = parse(data)
    ids = [text.hex() for owner, kind, text in notes(data, elf) if (owner, kind) == _ID]
    said = _packaged(data, elf) or _go(data, elf) or _Said()
    appimage = bytes(data[8:11]) == _APPIMAGE
    return Build(
        kind="appimage" if appimage else "elf",
        platform="linux",
        name=said.name,
        identifier=said.identifier,
        version=said.version,
        build=ids[0] if ids else "",
        signs=tuple(_signs(elf, said)),
        leaked_paths=_paths(data, elf),
        app=appimage,
    )


_ID = (b"GNU", 3)
_PACKAGE = (b"FDO", 0xCAFE1A7E)


def _signs(elf: Elf, said: _Said) -> Iterator[Sign]:
    for section in elf.named(".debug_info", ".zdebug_info")[:1]:
        proof = f"ELF section {section.name}, {section.size} bytes"
        yield Sign(Weight.LOW, "has debug information", proof)
    if said.modified:
        yield Sign(Weight.LOW, "built from changed files", "Go build info vcs.modified=true")


def _packaged(data: Buffer, elf: Elf) -> _Said | None:
    """The note that a distribution's package leaves."""
    for owner, kind, text in notes(data, elf):
        if (owner, kind) == _PACKAGE:
            try:
                found = json.loads(text.rstrip(b"\0"))
            except (ValueError, RecursionError):
                return None
            name, version = str(found.get("name", "")), str(found.get("version", ""))
            return _Said(name, name, version)
    return None


def _go(data: Buffer, elf: Elf) -> _Said | None:
    """The main module of a program made with Go 1.18 or younger."""
    found = None
    if sections := elf.named(".go.buildinfo"):
        found = _GO.search(data, sections[0].offset, sections[0].offset + sections[0].size)
    elif not elf.sections:
        found = _GO.search(data)
    if found is None:
        return None
    head = bytes(data[found.start() : found.start() + 64 * limits.KIB])
    if len(head) < 33 or not head[15] & 2:
        return None
    _, rest = _counted(head[32:])
    text, _ = _counted(rest)
    return _module(text[16:-16].decode("utf-8", "replace"))


def _module(text: str) -> _Said | None:
    """Lines of fields with tabs between: `path` of the command, `mod` with version and sum."""
    rows = [line.split("\t") for line in text.splitlines()]
    command = next((row[1] for row in rows if row[0] == "path" and len(row) > 1), "")
    for row in rows:
        if row[0] == "mod" and len(row) >= 3:
            path, version = row[1:3]
            named = command if command.startswith(path) else path
            name = re.sub(r"/v\d+$", "", named).rpartition("/")[2]
            modified = ["build", "vcs.modified=true"] in rows
            return _Said(name, path, "" if version == "(devel)" else version, modified)
    return None


def _counted(data: bytes) -> tuple[bytes, bytes]:
    """A text behind its length (LEB128), and the rest."""
    length = size = 0
    for byte in data[:5]:
        length |= (byte & 0x7F) << 7 * size
        size += 1
        if byte < 0x80:
            break
    return data[size : size + length], data[size + length :]


def _paths(data: Buffer, elf: Elf) -> tuple[str, ...]:
    """Folders in somebody's home, as debug information and panics name them."""
    found: dict[str, None] = {}
    for section in elf.named(*_WITH_PATHS):
        for path in _PATH.finditer(contents(data, elf, section, _READ)):
            found.setdefault(path[0].decode("ascii", "replace"))
            if len(found) == _PATHS:
                return tuple(found)
    return tuple(found)
