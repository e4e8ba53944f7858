"""Windows and hits in, candidates out: of what is written in another way than as it is.

What decode.py can read goes through the same automaton and the same scanner once more, all texts of
a window together, and again for what is encoded in that. Generic rules do not count there, nor
those of other tools, which are to find what they find there.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from leakguard import limits
from leakguard.decode import ENCODINGS, border
from leakguard.lines import Buffer, Cursor, after, before, following, previous
from leakguard.matcher import ENCODED, Hits, Matcher
from leakguard.model import Candidate, Piece, Skip, Span, Window
from leakguard.overlaps import strongest
from leakguard.pattern import search
from leakguard.scanner import Scanner
from leakguard.written import Encoding, Text

_ESCAPE_BYTES = 6
"""Bytes of the longest escape, `\\u006e`."""

_VALUE_BYTES = 32
"""Bytes to either side of a hit on a named value, in which base64 begins if it is that."""

_LONG = re.compile(rb"[A-Za-z0-9+/_-]{24}")
"""Without it there is no `inner` of any encoding: two calls of RE2 are spared."""

_Marks = list[tuple[int, int]]
"""Pairs of (offset in the window at which an encoded text was hit, number of its encoding)."""


class _Stretch(NamedTuple):
    """Bytes of a piece that are decoded as one."""

    encoding: int
    piece: Piece
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Layer:
    """A decoded text, and the stretch in its buffer that says it."""

    text: Text
    buffer: Buffer
    stretch: _Stretch
    root: int
    """Hash of the outermost stretch."""
    outer: "_Layer | None" = None
    """What the buffer's piece is itself; None for a blob."""

    @property
    def encoding(self) -> Encoding:
        return ENCODINGS[self.stretch.encoding]

    @property
    def outermost(self) -> "_Layer":
        return self.outer.outermost if self.outer else self

    @property
    def name(self) -> str:
        return f"{self.outer.name} > {self.text.name}" if self.outer else self.text.name

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where in the window of the blob stands what the text has from `start` to `end`."""
        first, last = self.stretch.start, self.stretch.end
        if self.encoding.is_exact:
            raw = bytes(self.buffer[first:last])
            low, high = self.encoding.place(raw, start, end)
            first, last = first + low, first + high
        if self.outer is None:
            return first, last
        return self.outer.source(first - self.stretch.piece.start, last - self.stretch.piece.start)


class Decoder:
    """The half of one scan that looks into encoded texts; for one thread."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._scanner = Scanner(matcher)
        self._scratch = matcher.scratch()
        self._empty: set[int] = set()
        """Hashes of stretches that hold nothing: the versions of a file repeat most of them."""

    def candidates(
        self, window: Window, hits: Hits, plain: Sequence[Candidate]
    ) -> Iterator[Candidate | Skip]:
        """What encoded texts hold, but nothing of `plain`: what the window shows as it is.

        A skip has the piece's key for its path.
        """
        marks = self._marks(window.data, hits)
        if not marks:
            return
        known = {_secret(candidate) for candidate in plain}
        roots: set[int] = set()
        layers, spent = list(self._layers(window, marks, (), roots)), 0
        for _ in range(limits.DECODE_DEPTH):
            spent += sum(len(layer.text.data) for layer in layers)
            yield from _unread(layers, spent)
            if spent > limits.DECODE_TOTAL:
                return
            if not layers:
                break
            inner = _window(layers)
            hits = self._matcher.hits(inner, self._scratch)
            for item, layer in self._inside(inner, hits, layers):
                roots.discard(layer.root)
                if isinstance(item, Skip) or _secret(item) not in known:
                    known |= {_secret(item)} if isinstance(item, Candidate) else set()
                    yield item
            marks = [*self._marks(inner.data, hits), *_inner_marks(inner, layers)]
            layers = list(self._layers(inner, marks, layers, roots))
        self._remember(roots)

    def _marks(self, data: Buffer, hits: Hits) -> _Marks:
        """Hits of encodings, of tokens that stand behind an escape, of named values in base64."""
        marks: _Marks = []
        for end, number in hits:
            if number >= ENCODED:
                marks.append((end, number - ENCODED))
                continue
            found = self._matcher.finders[number]
            if number >= len(self._matcher.rules):
                marks += _ascii_marks(data, max(0, end - _VALUE_BYTES), end + _VALUE_BYTES)
            elif found and found.most - found.least <= limits.FINDER_BYTES:
                low = max(0, end - found.most - _ESCAPE_BYTES)
                encoding = border(data, low, end - found.least)
                if encoding is not None:
                    marks.append((end - found.least, encoding))
        return marks

    def _layers(
        self, window: Window, marks: _Marks, outer: Sequence[_Layer], roots: set[int]
    ) -> Iterator[_Layer]:
        """What the stretches around the marks say; `outer` is what the window's pieces are.

        Hashes of stretches of a blob go to `roots`.
        """
        for stretch in _stretches(window, sorted(marks)):
            raw = bytes(window.data[stretch.start : stretch.end])
            around = outer[int(stretch.piece.key)] if outer else None
            root = around.root if around else hash((stretch.encoding, raw))
            if root in self._empty:
                continue
            if not around:
                roots.add(root)
            for text in ENCODINGS[stretch.encoding].decode(raw):
                if text.data and text.data != raw:
                    yield _Layer(text, window.data, stretch, root, around)

    def _inside(
        self, window: Window, hits: Hits, layers: Sequence[_Layer]
    ) -> Iterator[tuple[Candidate | Skip, _Layer]]:
        """What the rules confirm in decoded texts, where the blobs have it."""
        found: list[Candidate] = []
        for item in self._scanner.candidates(window, hits):
            if isinstance(item, Skip):
                layer = layers[int(item.path)]
                yield replace(item, path=layer.outermost.stretch.piece.key), layer
            elif not item.rule.generic and not item.rule.foreign:
                found.append(item)
        for candidate in strongest(found):
            layer = layers[int(candidate.key)]
            yield _placed(candidate, layer), layer

    def _remember(self, roots: set[int]) -> None:
        if len(self._empty) > limits.SEEN_STRETCHES:
            self._empty.clear()
        self._empty |= roots


