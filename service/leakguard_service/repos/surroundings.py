"""The lines around a finding, for people to read, with nothing in them that could be a secret.

Masked is what any rule confirms there, whether it is reported or not, plainly or encoded, and what
looks like a value. A line in which the rules still see something after that is left out.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from leakguard import limits
from leakguard.encoded import Decoder
from leakguard.filters import is_words
from leakguard.matcher import Matcher
from leakguard.model import Candidate, Finding, Piece, Skip, Window
from leakguard.scanner import Scanner

MASK: Final = "•••"
"""Of one length: how long a secret is says something of it."""
LEFT_OUT: Final = "…"
LINES: Final = 2
"""Before and behind the finding; of one over many lines, so many of its own."""
LINE_BYTES: Final = 2_000
"""Of a longer line only what stands around the finding is shown, and nothing of its neighbours."""
LINE_CHARACTERS: Final = 160
AROUND: Final = 400
"""Bytes to either side of a finding that are cut out of a long line."""
MARGIN: Final = limits.DECODE_STRETCH + limits.MATCH_BYTES
"""Bytes to either side that are looked at as well: a secret may begin far before the stretch."""

_VALUE: Final = re.compile(
    rb"""(?ix)
      (?: pass | pwd | secret | token | key | auth | cred | salt | cookie | session | sign )
      [\w.-]{0,40} ["'\])]{0,3} [ \t]{0,20} (?: := | => | -> | [:=,(] ) [ \t]{0,20}
      (?P<value> "[^"]*"? | '[^']*'? | \S+ )
    """
)
"""What is given to a telling name."""
_USERINFO: Final = re.compile(rb"://(?P<value>[^\s/]+)@")
_RUN: Final = re.compile(rb"""[^\s"'`,()<>\[\]{}|:]{8,}""")
"""Characters of which a value could be made; it is none when it is words, or a small number."""
_NUMBER: Final = re.compile(rb"[A-Za-z_.]+=\d{1,4}")
_SHORTEST: Final = 4
"""Bytes of a secret that is looked for elsewhere in the stretch."""

_Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, or what is cut out of it; bytes of the blob."""

    number: int
    start: int
    end: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of a blob, and where its lines begin."""

    data: bytes = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)

    @classmethod
    def of(cls, data: bytes) -> "Blob":
        """Looks for the lines once, for all findings of the blob."""
        return cls(data, (0, *(match.end() for match in re.finditer(rb"\n(?!\Z)", data))))

    def line(self, number: int) -> _Line:
        """Counted from 1, without its line break."""
        if number < len(self.starts):
            return _Line(number, self.starts[number - 1], self.starts[number] - 1)
        return _Line(number, self.starts[-1], len(self.data) - self.data.endswith(b"\n"))


class Surroundings:
    """Masks with all rules of a matcher; for one thread."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher, self._scratch = matcher, matcher.scratch()
        self._scanner, self._decoder = Scanner(matcher), Decoder(matcher)
        self._keys = count()

    def of(self, blob: Blob, finding: Finding) -> str:
        """Lines of a blob as `number<TAB>text`; empty where nothing can be shown."""
        data, lines = blob.data, _lines(blob, finding)
        if not lines:
            return ""
        low, high = max(0, lines[0].start - MARGIN), lines[-1].end + MARGIN
        found = self._candidates(data[low:high])
        if found is None or b"\0" in data[lines[0].start : lines[-1].end]:
            return ""
        hidden = list(_hidden(data, low, lines, found))
        texts = [_text(data, line, hidden) for line in lines]
        texts = self._without_doubt(texts, {item.secret for item in found})
        shown = (f"{line.number}\t{text}" for line, text in zip(lines, texts, strict=True))
        return "\n".join(shown)

    def _candidates(self, text: bytes) -> list[Candidate] | None:
        """What the rules confirm, plainly and encoded; None when they cannot tell everything."""
        piece = Piece(str(next(self._keys)), 0, len(text), 0, len(text))
        window = Window(text + b"\n", len(text) + 1, [piece])
        hits = self._matcher.hits(window, self._scratch)
        found = [*self._scanner.candidates(window, hits)]
        found += self._decoder.candidates(window, hits, ())
        kept = [item for item in found if isinstance(item, Candidate)]
        return None if any(isinstance(item, Skip) for item in found) else kept

    def _without_doubt(self, texts: list[str], secrets: Iterable[bytes]) -> list[str]:
        """The lines but for those in which something can be seen after all."""
        known = [secret.decode(errors="replace") for secret in secrets if len(secret) >= _SHORTEST]
        texts = [LEFT_OUT if any(one in text for one in known) else text for text in texts]
        left = self._candidates("\n".join(texts).encode())
        if left is None:
            return [LEFT_OUT] * len(texts)
        doubtful = {
            number for item in left for number in range(item.span.line, item.span.end_line + 1)
        }
        return [LEFT_OUT if n in doubtful else text for n, text in enumerate(texts, 1)]


def _lines(blob: Blob, finding: Finding) -> list[_Line]:
    """The finding's line and its neighbours; of a long line what stands around the finding."""
    if not 0 < finding.line <= len(blob.starts):
        return []
    own = blob.line(finding.line)
    if own.end - own.start > LINE_BYTES:
        return [_cut(blob.data, own, finding.column)]
    last = min(finding.end_line, finding.line + LINES) + LINES
    numbers = range(max(1, finding.line - LINES), min(last, len(blob.starts)) + 1)
    return _beside([blob.line(number) for number in numbers], own)


