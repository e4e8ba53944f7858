"""Streams become windows that hold every byte once, and know where they are in their blob."""

import io
from collections.abc import Iterator

import pytest

from leakguard import limits
from leakguard.lines import characters
from leakguard.model import Piece, Skip, Window
from leakguard.sources import Tally
from leakguard.sources.windows import Packer

SIZES = [0, 1, 1998, 1999, 2000, 2001, 1500, 400, 99, 0, 0, 5000, 1999, 3, 12345, 7]


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WINDOW_BYTES", 2000)
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 500)
    monkeypatch.setattr(limits, "CONTEXT_BYTES", 60)


class Stream:
    """Hands out at most `step` bytes a call, and fails after `fails_after` bytes."""

    def __init__(self, data: bytes, step: int = 1 << 20, fails_after: int = 1 << 40) -> None:
        self._data = io.BytesIO(data)
        self._step = step
        self._left = fails_after

    def read(self, view: memoryview) -> int:
        if not self._left:
            raise OSError(5, "Input/output error")
        count = self._data.readinto(view[: min(self._step, self._left)])
        self._left -= count
        return count


def packed(tally: Tally, streams: dict[str, Stream]) -> Iterator[Window | Skip]:
    packer = Packer(tally)
    for key, stream in streams.items():
        try:
            yield from packer.add(key, stream.read)
        except OSError as error:
            yield Skip(key, str(error.strerror))
    yield from packer.flush()


def blob(number: int, size: int) -> bytes:
    """Bytes without a period that divides anything, with some lines and some UTF-8."""
    return bytes((number * 7 + i * i // 3) % 253 for i in range(size))


def checked(windows: Iterator[Window | Skip]) -> Iterator[tuple[Window, Piece]]:
    """The pieces, after a look at what every window promises."""
    for window in windows:
        assert isinstance(window, Window)
        assert window.pieces
        assert window.length <= len(window.data) == limits.WINDOW_BYTES
        end = 0
        for piece in window.pieces:
            assert end <= piece.start <= piece.own_start <= piece.own_end <= piece.end
            assert window.data[piece.end] == ord("\n")
            end = piece.end + 1
            yield window, piece
        assert end == window.length


@pytest.mark.parametrize("step", [1, 7, 1999, 2000, 1 << 20])
def test_every_byte_is_owned_by_one_piece_however_the_stream_comes(step: int) -> None:
    blobs = {str(number): blob(number, size) for number, size in enumerate(SIZES)}
    tally = Tally()
    owned = dict.fromkeys(blobs, b"")

    streams = {key: Stream(data, step) for key, data in blobs.items()}
    for window, piece in checked(packed(tally, streams)):
        owned[piece.key] += window.data[piece.own_start : piece.own_end]

    assert owned == blobs
    assert (tally.blobs, tally.bytes) == (len(SIZES), sum(SIZES))


@pytest.mark.parametrize("text", ["", "\n", "é", "x\n", "日本\n"])
def test_pieces_know_their_offset_line_and_column(text: str) -> None:
    data = (text.encode() * 9000 + b"end")[:20000]

    for window, piece in checked(packed(Tally(), {"big": Stream(data)})):
        before = data[: piece.offset]
        assert data[piece.offset :].startswith(bytes(window.data[piece.start : piece.end]))
        assert piece.line == before.count(b"\n") + 1
        assert piece.column == characters(before[before.rfind(b"\n") + 1 :])


def test_segments_share_what_a_match_at_the_border_needs() -> None:
    data = blob(1, 9000)

    pieces = [piece for _, piece in checked(packed(Tally(), {"big": Stream(data)}))]

    assert len(pieces) > 4
    for first, second in zip(pieces, pieces[1:], strict=False):
        border = first.offset + first.own_end
        assert border == second.offset + second.own_start
        assert first.offset + first.end - border == limits.OVERLAP_BYTES
        assert border - second.offset == limits.CONTEXT_BYTES


def test_small_blobs_share_a_window() -> None:
    (window,) = packed(Tally(), {str(number): Stream(b"x" * 20) for number in range(50)})

    assert isinstance(window, Window)
    assert len(window.pieces) == 50


def test_a_blob_that_fails_is_left_out_and_its_neighbours_are_not() -> None:
    streams = {"a": Stream(b"first"), "b": Stream(b"lost" * 99, 9, 100), "c": Stream(b"last")}
    tally = Tally()

    items = list(packed(tally, streams))

    window = items[1]
    assert items[0] == Skip("b", "Input/output error")
    assert isinstance(window, Window)
    assert window.data[: window.length] == b"first\nlast\n"
    assert [piece.key for piece in window.pieces] == ["a", "c"]
    assert (tally.blobs, tally.bytes) == (2, 9)


def test_a_blob_that_fails_after_a_flush_leaves_nothing_behind() -> None:
    streams = {"a": Stream(b"x" * 1500), "b": Stream(b"y" * 1900, 100, 1000), "c": Stream(b"z")}

    items = list(packed(Tally(), streams))

    windows = [bytes(w.data[: w.length]) for w in items if isinstance(w, Window)]
    assert windows == [b"x" * 1500 + b"\n", b"z\n"]


def test_a_large_blob_that_fails_is_scanned_so_far_and_its_rest_is_a_skip() -> None:
    tally = Tally()

    *windows, skip = packed(tally, {"big": Stream(blob(1, 9000), 512, 5000)})

    assert skip == Skip("big", "cannot be read to its end: Input/output error")
    assert len(windows) >= 3
    assert tally.bytes == 5000
