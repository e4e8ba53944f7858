"""Tar archives of all dialects, read as a stream: v7, ustar, GNU, star and pax.

The formats are those of POSIX.1-2017, `pax`, and of GNU tar's manual, "Basic Tar Format". Members
of sparse files are what is stored of them; links have no content.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member
from leakguard.artifacts.pieces import Piece, fixed, text
from leakguard.artifacts.source import EARLY

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_WITHOUT_CONTENT = b"23456"
"""Symbolic links, devices, folders, pipes: their size field means something else."""

_FILES = (b"\0", b"0", b"7", b"S")
_NUMBER = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_RECORD = re.compile(rb"(\d{1,9}) ([^=]+)=")


@dataclass(slots=True)
class _Said:
    """What headers without a file of their own say about files behind them."""

    everywhere: dict[str, bytes] = field(default_factory=dict)
    next: dict[str, bytes] = field(default_factory=dict)

    def taken(self) -> Mapping[str, bytes]:
        """What holds for the next file, to be asked for once."""
        found = {**self.everywhere, **self.next}
        self.next = {}
        return found


def members(content: Content, budget: Budget) -> Iterator[Member]:
    """All files, in their order; of several archives in a row too.

    What stands behind an archive's end and is no archive comes as a Member without a name. Raises
    ArtifactError for a header that is damaged and an archive that is cut.
    """
    said, ended = _Said(), False
    while block := content.head(_BLOCK):
        budget.look()
        if block == _ZEROS[: len(block)]:
            content.skip(_BLOCK)
            ended = True
        elif _is_header(block):
            content.skip(_BLOCK)
            yield from _entry(block, content, said, budget)
            ended = False
        elif ended:
            budget.member()
            yield Member("", Content(content.read, budget))
            return
        else:
            raise ArtifactError("a header's checksum is wrong" if len(block) == _BLOCK else EARLY)


def _entry(block: bytes, content: Content, said: _Said, budget: Budget) -> Iterator[Member]:
    """The file of one header; nothing for a header that only says something about others."""
    kind = block[156:157]
    if kind in (b"x", b"X", b"g", b"L", b"K"):
        size = _number(block[124:136])
        _remember(kind, text(content, size), said)
        content.skip(-size % _BLOCK)
        return
    facts = said.taken()
    size = _size(block, facts)
    if kind == b"S":
        _pass_map(block, content, budget)
    if kind in _WITHOUT_CONTENT or (kind == b"1" and _is_between(content.head(_BLOCK))):
        size = 0
    name = _name(block, facts)
    piece = Piece(content, size, budget)
    if size or (kind in _FILES and not name.endswith("/")):
        budget.member()
        yield Member(name, Content(piece.read, budget))
    piece.finish(-size % _BLOCK)


def _remember(kind: bytes, data: bytes, said: _Said) -> None:
    if kind == b"L":
        said.next["path"] = data.partition(b"\0")[0]
    elif kind == b"g":
        said.everywhere.update(_records(data))
    elif kind != b"K":
        said.next.update(_records(data))


def _records(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The records of a pax header: `length keyword=value\\n`, the length of all of it."""
    at = 0
    while at < len(data) and data[at]:
        match = _RECORD.match(data, at)
        end = at + int(match[1]) if match else 0
        if not match or not match.end() < end <= len(data):
            raise ArtifactError("a pax header is damaged")
        yield match[2].decode(errors="replace"), data[match.end() : end - 1]
        at = end


def _size(block: bytes, facts: Mapping[str, bytes]) -> int:
    if "size" not in facts:
        return _number(block[124:136])
    if not facts["size"].isdigit() or len(facts["size"]) > 20:
        raise ArtifactError("a member's size is no number")
    return int(facts["size"])


def _number(data: bytes) -> int:
    """An octal number, or one of base 256. Raises ArtifactError, for negative ones as well."""
    if data[0] & 0x80:
        if data[0] & 0x40:
            raise ArtifactError("a member's size is negative")
        return int.from_bytes(bytes((data[0] & 0x3F,)) + data[1:], "big")
    match = _NUMBER.match(data)
    if not match or (match.end() < len(data) and data[match.end()] not in b" \0"):
        raise ArtifactError("a member's size is no number")
    return int(match[1] or b"0", 8)


def _name(block: bytes, facts: Mapping[str, bytes]) -> str:
    for key in ("GNU.sparse.name", "path"):
        if key in facts:
            return facts[key].decode(errors="replace")
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0":
        end = 345 + (131 if block[508:512] == b"tar\0" else 155)
        prefix = block[345:end].partition(b"\0")[0]
        name = prefix + b"/" + name if prefix else name
    return name.decode(errors="replace")


def _pass_map(block: bytes, content: Content, budget: Budget) -> None:
    """The map of a sparse file of GNU goes on in blocks of its own."""
    more = block[482]
    while more:
        budget.look()
        block = fixed(content, _BLOCK)
        more = block[504] if block else 0


def _is_between(block: bytes) -> bool:
    """Whether no content begins here: some writers of hard links give their file's size."""
    return not block.strip(b"\0") or _is_header(block)


def _is_header(block: bytes) -> bool:
    """Whether the checksum is right, of unsigned bytes or, in old archives, of signed ones."""
    match = _NUMBER.match(block, 148, 156)
    if len(block) < _BLOCK or not match or not match[1]:
        return False
    data = block[:148] + b" " * 8 + block[156:]
    total = sum(data)
    return int(match[1], 8) in (total, total - 256 * sum(byte > 127 for byte in data))
