"""Ar archives with the names of BSD and GNU."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings

from leakguard.artifacts import ar
from leakguard.artifacts.budget import ArtifactError
from tests.artifacts import make_archives as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a.txt": b"odd", "a-name-that-is-longer-than-sixteen.txt": b"even", "e": b""}
PLAIN = b"!<arch>\n" + make._ar_member(b"debian-binary", b"2.0\n")


@pytest.mark.parametrize("form", [make.ar, make.ar_bsd])
def test_long_names(form: Callable[[make.Files], bytes]) -> None:
    assert make.read_all(ar, form(FILES)) == list(FILES.items())


def test_short_names_with_and_without_their_end() -> None:
    data = PLAIN + make._ar_member(b"control.tar.xz/", b"x")

    assert make.read_all(ar, data) == [("debian-binary", b"2.0\n"), ("control.tar.xz", b"x")]


@pytest.mark.parametrize("label", [b"/", b"/SYM64/", b"__.SYMDEF", b"#1/12"])
def test_tables_of_symbols_are_left_out(label: bytes) -> None:
    table = make._ar_member(label, b"__.SYMDEF\0\0\0table of symbols")

    assert make.read_all(ar, b"!<arch>\n" + table + PLAIN[8:]) == [("debian-binary", b"2.0\n")]


def test_zeros_behind_the_end_as_bsdtar_writes_them() -> None:
    assert make.read_all(ar, PLAIN + bytes(500)) == [("debian-binary", b"2.0\n")]


def test_a_name_outside_the_table_keeps_its_number() -> None:
    assert make.read_all(ar, b"!<arch>\n" + make._ar_member(b"/99", b"x")) == [("/99", b"x")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"!<thin>\n" + PLAIN[8:], "a thin archive"),
        (b"!<what>\n" + PLAIN[8:], "its head is wrong"),
        (PLAIN[:40], "it ends too early"),
        (PLAIN[:-2], "it ends too early"),
        (PLAIN.replace(b"`\n", b"xx"), "a header is damaged"),
        (PLAIN.replace(b"4         `", b"-4        `"), "a header is damaged"),
        (b"!<arch>\n" + make._ar_member(b"#1/99", b"x"), "a name is longer than its member"),
    ],
)
def test_headers_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        make.read_all(ar, data)


@given(mutated([make.ar(FILES), make.ar_bsd(FILES), PLAIN]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_end(data: bytes) -> None:
    assert_survives(lambda mutant: make.read_all(ar, mutant), data)
