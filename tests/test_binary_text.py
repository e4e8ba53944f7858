"""Base64, hex and compressed bytes, and what of them looks meant."""

import gzip
import os
import zlib
from base64 import b64encode, urlsafe_b64encode
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard import limits
from leakguard.binary_text import inflated, is_text, unbase64, unhex

TEXT = b"some words, a colon: and more"


@given(st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1))
def test_what_was_text_comes_back(text: str) -> None:
    data = text.encode()

    assert next(unbase64(b64encode(data))) == data
    assert next(unbase64(urlsafe_b64encode(data).rstrip(b"="))) == data
    assert unhex(data.hex().encode()) == [data]


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_without_an_error(data: bytes) -> None:
    for text in (*unbase64(data), *unhex(data.hex().encode())):
        assert is_text(text)
    inflated(data)


def test_characters_before_it_that_belong_to_an_escape_do_not_matter() -> None:
    assert next(unbase64(b"n" + b64encode(TEXT))) == TEXT


def test_wrapped_base64_is_read_as_a_whole_and_by_line() -> None:
    whole = b64encode(TEXT * 4)
    lines = b"\n".join((whole[:76], whole[76:]))

    text = TEXT * 4
    assert list(unbase64(lines)) == [text, text[:57], text[57:]]


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        "größer: öäü ßß ÄÖÜ".encode(),
        TEXT.decode().encode("utf-16-le"),
        gzip.compress(TEXT, mtime=0),
    ],
)
def test_text_in_its_forms_is_text(data: bytes) -> None:
    assert is_text(data)


def test_random_bytes_are_no_text() -> None:
    chance = Random(1)  # noqa: S311 - the same bytes at every run

    assert not any(is_text(chance.randbytes(60)) for _ in range(200))
    assert not is_text(b"")


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "gzip"), (zlib.compress, "zlib")])
def test_compressed_bytes_are_inflated(pack: object, name: str) -> None:
    assert callable(pack)

    assert inflated(pack(TEXT)) == (name, TEXT, False)
    assert inflated(pack(TEXT) + b"more") == (name, TEXT, False)


def test_a_bomb_is_inflated_to_a_limit_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DECODE_INFLATED", 1000)

    found = inflated(zlib.compress(bytes(10**6)))

    assert found == ("zlib", bytes(1000), True)


def test_what_only_begins_as_if_it_were_compressed_is_nothing() -> None:
    assert inflated(b"\x1f\x8b\x08" + os.urandom(30).replace(b"\0", b"x")) is None
    assert inflated(b"text") is None
