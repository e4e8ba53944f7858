"""Which candidates of scored rules count, where, and why."""

from dataclasses import replace

import pytest

from leakguard.generic.score import score
from leakguard.model import Candidate, Confidence
from leakguard.policy import Policy
from leakguard.scored import confidence_at, counts_at, load, may_count, odds_of, reasons_of
from tests.generic.seen import LOW, matcher
from tests.helpers import RULE, candidate, candidates

HIGH = Policy(min_confidence=Confidence.HIGH)


@pytest.fixture
def secret() -> Candidate:
    text = "passw" + "ord = 'vQ7~tzkw2_Rx'"
    found = candidates(matcher(), {"x": text.encode()})
    return next(item for item in found if item.rule.id == "generic-password")


def test_a_rule_that_is_not_scored_counts_as_it_is() -> None:
    plain = candidate(b"abcdefgh")

    assert odds_of(plain.rule, plain.secret, b"", b"", b"") == plain.odds == 0
    assert may_count(plain.rule, plain.odds, Confidence.HIGH)
    assert counts_at(plain, "tests/x.py", HIGH)
    assert confidence_at(plain, "tests/x.py") is plain.rule.confidence
    assert reasons_of(plain, "x.py") == ()


def test_a_scored_candidate_has_the_confidence_of_its_path(secret: Candidate) -> None:
    assert counts_at(secret, "deploy/app.env", LOW)
    assert confidence_at(secret, "deploy/app.env") is score(secret, "deploy/app.env").confidence
    assert reasons_of(secret, "deploy/app.env")


def test_what_is_less_sure_than_asked_for_does_not_count(secret: Candidate) -> None:
    doubtful = replace(secret, odds=0.0)

    assert not counts_at(doubtful, "locales/de.po", HIGH)
    assert not may_count(secret.rule, -40.0, Confidence.LOW)
    assert may_count(secret.rule, secret.odds, Confidence.LOW)


def test_the_tables_can_be_loaded_before_a_fork() -> None:
    load()

    assert RULE.scored is False
