"""Which candidates of scored rules count, where, and why."""

from dataclasses import replace

import pytest

from leakguard.generic.score import score
from leakguard.model import Candidate, Confidence
from leakguard.policy import Policy
from leakguard.scored import load, may_count, reasons_of, scored_at, weighed
from tests.generic.seen import LOW, matcher
from tests.helpers import RULE, candidate, candidates

HIGH = Policy(min_confidence=Confidence.HIGH)


@pytest.fixture
def secret() -> Candidate:
    text = "passw" + "ord = 'vQ7~tzkw2_Rx'"
    found = candidates(matcher(), {"x": text.encode()})
    return next(weighed(item) for item in found if item.rule.id == "generic-password")


def test_a_rule_that_is_not_scored_counts_as_it_is() -> None:
    plain = candidate(b"abcdefgh")

    assert weighed(plain) is plain
    assert may_count(plain, HIGH)
    assert scored_at(plain, "tests/x.py", HIGH) is plain
    assert reasons_of(plain, "x.py") == ()


def test_a_scored_candidate_has_the_confidence_of_its_path(secret: Candidate) -> None:
    judged = scored_at(secret, "deploy/app.env", LOW)

    assert judged
    assert judged.odds == pytest.approx(score(secret, "deploy/app.env").odds)
    assert judged.confidence == score(secret, "deploy/app.env").confidence
    assert reasons_of(secret, "deploy/app.env")


def test_what_is_less_sure_than_asked_for_does_not_count(secret: Candidate) -> None:
    doubtful = replace(secret, odds=0.0)

    assert scored_at(doubtful, "locales/de.po", HIGH) is None
    assert not may_count(replace(secret, odds=-40.0), LOW)
    assert may_count(secret, LOW)


def test_the_tables_can_be_loaded_before_a_fork() -> None:
    load()

    assert RULE.scored is False
