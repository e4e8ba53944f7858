"""Lines and columns, against a plain count."""

from hypothesis import given
from hypothesis import strategies as st

from leakguard import limits
from leakguard.lines import (
    Cursor,
    after,
    before,
    characters,
    following,
    lines_after,
    lines_before,
    previous,
)
from leakguard.model import Piece

TEXT = b"one\ntwo\nthree\nfour\nfive"


def test_lines_before_and_after() -> None:
    at = TEXT.index(b"three") + 2

    assert TEXT[lines_before(TEXT, 0, at, 0) :].startswith(b"three")
    assert TEXT[lines_before(TEXT, 0, at, 1) :].startswith(b"two")
    assert lines_before(TEXT, 0, at, 9) == 0
    assert lines_before(TEXT, 6, at, 9) == 6
    assert TEXT[: lines_after(TEXT, at, len(TEXT), 0)].endswith(b"three")
    assert TEXT[: lines_after(TEXT, at, len(TEXT), 1)].endswith(b"four")
    assert lines_after(TEXT, at, len(TEXT), 9) == len(TEXT)
    assert lines_after(TEXT, at, 15, 9) == 15


def test_what_stands_on_the_line() -> None:
    at = TEXT.index(b"three") + 2

    assert (before(TEXT, 0, at), after(TEXT, at, len(TEXT))) == (b"th", b"ree")
    assert (before(TEXT, 9, at), after(TEXT, at, 12)) == (b"h", b"re")
    assert previous(TEXT, 0, at) == b"two"
    assert previous(TEXT, 0, 2) == b""
    assert previous(TEXT, at - 2, at) == b""
    assert following(TEXT, at, len(TEXT)) == b"four"
    assert following(TEXT, len(TEXT) - 2, len(TEXT)) == b""
    assert following(TEXT, at, at + 2) == b""


def test_context_of_a_long_line_is_bounded() -> None:
    text = b"a" * 10_000 + b"\n" + b"b" * 10_000

    assert len(before(text, 0, 5000)) == limits.LINE_CONTEXT_BYTES
    assert len(after(text, 5000, len(text))) == limits.LINE_CONTEXT_BYTES
    assert previous(text, 0, 15_000) == b"a" * limits.LINE_CONTEXT_BYTES


@given(st.text())
def test_characters_are_those_of_utf_8(text: str) -> None:
    assert characters(text.encode(errors="surrogatepass")) == len(text)


def test_bytes_that_are_no_utf_8_count_if_they_begin_a_character() -> None:
    assert characters(b"a\xff\x80\x80b") == 3
    assert characters(bytearray(b"ab\x00")) == 3


@given(st.text(alphabet="aé€😀\n\r\x00", max_size=60), st.data())
def test_cursor_counts_lines_and_columns(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    content = text.encode()
    cursor = Cursor(content, Piece("a", 0, len(content), 0, len(content)))

    for place in places:
        before_ = text[:place]
        expected = before_.count("\n") + 1, len(before_.rpartition("\n")[2]) + 1

        assert cursor.peek(len(before_.encode())) == expected
        assert cursor.at(len(before_.encode())) == expected


def test_cursor_goes_on_from_where_a_segment_begins() -> None:
    cursor = Cursor(b"xxab\ncd", Piece("a", 2, 7, 2, 7, offset=100, line=8, column=30))

    assert cursor.peek(3) == (8, 32)
    assert cursor.at(6) == (9, 2)
