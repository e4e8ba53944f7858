"""Ar archives: static libraries and Debian packages, with the long names of BSD, GNU and Microsoft.

Format: ar(5) of FreeBSD; https://learn.microsoft.com/windows/win32/debug/pe-format#archive-library-file-format
"""

import re
from collections.abc import Iterator

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member
from leakguard.artifacts.pieces import Piece, fixed, text

_SYMBOLS = ("/", "/SYM64/", "__.SYMDEF", "__.SYMDEF SORTED", "__.SYMDEF_64")
"""Tables of names that the members have as well."""

_END_OF_NAME = re.compile(rb"/\n|\0|\n")


def members(content: Content, budget: Budget) -> Iterator[Member]:
    """All members, in their order, without the tables of symbols and names.

    Raises ArtifactError for a damaged header, a cut archive, and one that has only the names of
    files elsewhere.
    """
    magic = fixed(content, 8)
    if magic == b"!<thin>\n":
        raise ArtifactError("a thin archive: its members are files elsewhere")
    if magic != b"!<arch>\n":
        raise ArtifactError("its head is wrong")
    names = b""
    while content.head(60).strip(b"\0\n"):
        budget.look()
        header = fixed(content, 60)
        if header[58:] != b"`\n":
            raise ArtifactError("a header is damaged")
        label, size = header[:16].rstrip(b" "), _number(header[48:58])
        if label in (b"//", b"ARFILENAMES/"):
            names = text(content, size)
            content.skip(size % 2)
        else:
            yield from _entry(label, size, names, content, budget)


def _entry(
    label: bytes, size: int, names: bytes, content: Content, budget: Budget
) -> Iterator[Member]:
    padding = size % 2
    if label.startswith(b"#1/"):
        length = _number(label[3:])
        if length > size:
            raise ArtifactError("a name is longer than its member")
        name = text(content, length).rstrip(b"\0")
        size -= length
    else:
        name = _long(label, names)
    piece = Piece(content, size, budget)
    if (shown := name.decode(errors="replace")) not in _SYMBOLS:
        budget.member()
        yield Member(shown, Content(piece.read, budget))
    piece.finish(padding)


def _long(label: bytes, names: bytes) -> bytes:
    """The name behind `/123`, a place in the table of names; else the label without its end."""
    if not label[1:].isdigit() or not label.startswith(b"/"):
        return label if label in (b"/", b"/SYM64/") else label.removesuffix(b"/")
    start = int(label[1:])
    end = _END_OF_NAME.search(names, start)
    return names[start : end.start() if end else len(names)] or label


def _number(data: bytes) -> int:
    digits = data.strip(b" ")
    if not digits.isdigit():
        raise ArtifactError("a header is damaged")
    return int(digits)
