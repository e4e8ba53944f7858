"""Every rule finds its examples, as itself, in the right place, and none of its counterexamples."""

import re
from itertools import groupby
from typing import NamedTuple

import pytest

from leakguard.matcher import Matcher
from leakguard.model import Candidate, Rule
from leakguard.overlaps import strongest
from leakguard.ruleset import load_rules, rule_files
from tests.builtin import builtin_matcher
from tests.helpers import candidates

RULES = {rule.id: rule for rule in load_rules()}
TEXTS = [
    (rule.id, key, number)
    for rule in RULES.values()
    for key in ("examples", "counterexamples")
    for number in range(len(getattr(rule, key)))
]


def example_text(rule: Rule, key: str, number: int) -> str:
    """The text to scan; one of the partner's examples follows for a rule that needs a partner."""
    text: str = getattr(rule, key)[number]
    if rule.partner is None:
        return text
    return f"{text}\n{RULES[rule.partner.rule].examples[0]}"


class Found(NamedTuple):
    everything: dict[str, list[Candidate]]
    """What the rules confirm, by text."""
    distinct: dict[str, list[Candidate]]
    """Of those that overlap, the one that is reported."""


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return builtin_matcher()


@pytest.fixture(scope="module")
def found(matcher: Matcher) -> Found:
    blobs = {
        f"{name} {key} {number}": example_text(RULES[name], key, number).encode()
        for name, key, number in TEXTS
    }
    confirmed = candidates(matcher, blobs)
    here = [item for item in confirmed if not item.rule.path or item.key.startswith(item.rule.id)]
    return Found(_by_text(confirmed), _by_text(strongest(here)))


def _by_text(items: list[Candidate]) -> dict[str, list[Candidate]]:
    items = sorted(items, key=lambda item: item.key)
    return {key: list(group) for key, group in groupby(items, key=lambda item: item.key)}


EXAMPLES = [
    pytest.param(name, number, id=f"{name}-{number + 1}")
    for name, key, number in TEXTS
    if key == "examples"
]
COUNTEREXAMPLES = [
    pytest.param(name, number, id=f"{name}-{number + 1}")
    for name, key, number in TEXTS
    if key == "counterexamples"
]


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_example_is_reported_by_its_own_family_in_the_right_place(
    found: Found, name: str, number: int
) -> None:
    rule = RULES[name]
    whole = example_text(rule, "examples", number)

    reported = found.distinct.get(f"{name} examples {number}", [])

    own = [item for item in reported if item.rule.family == rule.family]
    assert own, f"reported instead: {sorted(item.rule.id for item in reported)}"
    for item in own:
        assert item.secret in secrets_in(whole, item.rule)
        assert at_span(whole, item) == item.secret.decode()


def secrets_in(text: str, rule: Rule) -> set[bytes]:
    """What the rule's pattern finds, as Python understands it."""
    matches = re.finditer(rule.pattern.encode(), text.encode(), re.MULTILINE)
    return {match["secret"] for match in matches}


def at_span(text: str, item: Candidate) -> str:
    """What an editor shows at the lines and columns of a candidate."""
    span = item.span
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "number"), COUNTEREXAMPLES)
def test_counterexample_is_not_found_by_its_rule(found: Found, name: str, number: int) -> None:
    lines = RULES[name].counterexamples[number].count("\n") + 1

    everything = found.everything.get(f"{name} counterexamples {number}", [])

    # Its partner's example follows on further lines.
    assert name not in {item.rule.id for item in everything if item.span.line <= lines}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_rule_is_well_described(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert all(link.startswith("https://") for link in rule.references)
    assert rule.references or rule.generic
    assert rule.impact.endswith(".")
    assert rule.remedy.endswith(".")
    assert rule.partner is None or rule.partner.rule in RULES


def test_names_tell_the_families_apart() -> None:
    families = {rule.name: set[str]() for rule in RULES.values()}
    for rule in RULES.values():
        families[rule.name].add(rule.family)

    assert [name for name, found in families.items() if len(found) > 1] == []


def test_hyperscan_takes_every_pattern_that_is_looked_for(matcher: Matcher) -> None:
    """That the matcher was made says so; a rule without a finder must have a partner."""
    missing = [
        rule.id
        for rule, finder in zip(matcher.rules, matcher.finders, strict=False)
        if finder is None and rule.partner is None
    ]

    assert missing == []


def test_no_example_stands_whole_in_a_rule_file() -> None:
    for file in rule_files():
        text = file.read_text()
        whole = [rule.id for rule in RULES.values() for e in rule.examples if e in text]

        assert whole == [], file.name
