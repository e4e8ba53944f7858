"""Ways of writing in which most characters stand for themselves."""

import re
from collections.abc import Callable
from typing import Final

from leakguard import limits
from leakguard.lines import Buffer
from leakguard.written import Encoding, Text

_BREAK: Final = re.compile(rb"[^A-Za-z0-9_+/=.%-]")
"""What stands between words: a stretch must not begin in the middle of one."""


def _line(data: Buffer, low: int, high: int, hit: int) -> tuple[int, int]:
    """The line of a hit, DECODE_BACK and DECODE_AHEAD bytes of it at most, and no part of a word.

    Versions of a file repeat their lines: what was read once need not be read again.
    """
    start, end = max(low, hit - limits.DECODE_BACK), min(high, hit + limits.DECODE_AHEAD)
    return _whole_words(data, low, high, _cut(data, start, end, hit - 1, hit))


def _lines(data: Buffer, low: int, high: int, hit: int) -> tuple[int, int]:
    """As `_line`, with the lines before and behind it."""
    start, end = max(low, hit - limits.DECODE_BACK), min(high, hit + limits.DECODE_AHEAD)
    first, last = data.rfind(b"\n", start, hit - 1), data.find(b"\n", hit, end)
    around = _cut(data, start, end, max(first, start), last + 1 if last >= 0 else end)
    return _whole_words(data, low, high, around)


def _cut(data: Buffer, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """From behind the last line break before `first` to the next one from `last` on."""
    newline = data.find(b"\n", last, end)
    return max(start, data.rfind(b"\n", start, first) + 1), newline if newline >= 0 else end


def _whole_words(data: Buffer, low: int, high: int, around: tuple[int, int]) -> tuple[int, int]:
    start, end = around
    if start > low and (found := _BREAK.search(data, start - 1, end)):
        start = found.end()
    if end < high and (found := _BREAK.search(data, end, min(high, end + limits.DECODE_BACK))):
        end = found.start()
    return start, end


def escapes(
    name: str,
    finders: tuple[str, ...],
    escape: bytes,
    replace: Callable[["re.Match[bytes]"], bytes],
    *,
    lines: bool = False,
) -> Encoding:
    """An encoding in which most characters stand for themselves."""
    pattern = re.compile(escape)
    return Encoding(
        name,
        finders,
        _lines if lines else _line,
        lambda raw: [Text(name, pattern.sub(replace, raw))],
        escape=pattern,
        replace=replace,
    )


def byte(match: "re.Match[bytes]") -> bytes:
    """The byte of two hex digits."""
    return bytes([int(match[1], 16)])


def character(match: "re.Match[bytes]") -> bytes:
    """The character of a number in hex, in UTF-8."""
    code = int(match[1] or match[2], 16)
    return chr(code).encode("utf-8", "replace") if code < 0x110000 else match[0]


def entity(match: "re.Match[bytes]") -> bytes:
    """The character of a reference in HTML, in UTF-8."""
    from html import unescape  # takes two milliseconds to import

    return unescape(match[0].decode()).encode("utf-8", "replace")


def quoted_printable(match: "re.Match[bytes]") -> bytes:
    """The byte of two hex digits; nothing for a line that goes on (RFC 2045, section 6.7)."""
    return bytes([int(match[1], 16)]) if match[1] else b""
