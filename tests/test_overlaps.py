"""Which of several candidates for the same bytes is told."""

from dataclasses import replace

from leakguard.model import Candidate, Confidence, Place, Rule
from leakguard.overlaps import strongest, told_at, told_once
from tests.helpers import RULE, candidate, generic

SECRET = b"0f1e2d3c4b5a"
OTHER = replace(RULE, id="other", family="other", confidence=Confidence.MEDIUM)


def hidden(rule: Rule = RULE, secret: bytes = SECRET) -> Candidate:
    return replace(candidate(secret, rule=rule), encoding="base64")


def test_surer_form_is_told() -> None:
    sure, unsure = candidate(SECRET), candidate(SECRET, rule=OTHER)

    assert strongest([unsure, sure]) == [sure]


def test_what_a_text_holds_is_told_rather_than_a_generic_value() -> None:
    value = candidate(SECRET, rule=generic(OTHER))

    assert told_once([value, hidden()]) == [hidden()]


def test_whole_is_told_rather_than_what_it_holds() -> None:
    whole = candidate(SECRET)

    assert told_once([whole, hidden()]) == [whole]


def test_several_in_one_text_are_all_told() -> None:
    both = [hidden(), hidden(secret=SECRET[::-1])]

    assert told_once(both) == both


def test_rule_for_a_path_counts_there_only_and_silences_nobody_elsewhere() -> None:
    at_home = replace(generic(OTHER), id="netrc", path=r"\.netrc$")
    both = told_once([candidate(SECRET, rule=generic(OTHER)), candidate(SECRET, rule=at_home)])

    assert [item.rule.id for item in told_at(Place("x/.netrc"), both)] == ["netrc"]
    assert [item.rule.id for item in told_at(Place("x/readme"), both)] == ["other"]


def test_form_that_nothing_else_has_counts_more_than_a_path() -> None:
    at_home = replace(generic(OTHER), id="netrc", path=r"\.netrc$")

    found = told_at(Place(".netrc"), [candidate(SECRET), candidate(SECRET, rule=at_home)])

    assert [item.rule.id for item in found] == [RULE.id]
