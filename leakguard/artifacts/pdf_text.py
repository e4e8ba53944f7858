"""Text in PDF: strings with their escapes, what the codes of a font mean, lines of a page.

Source: ISO 32000-1:2008, 7.3.4 (strings), 9.4.2 and 9.4.3 (text operators), 9.10.3 (ToUnicode).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from leakguard.artifacts.pdf_objects import unhex

_PAREN = re.compile(rb"[()\\]")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|\r?\n|\r|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_STRING = re.compile(rb"\(|<([0-9A-Fa-f\s]{8,})>")
_TOKEN = re.compile(
    rb"\(|<([0-9A-Fa-f\s]*)>|/([^\s/<>\[\]()%{}]+)|([-+]?[0-9]*\.?[0-9]+)|([A-Za-z'\"]+\*?)"
)
_BLOCK = re.compile(rb"\bBT\b")
_WORD_GAP = -180
"""Thousandths of the font's size that a move inside a word does not reach."""
_MOST_CODES = 1 << 16
_Glyphs = list[bytes | float]


@dataclass(slots=True)
class Codes:
    """What the codes of a font mean, and how many bytes one has."""

    width: int = 1
    texts: dict[bytes, str] = field(default_factory=dict)


def is_content(data: bytes) -> bool:
    """Whether a stream draws text."""
    return bool(_BLOCK.search(data)) and re.search(rb"T[jJ]\b|[)>]\s*['\"]", data) is not None


def literals(head: bytes) -> Iterator[bytes]:
    """The strings of an object, as UTF-8: those in brackets, and long ones in hexadecimal."""
    at = 0
    while match := _STRING.search(head, at):
        if match[1]:
            at = match.end()
            yield _text(unhex(match[1]))
        else:
            raw, at = _literal(head, match.end())
            yield _text(raw)


def lines(data: bytes, fonts: Mapping[bytes, Codes | None]) -> Iterator[bytes]:
    """The lines that the text operators of a page or form show, as UTF-8.

    Where the pen moved within a line there is a space; such a line comes a second time without
    them, since the file does not say how wide a space is.
    """
    page, at = _Lines(), 0
    while match := _BLOCK.search(data, at):
        at = _show(data, match.end(), page, fonts)
        yield from page.ready()
    page.end()
    yield from page.ready()


def _show(data: bytes, at: int, page: "_Lines", fonts: Mapping[bytes, Codes | None]) -> int:
    """Takes in one text object, up to ET; says where it ends."""
    page.begin()
    operands: _Glyphs = []
    font = b""
    while match := _TOKEN.search(data, at):
        at = match.end()
        hexed, name, number, operator = match.groups()
        if match[0] == b"(":
            raw, at = _literal(data, at)
            operands.append(raw)
        elif hexed is not None:
            operands.append(unhex(hexed))
        elif number is not None:
            operands.append(float(number))
        elif name is not None:
            font = name
        elif operator == b"ET":
            return at
        else:
            page.codes = fonts.get(font) if operator == b"Tf" else page.codes
            page.operator(operator, operands)
            operands = []
    return len(data)


