"""A seeker finds what the whole pattern finds, however it counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.finder import finder
from leakguard.model import Rule
from leakguard.pattern import confirmer
from leakguard.ruleset import load_rules
from leakguard.seekers import Seeker, Spans, plan, seeker

LONG = r"(?i)key ?= ?(?P<secret>[a-f0-9]{3,200})"


def planned(pattern: str) -> Seeker:
    return seeker(pattern, plan(pattern, finder(pattern).reach))


COUNTED = [
    rule
    for rule in load_rules()
    if rule.pattern and plan(rule.pattern, finder(rule.pattern).reach) is not None
]


def whole(pattern: str, text: bytes) -> Spans | None:
    """What RE2 finds when it counts all."""
    found = confirmer(pattern)
    match = found.regexp.search(text)
    return None if match is None else (*match.span(), *found.span(match))


@given(st.text("kKeEyY =af09-\n", max_size=80), st.integers(0, 260))
def test_any_text(text: str, length: int) -> None:
    data = f"{text}key={'a' * length}{text}".encode()

    assert planned(LONG).find(data, 0, len(data)) == whole(LONG, data)


ESCAPED = r"key=(?P<secret>(?:[^'\n\\]|\\[^'\n]){3,200})"


@given(st.text("\\'a\nk", max_size=90), st.integers(0, 230))
def test_any_text_with_escapes(text: str, length: int) -> None:
    data = f"{text}key={'b' * length}{text}".encode()

    assert planned(ESCAPED).rest is not None
    assert planned(ESCAPED).find(data, 0, len(data)) == whole(ESCAPED, data)


HEADED = r"(?i)(?:\bab|aab|\nb)[a-z]{0,9}(?P<secret>=[ab=]{2,120})!"


PIECES = ["ab", "aab", "\nb", "aabab=ab!", "A", "=", "b", "!", "x"]


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_text_full_of_heads(parts: list[str]) -> None:
    data = "".join(parts).encode()

    assert planned(HEADED).head is not None
    assert planned(HEADED).find(data, 0, len(data)) == whole(HEADED, data)


def test_what_counts_little_or_has_no_end_is_looked_for_at_once() -> None:
    assert plan("ab[a-z]{20}", 22) is None
    assert plan("ab[a-z]{20}[0-9]*c", 0) is None
    assert plan("ab[a-z]{20,3000}c", 3003) is None


@pytest.mark.parametrize("rule", COUNTED, ids=[rule.id for rule in COUNTED])
def test_built_in_patterns(rule: Rule) -> None:
    for example in (*rule.examples, *rule.counterexamples):
        for more in (b"", b"aA9" * 300, b"-/+_.aA9" * 5, b" aA9" * 9):
            text = example.encode() + more
            assert planned(rule.pattern).find(text, 0, len(text)) == whole(rule.pattern, text)


def test_the_end_of_the_stretch_ends_the_secret() -> None:
    data = b"key=" + b"a" * 100

    assert planned(LONG).find(data, 0, 60) == (0, 60, 4, 60)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<secret>ab[0-9]{3,200})\b",
        r"(?P<secret>ab[0-9]{3,200}|cd)",
        r"(?P<secret>ab)([0-9]{3,200})",
        r"(?P<secret>ab(?:[0-9]{3,200}))",
        r"(?P<secret>ab(?:c|cd){3,200})",
        r"(?P<secret>ab(?:c|d{2}|){3,200})",
        r"(?P<secret>ab[0-9]{3,200}?)",
        r"(?P<secret>ab[0-9]{3,20})",
    ],
)
def test_other_ends_are_counted_by_re2(pattern: str) -> None:
    assert planned(pattern).rest is None
