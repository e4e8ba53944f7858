"""NSIS installers: the data behind the program, from `firstheader` on.

Written from the sources of NSIS itself (Source/exehead/fileform.h) and from the notes of 7-Zip.
"""

import struct
from collections.abc import Callable, Iterator

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.inflate import drain, inflated, part
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.nsis_methods import Method, method_of
from leakguard.artifacts.nsis_script import Script

_FIRST = struct.Struct("<I4s12sii")
_PACKED = 0x80000000
_NO_CHECKSUM = 4
_HEADER_BYTES = 64 * limits.MIB
"""The script of an installer; a large one has some hundred KiB."""

_Read = Callable[[int], bytes]


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """`header`, the texts of the installer's script by lines, then the files in their order.

    Files have the paths that the script unpacks them to; `file1`, `file2` … where it names none.
    """
    flags, sign, _, header_bytes, all_bytes = _FIRST.unpack(content.exactly(_FIRST.size))
    if sign != b"\xef\xbe\xad\xde" or not 0 < header_bytes <= _HEADER_BYTES:
        raise ArtifactError("the installer's header is damaged")
    checksum = 0 if flags & _NO_CHECKSUM else 4
    rest = part(content.read, max(0, all_bytes - _FIRST.size - checksum))
    method = method_of(content.head(16), header_bytes)
    if method.solid:
        yield from _solid(inflated(rest, method.decoder(), budget), header_bytes, budget)
    else:
        yield from _files(rest, method, header_bytes, budget)


def _solid(read: _Read, header_bytes: int, budget: Budget) -> Iterator[Member | Unread]:
    """One stream: each part has its size before it."""
    if _number(read) != header_bytes:
        raise ArtifactError("the installer's header is damaged")
    script = Script(_exactly(read, header_bytes))
    yield Member("header", Content.of(script.texts(), budget))
    position = number = 0
    while (size := _number(read)) is not None:
        budget.member()
        number += 1
        one = part(read, size)
        yield Member(script.names.get(position, f"file{number}"), Content(one, budget))
        drain(one)
        position += 4 + size


def _files(
    read: _Read, method: Method, header_bytes: int, budget: Budget
) -> Iterator[Member | Unread]:
    """Each part is compressed for itself, or stored when that is shorter."""
    size = _number(read)
    if size is None:
        raise ArtifactError("the installer is cut off")
    one = part(read, size & ~_PACKED)
    header = inflated(one, method.decoder(), budget) if size & _PACKED else one
    script = Script(_exactly(header, header_bytes))
    drain(one)
    yield Member("header", Content.of(script.texts(), budget))
    position = number = 0
    while (size := _number(read)) is not None:
        packed = bool(size & _PACKED)
        size &= ~_PACKED
        name = script.names.get(position)
        budget.member()
        number += 1
        one = part(read, size)
        inner = inflated(one, method.decoder(), budget) if packed else one
        yield Member(name or f"file{number}", Content(inner, budget))
        drain(one)
        position += 4 + size


def _number(read: _Read) -> int | None:
    """The next four bytes; None where the bytes end."""
    data = b""
    while len(data) < 4 and (more := read(4 - len(data))):
        data += more
    return int.from_bytes(data, "little") if len(data) == 4 else None


def _exactly(read: _Read, size: int) -> bytes:
    parts = []
    while size and (more := read(size)):
        parts.append(more)
        size -= len(more)
    if size:
        raise EOFError
    return b"".join(parts)