def _ascii_marks(data: Buffer, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Base64 and hex of ASCII between two offsets, whatever it says."""
    if not _LONG.search(data, start, end):
        return
    for number, encoding in enumerate(ENCODINGS):
        if encoding.inner:
            for match in search(encoding.inner).finditer(data, start, end):
                yield match.end(), number


def _inner_marks(window: Window, layers: Sequence[_Layer]) -> Iterator[tuple[int, int]]:
    """Of decoded texts, those in which no byte stood for itself."""
    for piece, layer in zip(window.pieces, layers, strict=True):
        if not layer.encoding.escape:
            yield from _ascii_marks(window.data, piece.start, piece.end)


def _stretches(window: Window, marks: _Marks) -> Iterator[_Stretch]:
    """The stretches around ascending marks; those of one encoding that meet are one."""
    open_ones: dict[int, _Stretch] = {}
    starts = [piece.own_start for piece in window.pieces]
    for hit, number in marks:
        piece = _piece(window.pieces, starts, hit)
        last = open_ones.get(number)
        if piece is None or (last and last.piece is piece and _is_whole(last, hit)):
            continue
        start, end = ENCODINGS[number].stretch(window.data, piece.start, piece.end, hit)
        if last and last.piece is piece and start <= last.end and ENCODINGS[number].escape:
            open_ones[number] = last._replace(end=max(end, last.end))
            continue
        if last:
            yield last
        open_ones[number] = _Stretch(number, piece, start, end)
    yield from open_ones.values()


def _is_whole(stretch: _Stretch, hit: int) -> bool:
    """Whether nothing behind a hit is missing in a stretch that holds it."""
    return ENCODINGS[stretch.encoding].escape is None and hit <= stretch.end


def _piece(pieces: Sequence[Piece], starts: Sequence[int], hit: int) -> Piece | None:
    """The piece that owns a hit, None in the context of a segment and between pieces.

    `starts` has where the pieces' own parts begin.
    """
    index = bisect_left(starts, hit) - 1
    if index < 0 or hit > pieces[index].own_end:
        return None
    return pieces[index]


def _window(layers: Sequence[_Layer]) -> Window:
    """All texts behind one another; the key of a piece is its layer's number."""
    pieces: list[Piece] = []
    length = 0
    for number, layer in enumerate(layers):
        end = length + len(layer.text.data)
        pieces.append(Piece(str(number), length, end, length, end))
        length = end + 1
    data = b"\n".join([*(layer.text.data for layer in layers), b""])
    return Window(data, length, pieces)


def _placed(candidate: Candidate, layer: _Layer) -> Candidate:
    """The candidate of a decoded text as one of the blob."""
    start, end = layer.source(candidate.span.start, candidate.span.end)
    outermost = layer.outermost
    data, piece = outermost.buffer, outermost.stretch.piece
    width, shift = outermost.encoding.width, piece.offset - piece.start
    cursor = Cursor(data, piece)
    line, column = cursor.peek(start)
    end_line, end_column = cursor.peek(end)
    if width > 1:
        column = _wide_column(data, piece, start, width)
        end_column = _wide_column(data, piece, end, width)
    return replace(
        candidate,
        key=piece.key,
        span=Span(start + shift, end + shift, line, column, end_line, end_column),
        before=before(data, piece.start, start),
        after=after(data, end, piece.end),
        previous=previous(data, piece.start, start),
        following=following(data, end, piece.end),
        encoding=layer.name,
        written=bytes(data[start:end]),
    )


def _wide_column(data: Buffer, piece: Piece, offset: int, width: int) -> int:
    newline = data.rfind(b"\n", piece.start, offset)
    return (offset - (newline + 1 if newline >= 0 else piece.start)) // width + 1


def _unread(layers: Iterable[_Layer], spent: int) -> Iterator[Skip]:
    """What of the layers' texts is not looked at."""
    for layer in layers:
        key = layer.outermost.stretch.piece.key
        if layer.text.cut:
            most = limits.DECODE_INFLATED // limits.MIB
            yield Skip(key, f"encoded text ({layer.name}) is read up to {most} MiB only")
        if spent > limits.DECODE_TOTAL:
            most = limits.DECODE_TOTAL // limits.MIB
            yield Skip(key, f"encoded texts are not read: more than {most} MiB together")


def _secret(candidate: Candidate) -> tuple[str, str, bytes]:
    return candidate.key, candidate.rule.family or candidate.rule.id, candidate.secret
