import pytest

from leakguard.doubles import without_doubles
from leakguard.model import Candidate
from tests.helpers import candidate

SECRET = b"0123456789ab"


def told(*candidates: Candidate) -> list[tuple[str, bytes]]:
    return [(item.key, item.secret) for item in without_doubles(candidates)]


@pytest.mark.parametrize("bytes_too", [SECRET, SECRET + b"O"])
def test_a_member_is_told_and_not_the_bytes_that_show_it(bytes_too: bytes) -> None:
    inside = candidate(SECRET, key="a\0b.txt")

    assert told(candidate(bytes_too, key="a"), inside) == [("a\0b.txt", SECRET)]


def test_bytes_are_told_and_not_the_texts_taken_out_of_them() -> None:
    assert told(candidate(SECRET, key="a"), candidate(SECRET, key="a\0")) == [("a", SECRET)]


def test_members_of_two_blobs_are_both_told() -> None:
    first, second = candidate(SECRET, key="a\0b"), candidate(SECRET, key="c\0b")

    assert told(first, second) == [("a\0b", SECRET), ("c\0b", SECRET)]


def test_another_secret_in_the_bytes_is_told() -> None:
    other = b"b" + SECRET

    assert told(candidate(other, key="a"), candidate(SECRET, key="a\0b")) == [
        ("a", other),
        ("a\0b", SECRET),
    ]


def test_a_longer_secret_of_another_member_is_told() -> None:
    longer = SECRET + b"O"

    assert len(told(candidate(longer, key="a\0b"), candidate(SECRET, key="a\0c"))) == 2
