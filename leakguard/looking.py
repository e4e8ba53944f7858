"""A source of which also tables are judged, and values of customers looked for.

The windows pass through as they are. A few bytes of each blob decide whether it may be a table;
only such a blob is read. An index is asked about every text, when the settings name one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from leakguard import limits
from leakguard.data.forms import COLUMNAR, LEAST_BYTES, form_of
from leakguard.data.seen import Data, Reading, RecordsSeen, TableSeen
from leakguard.model import Piece, Place, Skip, Window
from leakguard.sources import Counts, Source
from leakguard.sources.around import Around
from leakguard.unpack import Unpacking

if TYPE_CHECKING:
    from leakguard.data.edm_match import Seeker

_HEAD: Final = 1024
"""Bytes in which a NUL says that a blob is no text."""


class _Told(NamedTuple):
    """What a `Looking` in another process says of its share."""

    inner: Any
    """What its source says."""
    tables: list[TableSeen]
    records: list[RecordsSeen]
    unread: list[tuple[str, str]]


class Looking(Around):
    """A source, and what customers' data is in its blobs. For one thread."""

    def __init__(self, source: Source, data: Data) -> None:
        super().__init__(source)
        self.tables: list[TableSeen] = []
        self.records: list[RecordsSeen] = []
        self._settings = data.settings
        self._open = data.seekers
        self._seekers: Sequence[Seeker] = ()
        self._reading = Reading("")
        self._unread: list[tuple[str, str]] = []
        """Keys of what was not judged, and why."""
        self._unpacking = source if isinstance(source, Unpacking) else None
        if self._unpacking:
            self._unpacking.wants_sheets = True

    def windows(self) -> Iterator[Window | Skip]:
        return self._through(self._source.windows())

    def _through(self, items: Iterable[Window | Skip]) -> Iterator[Window | Skip]:
        """The items as they are, each looked at when whoever takes it asks for the next."""
        if self._open:
            self._seekers = self._open()
        for item in items:
            yield item
            if isinstance(item, Window):
                self._look(item)
                self._look_at_sheets()
        self._look_at_sheets()
        self._finish("")

    def told(self) -> _Told:
        return _Told(self._told_inside(), self.tables, self.records, self._unread)

    def hear(self, told: _Told) -> None:
        self._hear_inside(told.inner)
        self.tables += told.tables
        self.records += told.records
        self._unread += told.unread

    def _look(self, window: Window) -> None:
        """Runs for every blob: written for speed."""
        data, pieces = window.data, window.pieces
        if self._seekers:
            for piece in pieces:
                self._seek(data, piece)
        if not self._settings.tables:
            return
        if pieces and pieces[0].offset:
            self._continue(data, pieces[0])  # the segment of a large blob fills a window
            return
        for piece in pieces:
            start, end = piece.start, piece.end
            if end - start >= LEAST_BYTES and (form := form_of(data, start, end)):
                self._begin(form, data, piece)

    def _begin(self, form: str, data: bytes | bytearray, piece: Piece) -> None:
        reading = self._now(piece.key)
        if form == COLUMNAR:
            reading.whole = bytearray()
            self._collect(reading, data, piece)
            return
        reading.is_dump = form == "sql"
        if reading.is_dump:
            self._judge_dump(reading, data, piece)
        else:
            part = data[piece.start : min(piece.end, piece.start + limits.TABLE_SAMPLE_BYTES)]
            self._judge(reading, form, bytes(part), 0)

    def _judge_dump(self, reading: Reading, data: bytes | bytearray, piece: Piece) -> None:
        """Looks at a dump window by window: it may be larger than one."""
        at, line = piece.start, 0
        while at < piece.end:
            end = _line_end(data, min(at + limits.WINDOW_BYTES, piece.end), piece.end)
            part = bytes(data[at:end])
            if reading.has_new(part) or at == piece.start:
                self._judge(reading, "sql", part, line)
            line += part.count(b"\n")
            at = end

    def _continue(self, data: bytes | bytearray, piece: Piece) -> None:
        reading = self._now(piece.key)
        if reading.whole is not None:
            self._collect(reading, data, piece)
        elif reading.is_dump:
            part = bytes(data[piece.own_start : piece.end])
            if not reading.has_new(part):
                return
            before = data.count(b"\n", piece.start, piece.own_start)
            self._judge(reading, "sql", part, piece.line - 1 + before)

    def _collect(self, reading: Reading, data: bytes | bytearray, piece: Piece) -> None:
        """Puts a file together again that is read whole, and judges it at its end."""
        whole = reading.whole
        if whole is None:
            return
        whole += data[piece.own_start : piece.own_end]
        if len(whole) > limits.TABLE_WHOLE_BYTES:
            reading.whole = None
            self._unread.append((piece.key, "its rows were not looked at: it is too large"))
        elif piece.own_end == piece.end:
            reading.whole = None
            try:
                self._judge(reading, COLUMNAR, bytes(whole), 0)
            except ImportError:
                why = "its rows were not looked at: that takes `pip install 'leakguard[data]'`"
                self._unread.append((piece.key, why))

    def _judge(self, reading: Reading, form: str, data: bytes, line: int) -> None:
        """Looks at the tables of a text that begins behind so many lines."""
        from leakguard.data.rows import tables_in  # most scans meet no table

        for table in tables_in(form, data):
            if len(table.rows) < self._settings.rows or (
                table.name and table.name in reading.names
            ):
                continue
            from leakguard.data.profile import judge

            verdict = judge(table, self._settings.rows, self._settings.score)
            if verdict:
                reading.names.add(table.name)
                found = verdict._replace(table=table._replace(rows=[], line=table.line + line))
                self.tables.append(TableSeen(reading.key, found))

    def _look_at_sheets(self) -> None:
        """What of spreadsheets only several files in them say together."""
        if not self._unpacking:
            return
        for key, text in self._unpacking.sheets:
            piece = Piece(key, 0, len(text), 0, len(text))
            self._look(Window(text, len(text), [piece]))
        self._unpacking.sheets.clear()

    def _now(self, key: str) -> Reading:
        """What is known of a blob; the one before is finished when another one comes."""
        if self._reading.key != key:
            self._finish(key)
        return self._reading

    def _finish(self, following: str) -> None:
        reading = self._reading
        for tally, seeker in zip(reading.tallies, self._seekers, strict=False):
            if tally.is_leak(self._settings.matches):
                columns = seeker.content.columns
                names = tuple(columns[number].name for number in sorted(tally.columns))
                found = len(tally.strong) + len(tally.weak), len(tally.rows), tally.is_full()
                self.records.append(RecordsSeen(reading.key, tally.first, *found, names))
        self._reading = Reading(following)

    def _seek(self, data: bytes | bytearray, piece: Piece) -> None:
        """Asks the indexes about the lines that begin in a piece's own part."""
        if data.find(b"\0", piece.start, min(piece.end, piece.start + _HEAD)) >= 0:
            return
        from leakguard.data.edm_tally import Tally
        from leakguard.data.values import plain

        reading = self._now(piece.key)
        reading.tallies = reading.tallies or [Tally() for _ in self._seekers]
        at, line = piece.own_start, piece.line
        if piece.offset:
            line += data.count(b"\n", piece.start, at)
            # What is left of a line was read with the segment before, unless it is megabytes long.
            newline = data.find(b"\n", at - 1, min(piece.end, at + limits.CONTEXT_BYTES))
            if newline >= at:
                at, line = newline + 1, line + 1
        while at < piece.own_end and not all(tally.is_full() for tally in reading.tallies):
            end = _line_end(data, min(at + limits.EDM_BLOCK, piece.own_end), piece.end)
            text = plain(_decoded(bytes(data[at:end])))
            for tally, seeker in zip(reading.tallies, self._seekers, strict=True):
                tally.add(seeker.hits(text), line)
                tally.lines += text.count("\n") - text.count("\n\n")
            line += text.count("\n")
            at = end

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        return self._source.places(keys, elsewhere=elsewhere, counts=counts)

    def notes(self) -> list[str]:
        return [*self._source.notes(), *self._told()]

    def _told(self) -> Iterator[str]:
        """What was not judged as a table; it was looked at for all else."""
        places = self._source.places({key for key, _ in self._unread}) if self._unread else {}
        for key, why in self._unread:
            for place in places.get(key, ())[:1]:
                yield f"{place.path}: {why}"


def _line_end(data: bytes | bytearray, at: int, end: int) -> int:
    """Behind the next line break, or `end`."""
    newline = data.find(b"\n", max(0, at - 1), end)
    return newline + 1 if newline >= 0 else end


def _decoded(data: bytes) -> str:
    """As UTF-8, or else as what Windows in Western Europe writes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
