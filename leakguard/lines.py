"""Lines and columns of byte offsets, and what stands around them on a line."""

from leakguard import limits
from leakguard.model import Piece

Buffer = bytearray | bytes


def lines_before(data: Buffer, start: int, position: int, lines: int) -> int:
    """Start of the line that is `lines` lines above `position`, not before `start`."""
    for _ in range(lines + 1):
        position = data.rfind(b"\n", start, position)
        if position < 0:
            return start
    return position + 1


def lines_after(data: Buffer, position: int, end: int, lines: int) -> int:
    """End of the line that is `lines` lines below `position`, not behind `end`."""
    for _ in range(lines + 1):
        position = data.find(b"\n", position, end)
        if position < 0:
            return end
        position += 1
    return position - 1


def before(data: Buffer, limit: int, position: int) -> bytes:
    """What stands before `position` on its line, not before `limit`: LINE_CONTEXT_BYTES at most."""
    start = max(limit, position - limits.LINE_CONTEXT_BYTES)
    return bytes(data[max(start, data.rfind(b"\n", start, position) + 1) : position])


def previous(data: Buffer, limit: int, position: int) -> bytes:
    """The line before the one of `position`, as `before` has it."""
    end = data.rfind(b"\n", limit, position)
    return before(data, limit, end) if end >= 0 else b""


def following(data: Buffer, position: int, limit: int) -> bytes:
    """The line behind the one of `position`, as `after` has it."""
    newline = data.find(b"\n", position, limit)
    return after(data, newline + 1, limit) if newline >= 0 else b""


def after(data: Buffer, position: int, limit: int) -> bytes:
    """What stands behind `position` on its line, not behind `limit`: LINE_CONTEXT_BYTES at most."""
    end = min(limit, position + limits.LINE_CONTEXT_BYTES)
    newline = data.find(b"\n", position, end)
    return bytes(data[position : end if newline < 0 else newline])


_CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes that continue a UTF-8 sequence (RFC 3629 section 3): they begin no character."""


def characters(text: Buffer) -> int:
    """Characters in UTF-8 text; a byte that is not valid there counts as one if it begins any."""
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUATION))


class Cursor:
    """Line and column of ascending offsets in a piece, without counting anything twice."""

    def __init__(self, data: Buffer, piece: Piece) -> None:
        self._data = data
        self._offset, self._line, self._column = piece.start, piece.line, piece.column

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column from 1, columns in characters; offsets must not go back."""
        line, column = self.peek(offset)
        self._offset, self._line, self._column = offset, line, column - 1
        return line, column

    def peek(self, offset: int) -> tuple[int, int]:
        """As `at`, but the next offset may be smaller."""
        lines = self._data.count(b"\n", self._offset, offset)
        if not lines:
            return self._line, self._column + characters(self._data[self._offset : offset]) + 1
        newline = self._data.rfind(b"\n", self._offset, offset)
        return self._line + lines, characters(self._data[newline + 1 : offset]) + 1