def _beside(lines: list[_Line], own: _Line) -> list[_Line]:
    """The lines up to the next one on either side that is too long to be shown."""
    long = [line.number for line in lines if line.end - line.start > LINE_BYTES]
    low = max((number for number in long if number < own.number), default=0)
    high = min((number for number in long if number > own.number), default=own.number + len(lines))
    return [line for line in lines if low < line.number < high]


def _cut(data: bytes, line: _Line, column: int) -> _Line:
    """Around a column, in characters from 1."""
    before = data[line.start : line.end].decode(errors="surrogateescape")[: column - 1]
    place = line.start + len(before.encode(errors="surrogateescape"))
    start, end = max(line.start, place - AROUND), min(line.end, place + AROUND)
    return _Line(line.number, start, end, cut=True)


def _hidden(
    data: bytes, low: int, lines: list[_Line], found: Iterable[Candidate]
) -> Iterator[_Bounds]:
    """What is masked, in bytes of the blob; stretches may overlap."""
    for item in found:
        yield low + item.span.start, low + item.span.end
        for text in (item.secret, item.written):
            yield from _everywhere(data, lines, text)
    for line in lines:
        yield from _values(data, line)
        if line.cut:
            yield from _edges(data, line)


def _values(data: bytes, line: _Line) -> Iterator[_Bounds]:
    """What looks like a value, whatever the rules say of it."""
    for pattern in (_VALUE, _USERINFO):
        for match in pattern.finditer(data, line.start, line.end):
            yield match.span("value")
    for match in _RUN.finditer(data, line.start, line.end):
        if is_words(match[0]) is None and not _NUMBER.fullmatch(match[0]):
            yield match.span()


def _everywhere(data: bytes, lines: list[_Line], text: bytes) -> Iterator[_Bounds]:
    if len(text) < _SHORTEST:
        return
    at = data.find(text, lines[0].start, lines[-1].end)
    while at >= 0:
        yield at, at + len(text)
        at = data.find(text, at + 1, lines[-1].end)


def _edges(data: bytes, line: _Line) -> Iterator[_Bounds]:
    """The words that a cut went through: what is left of them cannot be judged."""
    text = data[line.start : line.end]
    yield line.start, line.start + len(text) - len(text.lstrip(_WORD_BYTES))
    yield line.end - (len(text) - len(text.rstrip(_WORD_BYTES))), line.end


_WORD_BYTES: Final = bytes(set(range(256)) - set(b" \t\"'`,()<>[]{}|:"))


def _text(data: bytes, line: _Line, hidden: Iterable[_Bounds]) -> str:
    """A line with masks, safe to show: no control or direction characters, cut when long."""
    marks = bytearray(line.end - line.start)
    for start, end in hidden:
        low, high = max(start, line.start) - line.start, min(end, line.end) - line.start
        if low < high:
            marks[low:high] = b"\x01" * (high - low)
    shown: list[str] = []
    for run in re.finditer(rb"\x00+|\x01+", marks):
        raw = data[line.start + run.start() : line.start + run.end()]
        shown.append(MASK if run[0][0] else raw.decode(errors="replace").replace("\t", "    "))
    text = "".join(shown).rstrip("\r")
    text = "".join(letter if letter.isprintable() else "�" for letter in text)
    return _shortened(text, LEFT_OUT if line.cut else "")


def _shortened(text: str, edge: str) -> str:
    if len(text) > LINE_CHARACTERS:
        start = max(0, min(text.find(MASK) - LINE_CHARACTERS // 2, len(text) - LINE_CHARACTERS))
        before = LEFT_OUT if start else edge
        return before + text[start : start + LINE_CHARACTERS] + LEFT_OUT
    return edge + text + edge
