"""Every fact of the model is told in words, and what a reason says is so."""

import pytest

from leakguard.generic.model import load_model
from leakguard.generic.reasons import Reason, group_of, strongest, told


@pytest.mark.parametrize("fact", sorted(load_model().weights))
def test_every_fact_has_words(fact: str) -> None:
    reasons = told({fact: 1.0}, {fact: 1.5})

    assert len(reasons) == 1
    assert reasons[0].text
    assert reasons[0].share == 1.5


@pytest.mark.parametrize(
    ("facts", "fact", "text"),
    [
        ({"known": 0.25}, "known", "known words cover 25% of its letters"),
        ({"known": 0.0, "weak": 1}, "known", "it is a common weak password"),
        ({"length": 24}, "length", "it has 24 characters"),
        ({"kinds": 3, "entropy": 3.25}, "kinds", "it mixes 3 kinds of characters, 3.2 bits each"),
        ({"foreign": 0.5}, "foreign", "it has letters beyond a-z"),
        ({"walk": 0.5}, "walk", "50% of it follow one another on the keyboard"),
        ({"placeholder": 1}, "placeholder", "it looks like a placeholder"),
        ({"test_word": 1}, "test_word", "it says test or demo"),
        ({"resembles_name": 0.5}, "resembles_name", "it repeats its own name"),
        ({"credential_word": 0.5}, "credential_word", "it says password, key or user"),
        ({"uuid": 1}, "uuid", "it has the form of a UUID"),
        ({"n_token": 1}, "n_token", "its name says a token"),
        ({"n_false_key": 1}, "n_false_key", "its name is about something else"),
        ({"s_compare": 1}, "s_compare", "it stands in a comparison"),
        ({"w_sql": 1}, "w_sql", "it is in an SQL statement"),
        ({"l_user_near": 1}, "l_user_near", "a user name is near it"),
        ({"l_host": 1}, "l_host", "a host is near it"),
        ({"l_comment": 1}, "l_comment", "the line is a comment"),
        ({"f_test": 1}, "f_test", "the file is a test"),
    ],
)
def test_reason(facts: dict[str, float], fact: str, text: str) -> None:
    assert told(facts, {fact: 1.0}) == [Reason(text, 1.0)]


def test_facts_of_one_group_are_one_reason() -> None:
    assert group_of("known") == group_of("surprise") == "letters"
    assert told({"known": 0}, {"known": 1.0, "surprise": -0.25})[0].share == 0.75


def test_three_to_each_side_and_nothing_weak() -> None:
    reasons = [Reason(f"r{number}", share) for number, share in enumerate((4, 3, 2, 1, -1, 0.01))]

    assert strongest(reasons) == ("+ r0", "+ r1", "+ r2", "- r4")
