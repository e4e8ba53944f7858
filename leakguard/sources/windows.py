"""Packs streams of bytes into windows: many small blobs in one, one large blob in segments."""

from collections.abc import Callable, Iterator

from leakguard import limits
from leakguard.lines import characters
from leakguard.model import Piece, Skip, Window
from leakguard.sources import Tally

ReadInto = Callable[[memoryview], int]
"""Fills the front of a buffer and says how many bytes; 0 at the end. May raise OSError."""


class Packer:
    """Collects blobs into windows. `add` and `flush` yield the windows that got full."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._data = bytearray(limits.WINDOW_BYTES)
        self._length = 0
        self._pieces: list[Piece] = []

    def add(self, key: str, read: ReadInto) -> Iterator[Window | Skip]:
        """Takes one blob. Raises OSError as `read` does; the blob is then left out."""
        start = self._length
        room = len(self._data) - 1
        filled, ended = _fill(self._data, start, room, read)
        if not ended and start:
            rest = self._data[start:filled]
            yield from self.flush()
            self._data[: len(rest)] = rest
            start = 0
            filled, ended = _fill(self._data, len(rest), room, read)
        if not ended:
            head, self._data = self._data, bytearray(limits.WINDOW_BYTES)
            yield from segments(key, head, filled, read, self._tally)
            return
        self._data[filled] = ord("\n")
        self._length = filled + 1
        self._tally.blobs += 1
        self._tally.bytes += filled - start
        self._pieces.append(Piece(key, start, filled, start, filled))

    def flush(self) -> Iterator[Window]:
        """The window begun, when there is anything in it."""
        if self._pieces:
            yield Window(self._data, self._length, self._pieces)
            self._data, self._pieces = bytearray(limits.WINDOW_BYTES), []
        self._length = 0


def segments(
    key: str, data: bytearray, filled: int, read: ReadInto, tally: Tally
) -> Iterator[Window | Skip]:
    """A blob larger than a window, in windows that overlap, in order.

    `data` holds the first `filled` bytes. A read that fails ends it with a Skip of the rest.
    """
    offset, line, column, own_start, failure = 0, 1, 0, 0, ""

    def read_on(view: memoryview) -> int:
        nonlocal failure
        try:
            return read(view)
        except OSError as error:
            failure = error.strerror or "read error"
            return 0

    while True:
        filled, ended = _fill(data, filled, len(data) - 1, read_on)
        own_end = filled if ended else filled - limits.OVERLAP_BYTES
        data[filled] = ord("\n")
        piece = Piece(key, 0, filled, own_start, own_end, offset, line, column)
        yield Window(data, filled + 1, [piece])
        tally.bytes += own_end - own_start
        if ended:
            break
        keep = own_end - limits.CONTEXT_BYTES
        line, column = _advance(data, keep, line, column)
        following = bytearray(len(data))
        following[: filled - keep] = data[keep:filled]
        offset += keep
        data, filled, own_start = following, filled - keep, limits.CONTEXT_BYTES
    tally.blobs += 1
    if failure:
        yield Skip(key, f"cannot be read to its end: {failure}")


def _fill(data: bytearray, start: int, room: int, read: ReadInto) -> tuple[int, bool]:
    """Reads until `room` is full or the stream ends: bytes in `data`, and whether it ended."""
    with memoryview(data) as view:
        while start < room:
            count = read(view[start:room])
            if not count:
                return start, True
            start += count
    return start, False


def _advance(data: bytearray, end: int, line: int, column: int) -> tuple[int, int]:
    """Line, and characters before `end` on it, from those at the start of `data`."""
    lines = data.count(b"\n", 0, end)
    if not lines:  # one line of megabytes: a copy of it is dear, and mostly not needed
        return line, column + (end if data.isascii() else characters(data[:end]))
    return line + lines, characters(data[data.rfind(b"\n", 0, end) + 1 : end])
