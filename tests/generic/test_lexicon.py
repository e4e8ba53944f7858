"""Words are known, chance text is not, and nothing takes long."""

import pytest

from leakguard.generic.lexicon import letters, words


@pytest.mark.parametrize(
    "text", ["password", "getUserName", "api_key_name", "HTTPServer", "changeit"]
)
def test_words_are_known(text: str) -> None:
    assert letters(text).known > 0.7


@pytest.mark.parametrize("text", ["vqtzkwxj", "qZxVwKtJ", "xkjq zvwq"])
def test_chance_text_is_not_known_and_surprises(text: str) -> None:
    assert letters(text).known < 0.3
    assert letters(text).surprise > letters("authentication").surprise + 1


def test_text_without_letters_is_all_known() -> None:
    assert letters("123-456") == (1.0, 0.0, 0, 0)


def test_short_words_count_only_when_they_are_common() -> None:
    assert "to" in words()
    assert "key" in words()
    assert "qd" not in words()


def test_a_long_text_takes_no_longer_than_its_beginning() -> None:
    assert letters("a" * 100_000).total == letters("a" * 64).total
