"""A preview gives little away; a fingerprint depends on family, secret and path alone."""

import re

from hypothesis import given
from hypothesis import strategies as st

from leakguard.fingerprint import fingerprint, preview

secrets = st.one_of(st.binary(max_size=80), st.text(max_size=60).map(str.encode))


@given(secrets)
def test_preview_shows_at_most_a_quarter_and_four_at_each_end(secret: bytes) -> None:
    head, mark, tail = preview(secret).partition("…")

    shown = len(head) + len(tail)
    assert mark == "…"
    assert max(len(head), len(tail)) <= 4
    assert shown * 4 <= len(secret.decode(errors="replace"))
    assert (head + tail).isprintable()


def test_preview_is_of_both_ends() -> None:
    assert preview(b"abcdefgh" * 5) == "abcd…efgh"
    assert preview(b"abcdefgh" * 2) == "ab…gh"
    assert preview(b"abcdefgh") == "a…h"
    assert preview(b"abcdefg") == "…"
    assert preview(b"") == "…"


def test_preview_cannot_move_the_cursor() -> None:
    assert preview(b"\x1b[2Jabcdefghijklmnopqrstuvwx\x07\r\n\t") == "?[2J…????"


def test_fingerprint_is_stable() -> None:
    """A change here makes every stored fingerprint worthless."""
    long, short = b"a" * 40, b"hunter"

    assert fingerprint("own", long, "a.txt") == "c254f330a39b360603567605cf0b2689"
    assert fingerprint("own", short, "a.txt") == "942f38c2699444efcc6291d1e435c99e"


@given(secrets)
def test_fingerprint_is_32_hex_digits_and_holds_nothing(secret: bytes) -> None:
    assert re.fullmatch("[0-9a-f]{32}", fingerprint("own", secret, "a.txt"))


def test_fingerprint_depends_on_family_secret_and_path() -> None:
    different = {
        fingerprint(family, secret, path)
        for family in ("own", "other")
        for secret in (b"a" * 40, b"b" * 40, b"a", b"b")
        for path in ("a.txt", "b.txt", "caf\udce9")
    }

    assert len(different) == 24


def test_parts_do_not_run_into_one_another() -> None:
    assert fingerprint("a", b"b" * 30, "c") != fingerprint("ab", b"b" * 29, "c")
