"""RAR archives: what is stored is read here, what is compressed by a program on PATH, shut in."""

import shutil
import zlib
from collections.abc import Iterator, Sequence

from leakguard.artifacts import child
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.rarlist import Entry, entries
from leakguard.artifacts.ziplist import check_count

_TOOLS: tuple[tuple[str, ...], ...] = (
    ("unrar", "p", "-inul", "-p-", "-cfg-", "--", child.FILE),
    ("7zz", "x", "-so", "-p-", "--", child.FILE),
    ("7z", "x", "-so", "-p-", "--", child.FILE),
    ("unar", "-q", "-p", "-", "-o", "-", child.FILE),
    ("bsdtar", "-xOf", child.FILE),
)
"""Each writes the content of all files to its standard output, one behind the other."""

_NEEDED = "compressed: needs unrar, 7zz, unar or bsdtar on PATH"


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """All files, in their order. Raises ArtifactError when the headers are damaged or encrypted."""
    data = content.whole()
    found, damage = _listed(data, budget)
    outside = [entry for entry in found if _is_outside(entry)]
    contents = _unpacked(data, found, budget) if outside else {}
    for entry in found:
        if not entry.is_folder and not entry.is_link:
            budget.member()
            yield _member(entry, data, contents, budget)
    if damage is not None:
        raise damage


def _listed(data: Buffer, budget: Budget) -> tuple[list[Entry], ArtifactError | None]:
    """The files before the first header that is damaged, and what is wrong with that one."""
    found: list[Entry] = []
    try:
        for entry in entries(data, budget):
            found.append(entry)
            check_count(len(found), budget)
    except LimitReached:
        raise
    except ArtifactError as error:
        return found, error
    return found, None


def _member(
    entry: Entry, data: Buffer, contents: dict[int, bytes], budget: Budget
) -> Member | Unread:
    if entry.is_encrypted:
        return Unread(entry.name, "encrypted")
    if entry.is_split:
        return Unread(entry.name, "a part of it is in another file")
    if entry.is_stored:
        found = memoryview(data)[entry.start : entry.start + entry.packed]
        if not _is_right(entry, found):
            return Unread(entry.name, "its checksum is wrong")
        return Member(entry.name, Content.of(found, budget))
    if entry.start in contents:
        return Member(entry.name, Content.of(contents[entry.start], budget))
    possible = child.is_possible() and any(shutil.which(tool[0]) for tool in _TOOLS)
    return Unread(entry.name, "no program could unpack it" if possible else _NEEDED)


def _is_outside(entry: Entry) -> bool:
    """Whether another program is needed for it."""
    bare = entry.is_folder or entry.is_link or entry.is_encrypted or entry.is_split
    return not bare and not entry.is_stored


def _unpacked(data: Buffer, found: Sequence[Entry], budget: Budget) -> dict[int, bytes]:
    """Contents by where they are packed: of the first program that gets all of them right, else
    the most that one got right."""
    best: dict[int, bytes] = {}
    written = [e for e in found if not (e.is_folder or e.is_link or e.is_encrypted or e.is_split)]
    wanted = sum(map(_is_outside, written))
    budget.ratio(sum(entry.size for entry in written), len(data))
    for tool in _TOOLS:
        if len(best) == wanted or not child.is_possible() or not shutil.which(tool[0]):
            continue
        try:
            output = child.run(tool, data, budget)
        except LimitReached:
            raise
        except ArtifactError:
            continue
        right = _divided(output, written)
        best = max(best, right, key=len)
    return best


def _divided(output: bytes, written: Sequence[Entry]) -> dict[int, bytes]:
    """The contents in a program's output that are what the headers say."""
    right, at = {}, 0
    for entry in written:
        part = output[at : at + entry.size]
        at += entry.size
        if _is_outside(entry) and _is_right(entry, part):
            right[entry.start] = part
    return right


def _is_right(entry: Entry, data: bytes | memoryview) -> bool:
    return len(data) == entry.size and entry.crc in (zlib.crc32(data), None)
