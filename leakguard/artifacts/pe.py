"""What is inside a Windows program: resources, files of .NET, what was appended, and texts.

Microsoft, PE Format; NSIS, Source/exehead/fileform.h.
"""

from collections.abc import Iterator
from contextlib import suppress

from leakguard.artifacts import dotnet_files, utf16
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.model import Build, Member, Unread
from leakguard.artifacts.pe_build import build
from leakguard.artifacts.pe_image import CERTIFICATES, Image, load, resources

_OPENED = frozenset({"RCDATA", "HTML", "MANIFEST"})
_NSIS = b"\xef\xbe\xad\xdeNullsoftInst"
_NSIS_WITHIN = 64 * 1024
_SQUIRREL = "SquirrelTemp".encode("utf-16-le")
_PADDING = 512
"""A linker's file alignment: so many zeros can stand before what was appended."""


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """Resources with content of their own, files that .NET put in, and what was appended.

    A part that is damaged is Unread, and the next one is looked at. Nothing comes out of what only
    begins with MZ. Raises pefile.PEFormatError when the headers are damaged.
    """
    image = load(content.whole())
    if image is None:
        return
    yield from _guarded("resource", _resources(image, budget))
    yield from _guarded("resource/net", dotnet_files.resources(image, budget))
    yield from _guarded("embedded.pdb", dotnet_files.embedded_pdb(image, budget))
    bundled = False
    for member in _guarded("bundle", dotnet_files.bundle_files(image.data, budget)):
        bundled = True
        yield member
    if not bundled:
        yield from _overlay(image, budget)


def strings(data: Buffer) -> Iterator[bytes]:
    """The texts in UTF-16: those of string tables without the length before each, then all runs
    of at least six characters, wherever they stand."""
    with suppress(Exception):
        if image := load(data):
            yield from _string_tables(image)
    yield from utf16.runs(data)


def describe(data: Buffer) -> Build | None:
    """None for what only begins with MZ. Raises pefile.PEFormatError for damaged headers."""
    image = load(data)
    return None if image is None else build(image, _installer(image))


def _guarded(name: str, found: Iterator[Member | Unread]) -> Iterator[Member | Unread]:
    try:
        yield from found
    except ArtifactError:
        raise
    except Exception:
        yield Unread(name, "damaged")


def _resources(image: Image, budget: Budget) -> Iterator[Member]:
    seen: set[int] = set()
    for found in resources(image):
        budget.look()
        if found.offset in seen or not (found.custom or found.kind in _OPENED):
            continue
        seen.add(found.offset)
        budget.member()
        budget.spend(found.size)
        data = image.data[found.offset : found.offset + found.size]
        yield Member(f"resource/{found.kind}/{found.name}", Content.of(data, budget))


def _string_tables(image: Image) -> Iterator[bytes]:
    """Blocks of sixteen texts, each behind its length in characters."""
    for found in resources(image):
        at, end = found.offset, found.offset + found.size
        while found.kind == "STRING" and at + 2 <= end:
            length = 2 * int.from_bytes(image.data[at : at + 2], "little")
            if length:
                text = image.data[at + 2 : min(at + 2 + length, end)]
                yield text.decode("utf-16-le", "replace").encode("utf-8", "replace")
            at += 2 + length


def _overlay(image: Image, budget: Budget) -> Iterator[Member]:
    """What stands behind the last section, without the certificates that stand there too."""
    start, size = image.end(), len(image.data)
    signed, length = image.directory(CERTIFICATES)
    parts = [(start, size)]
    if length and start <= signed < size:
        parts = [(start, signed), (min(signed + length, size), size)]
    for begin, end in parts:
        begin = _unpadded(image.data, begin, end)
        if begin < end:
            budget.member()
            budget.spend(end - begin)
            yield Member("overlay", Content.of(image.data[begin:end], budget))


def _unpadded(data: bytes, start: int, end: int) -> int:
    """Where NSIS's header begins, or the first byte behind zeros that only align."""
    if (at := _nsis(data, start)) >= 0:
        return at
    head = data[start : min(start + _PADDING, end)]
    rest = head.lstrip(b"\0")
    return start + len(head) - len(rest) if rest or end - start <= _PADDING else start


def _nsis(data: bytes, start: int) -> int:
    """The header has its flags before the signature."""
    at = data.find(_NSIS, start, start + _NSIS_WITHIN)
    return at - 4 if at >= start + 4 else -1


def _installer(image: Image) -> str:
    """nsis, inno or squirrel; nothing for a program that is no installer of theirs."""
    if _nsis(image.data, image.end()) >= 0:
        return "nsis"
    with suppress(Exception):
        for found in resources(image):
            head = image.data[found.offset : found.offset + 6]
            if found.kind == "RCDATA" and found.name == "11111" and head == b"rDlPtS":
                return "inno"
            if found.kind == "DATA" and found.custom and head.startswith(b"PK\x03\x04"):
                return "squirrel" if _SQUIRREL in image.data else ""
    return ""
