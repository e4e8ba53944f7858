"""A preview gives little away; a fingerprint depends on family, secret and path alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.fingerprint import Fingerprints, is_guessable, preview


def fingerprint(family: str, secret: bytes, path: str) -> str:
    return Fingerprints().of(family, secret, path)


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
    long, short = b"q8Zr7Lk2Xv9Tn4Bw6Yh1Pm3S" * 2, b"hunter"

    assert fingerprint("own", long, "a.txt") == "6b0f684b88df4d8b56ac81cb6229ab78"
    assert fingerprint("own", short, "a.txt") == "942f38c2699444efcc6291d1e435c99e"


def test_fingerprints_of_two_keys_have_nothing_in_common() -> None:
    one, other = Fingerprints(b"k" * 16), Fingerprints(b"l" * 16)

    for secret in (b"q8Zr7Lk2Xv9Tn4Bw6Yh1Pm3S" * 2, b"hunter"):
        assert one.of("own", secret, "a.txt") != other.of("own", secret, "a.txt")


@pytest.mark.parametrize(
    ("secret", "guessable"),
    [
        (b"", True),
        (b"hunter2", True),
        (b"1234567890123456789", True),
        (b"correct horse battery staple", True),
        (b"1" * 60, True),
        (b"2026-01-02 2026-01-02", True),
        (b"q8Zr7Lk2Xv9Tn4Bw6Yh1", False),
        (b"0f1e2d3c4b5a69788796a5b4c3d2e1f0", False),
        (b"1" * 200, False),
    ],
)
def test_what_could_be_guessed(secret: bytes, guessable: bool) -> None:
    assert is_guessable(secret) is guessable


def test_slow_hash_is_remembered_and_its_memory_holds_no_secret() -> None:
    maker = Fingerprints()

    first, again = (maker.of("own", b"hunter2", "a.txt") for _ in range(2))

    assert first == again
    assert b"hunter2" not in repr(vars(maker)).encode()


def test_hashes_that_were_prepared_are_those_that_would_be_made() -> None:
    secrets = [f"hunter{number}".encode() for number in range(12)]
    prepared, plain = Fingerprints(), Fingerprints()

    prepared.prepare([*secrets, *secrets, bytes(range(200))])
    of_first = prepared.of("family", secrets[0], "a.py")

    assert len(prepared._slow) == len(secrets)
    assert of_first == plain.of("family", secrets[0], "a.py")
    assert prepared.of("family", b"other", "a.py") == plain.of("family", b"other", "a.py")


def test_few_hashes_are_made_when_they_are_asked_for() -> None:
    prepared = Fingerprints()

    prepared.prepare([b"hunter1", b"hunter2"])

    assert not prepared._slow


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
