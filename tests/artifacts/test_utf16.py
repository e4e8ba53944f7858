"""Texts in UTF-16 and UTF-32, as files and as runs in binaries."""

import re
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts import utf16
from leakguard.artifacts.kinds import kinds_of
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

TEXT = "naïve text\r\nof two lines €"
MARKED = [
    "\ufeff".encode(encoding) + TEXT.encode(encoding)
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
]


@pytest.mark.parametrize("data", MARKED)
def test_a_file_with_a_byte_order_mark_is_decoded(data: bytes) -> None:
    assert list(utf16.strings(data)) == [TEXT.encode()]
    assert [kind.name for kind in kinds_of(data)] == ["utf-16"]


@pytest.mark.parametrize("data", MARKED)
def test_half_a_character_at_the_end_does_not_matter(data: bytes) -> None:
    (found,) = utf16.strings(data + b"x")
    assert found.decode().startswith(TEXT)


def test_plain_text_behind_a_mark_is_not_hidden_by_it() -> None:
    assert b"plain text" in list(utf16.strings(b"\xff\xfeplain text"))


def test_a_memoryview_is_as_good_as_bytes() -> None:
    assert list(utf16.strings(memoryview(MARKED[0]))) == [TEXT.encode()]
    assert list(utf16.runs(memoryview(wide("wide text")))) == [b"wide text"]


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


@pytest.mark.parametrize("before", [b"", b"\xff", b"\xff\x01", b"x\x01\x02"])
def test_runs_are_found_at_any_offset(before: bytes) -> None:
    assert list(utf16.runs(before + wide("wide text") + b"\xff")) == [b"wide text"]


def test_texts_of_dotnet_keep_apart() -> None:
    heap = b"\0"
    for text in ("first text", "x" * 56, "y" * 200):
        length = 2 * len(text) + 1
        prefix = bytes([length]) if length < 0x80 else (length | 0x8000).to_bytes(2, "big")
        heap += prefix + wide(text) + b"\0"
    assert list(utf16.runs(heap)) == [b"first text", b"x" * 56, b"y" * 200]


def test_runs_are_not_cut_where_two_windows_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utf16, "_WINDOW", 64)
    for offset in range(40, 70):
        data = b"\xff" * offset + wide("a wide text") + b"\xff" * 9
        assert list(utf16.runs(data)) == [b"a wide text"]


def test_a_run_longer_than_a_window_comes_out_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utf16, "_WINDOW", 64)
    assert b"".join(utf16.runs(wide("z" * 500))) == b"z" * 500


@given(st.lists(st.sampled_from([b"a\0", b"\0", b"b\0c\0d\0e\0f\0", b"\xff", b"~\0\n\0"])))
@settings(max_examples=4 * EXAMPLES, deadline=None)
def test_runs_are_those_of_a_plain_pattern(parts: list[bytes]) -> None:
    data = b"".join(parts)
    expected = re.findall(rb"(?:[\t\n\r\x20-\x7e]\0){6,}", data)
    assert list(utf16.runs(data)) == [run[::2] for run in expected]


@given(mutated(MARKED))
@settings(max_examples=EXAMPLES, deadline=None)
def test_damaged_texts_end_quietly(data: bytes) -> None:
    assert_survives(lambda it: list(chain(utf16.strings(it), utf16.runs(it))), data)
