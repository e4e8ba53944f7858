"""Ways of writing: what each reads, and where in the stretch it stands."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.alphabets import BASE64, HEX, UTF16, UTF32
from leakguard.decode import ENCODINGS, border, finders
from leakguard.pattern import search

BY_NAME = {encoding.name: encoding for encoding in ENCODINGS}

WRITTEN = [
    ("percent", b"a%3Db%2fc", b"a=b/c"),
    ("unicode escapes", rb"a\u003db\u{2f}c", b"a=b/c"),
    ("hex escapes", rb"a\x3db\x2Fc", b"a=b/c"),
    ("html", b"a&#61;b&#x2f;c&amp;&nosuch;", b"a=b/c&&nosuch;"),
    ("quoted-printable", b"a=3Db/=\r\nc", b"a=b/c"),
    ("json", rb"{\"a\":\"b\/c\\nd\n\"}", b'{"a":"b/c\\nd\n"}'),
    ("joined", b'"ab" + "cd" +\n  "e" \'f\' . `g` "h"\\\n"i"', b'"abcdefghi"'),
    ("continued line", b"ab\\\ncd\\\r\ne", b"abcde"),
]


@pytest.mark.parametrize(("name", "written", "text"), WRITTEN, ids=[w[0] for w in WRITTEN])
def test_escapes_are_undone(name: str, written: bytes, text: bytes) -> None:
    (found,) = BY_NAME[name].decode(written)

    assert (found.name, found.data) == (name, text)


@pytest.mark.parametrize(("name", "written", "text"), WRITTEN, ids=[w[0] for w in WRITTEN])
def test_what_stands_for_itself_has_its_own_place(name: str, written: bytes, text: bytes) -> None:
    encoding = BY_NAME[name]

    for letter in b"abc":
        at = text.index(letter)
        start, end = encoding.place(written, at, at + 1)
        assert letter in written[start:end]
    assert encoding.place(written, 0, len(text))[1] <= len(written)


@given(st.lists(st.sampled_from([b"a", b"%41", b"%7a", b"-"]), min_size=1), st.data())
def test_place_is_where_the_piece_was_written(parts: list[bytes], data: st.DataObject) -> None:
    percent = BY_NAME["percent"]
    first = data.draw(st.integers(0, len(parts) - 1))
    last = data.draw(st.integers(first + 1, len(parts)))
    offsets = [len(b"".join(parts[:number])) for number in range(len(parts) + 1)]

    assert percent.place(b"".join(parts), first, last) == (offsets[first], offsets[last])


@pytest.mark.parametrize("offset", range(3))
def test_base64_of_a_text_holds_one_of_its_forms_wherever_it_stands(offset: int) -> None:
    assert BASE64.spell
    (text,) = next(iter([[b"token-prefix_"]]))
    (decoded,) = BASE64.decode(_encoded(b"x" * offset + text + b"rest of it"))

    forms = list(BASE64.spell(text))

    assert any(form in _encoded(b"x" * offset + text + b"rest") for form in forms)
    assert decoded.data == b"x" * offset + text + b"rest of it"


def _encoded(data: bytes) -> bytes:
    from base64 import b64encode

    return b64encode(data)


def test_forms_of_other_encodings() -> None:
    assert HEX.spell
    assert UTF16.spell
    assert UTF32.spell

    assert set(HEX.spell(b"J_")) == {b"4a5f", b"4A5F"}
    assert list(UTF16.spell(b"ab")) == [b"a\0b"]
    assert list(UTF32.spell(b"ab")) == [b"a\0\0\0b"]


def test_stretch_of_wrapped_base64_goes_over_lines_but_not_into_words() -> None:
    run = _encoded(b"words " * 30)
    lines = b"\n  ".join(run[at : at + 76] for at in range(0, len(run), 76))
    data = b"data:\n  " + lines + b"\nnext: 1"

    start, end = BASE64.stretch(data, 0, len(data), data.index(lines) + 100)

    assert data[start:].startswith(lines[:40])
    assert b"words " * 30 in [text.data for text in BASE64.decode(data[start:end])]


def test_stretch_of_utf_16_has_its_last_letter_in_either_byte_order() -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        data = "ab cd".encode(codec)
        start, end = UTF16.stretch(data, 0, len(data), data.index(b" ") + 1)
        (text,) = UTF16.decode(data[start:end])
        assert text.data == b"ab cd"


def test_border_names_the_escape_that_ends_in_a_letter() -> None:
    assert border(rb"x\ntok", 0, 3) == list(BY_NAME).index("json")
    assert border(b"x%3Dtok", 0, 4) == list(BY_NAME).index("percent")
    assert border(b"x = tok", 0, 4) is None


def test_inner_patterns_find_base64_and_hex_of_ascii_only() -> None:
    assert search(BASE64.inner).search(_encoded(b"any text will do here"))
    assert search(HEX.inner).search(b"any text will do".hex().encode())
    assert not search(BASE64.inner).search(b"an_identifier_that_is_long_enough_for_it")
    assert not search(HEX.inner).search(b"0cd4f0b2a8e7c6d5f4a3b2c1d0e9f8a7b6c5d4e3")


def test_finders_are_few_and_name_their_encoding() -> None:
    found = list(finders([b"tok_", b"key_"], [b"tok_"]))

    assert {number for number, _ in found} == set(range(len(ENCODINGS)))
    for number, expression in found:
        if ENCODINGS[number] in (HEX, UTF16):
            assert re.compile(expression.encode()).groups == 0
    assert len(found) < 60