class _Lines:
    """Puts shown texts together to lines, by the height at which the pen is."""

    def __init__(self) -> None:
        self.codes: Codes | None = None
        self._y = self._shown_y = self._leading = 0.0
        self._gap = b""
        self._parts: list[tuple[bytes, str]] = []
        self._done: list[bytes] = []

    def begin(self) -> None:
        """A text object begins: the pen is at the origin."""
        self._y, self._gap = 0.0, b" "

    def operator(self, name: bytes, operands: _Glyphs) -> None:
        """Does what an operator says; unknown ones do nothing."""
        numbers = [operand for operand in operands if isinstance(operand, float)]
        if name in (b"Td", b"TD") and numbers:
            self._move(self._y + numbers[-1])
            self._leading = -numbers[-1] if name == b"TD" else self._leading
        elif name == b"Tm" and numbers:
            self._move(numbers[-1])
        elif name == b"TL" and numbers:
            self._leading = numbers[-1]
        elif name in (b"T*", b"'", b'"'):
            self.end()
        if name in (b"Tj", b"TJ", b"'", b'"'):
            self._show(operands if name == b"TJ" else [o for o in operands if isinstance(o, bytes)])

    def _move(self, y: float) -> None:
        self._y, self._gap = y, self._gap or b"?"

    def _show(self, glyphs: _Glyphs) -> None:
        if self._y != self._shown_y:
            self.end()
            self._shown_y = self._y
        for glyph in glyphs:
            if isinstance(glyph, float):
                self._gap = b" " if glyph < _WORD_GAP else self._gap
            else:
                self._parts.append((self._gap, self._decode(glyph)))
                self._gap = b""

    def _decode(self, raw: bytes) -> str:
        codes = self.codes
        if codes is None:
            return raw.replace(b"\0", b"").decode("cp1252", "replace")
        cut = range(0, len(raw), codes.width)
        return "".join(codes.texts.get(raw[at : at + codes.width], "") for at in cut)

    def end(self) -> None:
        """The line is over."""
        if self._parts:
            spaced = "".join((" " if gap else "") + text for gap, text in self._parts)
            self._done.append(spaced.strip().encode("utf-8", "replace"))
            if any(gap == b"?" for gap, _ in self._parts[1:]):
                glued = "".join((" " if gap == b" " else "") + text for gap, text in self._parts)
                self._done.append(glued.strip().encode("utf-8", "replace"))
        self._parts, self._gap = [], b""

    def ready(self) -> list[bytes]:
        """The lines that are over, once."""
        done, self._done = self._done, []
        return done


def codes(cmap: bytes) -> Codes:
    """A ToUnicode map: `bfchar` and `bfrange` of its PostScript (9.10.3).

    How long codes are is taken from them: matplotlib declares two bytes and writes one.
    """
    found = Codes()
    for part in cmap.split(b"beginbfchar")[1:]:
        hexed = re.findall(rb"<([0-9A-Fa-f\s]*)>", part.partition(b"endbfchar")[0])
        for code, text in zip(hexed[::2], hexed[1::2], strict=False):
            found.texts[unhex(code)] = _utf16(unhex(text))
    pattern = rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f\s]+)>|\[([^\[\]]*)\])"
    for part in cmap.split(b"beginbfrange")[1:]:
        for low, high, text, listed in re.findall(pattern, part.partition(b"endbfrange")[0]):
            _range(found, unhex(low), unhex(high), text, listed)
    found.width = max(1, min(map(len, found.texts), default=1))
    return found


def _range(found: Codes, low: bytes, high: bytes, text: bytes, listed: bytes) -> None:
    """Codes that follow one another: from one text on, or each with its own."""
    start, count = int.from_bytes(low, "big"), int.from_bytes(high, "big") + 1
    count = max(0, min(count - start, _MOST_CODES - len(found.texts)))
    if listed:
        texts = [_utf16(unhex(t)) for t in re.findall(rb"<([0-9A-Fa-f\s]*)>", listed)]
    else:
        first = _utf16(unhex(text))
        last = ord(first[-1:] or "\0")
        texts = [first[:-1] + chr(min(last + i, 0x10FFFF)) for i in range(count)]
    for index, value in enumerate(texts[:count]):
        found.texts[(start + index).to_bytes(len(low), "big")] = value


def _literal(data: bytes, at: int) -> tuple[bytes, int]:
    """A string whose opening bracket stands before `at`, and where it ends."""
    start, depth = at, 1
    while depth and (match := _PAREN.search(data, at)):
        at = match.end() + (match[0] == b"\\")
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
    if depth:
        return data[start:], len(data)
    return _unescaped(data[start : at - 1]), at


def _unescaped(raw: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 8) & 255])
        return _ESCAPED.get(match[2], match[2]) if match[2] else b""

    return _ESCAPE.sub(plain, raw) if b"\\" in raw else raw


def _text(raw: bytes) -> bytes:
    """A text string (7.9.2.2): UTF-16 with a byte order mark, UTF-8 with one, or one byte each."""
    if raw.startswith(b"\xfe\xff"):
        return _utf16(raw[2:]).encode("utf-8", "replace")
    return raw.removeprefix(b"\xef\xbb\xbf")


def _utf16(raw: bytes) -> str:
    return raw.decode("utf-16-be", "replace")
