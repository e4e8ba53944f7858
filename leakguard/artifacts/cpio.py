"""Cpio archives: the new format with and without checksums, the portable old and the binary one.

Formats: cpio(5) of FreeBSD and libarchive; several in a row as the Linux kernel reads them,
https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member
from leakguard.artifacts.pieces import Piece, fixed, text

_TRAILER = b"TRAILER!!!"
_LOOK_AHEAD = 4096
_TYPE = 0o170000
_FILE = 0o100000


class _Header(NamedTuple):
    mode: int
    name_size: int
    size: int
    header_size: int
    align: int
    """Names and contents fill up to a multiple of this, the name together with its header."""


def members(content: Content, budget: Budget) -> Iterator[Member]:
    """All files, in their order; of several archives in a row too.

    What stands behind an archive's end and is no archive, such as a compressed one, comes as a
    Member without a name. Raises ArtifactError for a damaged header and an archive that is cut.
    """
    ended = False
    while head := content.head(6):
        budget.look()
        if ended and head[0] == 0:
            _pass_zeros(content, budget)
        elif ended and not _is_known(head):
            budget.member()
            yield Member("", Content(content.read, budget))
            return
        else:
            header = _header(content, head)
            name = text(content, header.name_size).partition(b"\0")[0]
            content.skip(-(header.header_size + header.name_size) % header.align)
            ended = name == _TRAILER
            yield from _entry(name, header, content, budget)


def _entry(name: bytes, header: _Header, content: Content, budget: Budget) -> Iterator[Member]:
    piece = Piece(content, header.size, budget)
    if header.mode & _TYPE == _FILE and name != _TRAILER:
        budget.member()
        yield Member(name.decode(errors="replace"), Content(piece.read, budget))
    piece.finish(-header.size % header.align)


def _pass_zeros(content: Content, budget: Budget) -> None:
    while (ahead := content.head(_LOOK_AHEAD)) and ahead[0] == 0:
        budget.look()
        content.skip(len(ahead) - len(ahead.lstrip(b"\0")))


def _is_known(head: bytes) -> bool:
    return head in (b"070701", b"070702", b"070707") or head[:2] in (b"\xc7\x71", b"\x71\xc7")


def _header(content: Content, head: bytes) -> _Header:
    if head in (b"070701", b"070702"):
        return _new(fixed(content, 110))
    if head == b"070707":
        return _portable(fixed(content, 76))
    if head[:2] in (b"\xc7\x71", b"\x71\xc7"):
        return _binary(fixed(content, 26))
    if head == b"07070X":
        raise ArtifactError("its headers are in the package around it")
    raise ArtifactError("a header is damaged")


def _new(data: bytes) -> _Header:
    mode, size, name_size = (_digits(data[at : at + 8], 16) for at in (14, 54, 94))
    return _Header(mode, name_size, size, 110, 4)


def _portable(data: bytes) -> _Header:
    mode, name_size = (_digits(data[at : at + 6], 8) for at in (18, 59))
    return _Header(mode, name_size, _digits(data[65:76], 8), 76, 1)


def _digits(data: bytes, base: int) -> int:
    if not data.isalnum():  # int() would take signs and blanks
        raise ArtifactError("a header is damaged")
    try:
        return int(data, base)
    except ValueError:
        raise ArtifactError("a header is damaged") from None


def _binary(data: bytes) -> _Header:
    """Thirteen numbers of 16 bits; of two that belong together the first one is the higher."""
    words = struct.unpack("<13H" if data[:1] == b"\xc7" else ">13H", data)
    return _Header(words[3], words[10], words[11] << 16 | words[12], 26, 2)
