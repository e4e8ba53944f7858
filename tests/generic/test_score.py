"""Scores: of text and path together, remembered, and never with a secret in what is told."""

from dataclasses import replace

from leakguard.generic.score import assessed, may_count, reasons, score, weighed
from leakguard.model import Confidence
from tests.generic.seen import LOW, matcher, reported
from tests.helpers import candidates

WORD = "vq7" + "Tzkw2xJ"
LINE = f'db_password = "{WORD}"'


def test_path_changes_the_score() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    assert score(found, "locale/de.json").odds < score(found, "settings.ini").odds


def test_score_is_its_bias_and_its_reasons() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    whole = score(found, "app.py")

    assert abs(whole.bias + sum(reason.share for reason in whole.reasons) - whole.odds) < 1e-9


def test_score_without_path_and_path_make_the_whole() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    judged = assessed(weighed(found), "app.py")

    assert judged is not None
    assert abs(judged.odds - score(found, "app.py").odds) < 1e-9
    assert judged.confidence is score(found, "app.py").confidence


def test_line_that_no_path_can_save_is_dropped_before_its_path_is_known() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    assert may_count(weighed(found), Confidence.MEDIUM)
    assert not may_count(replace(found, odds=-20.0), Confidence.MEDIUM)


def test_reasons_hold_no_secret() -> None:
    (found,) = reported(LINE)

    told = " ".join(reasons(found, "app.py"))

    assert told.startswith("+ ")
    assert WORD not in told


def test_low_confidence_is_reported_when_asked_for() -> None:
    text = f'expect(page.passwordLabel("{WORD[:5]}"))'

    assert len(reported(text, policy=LOW)) >= len(reported(text))


def test_name_of_a_test_that_passed_is_no_password() -> None:
    log = f"PASS: {WORD}-1\nXPASS: {WORD}-2\n"

    found = [weighed(candidate) for candidate in candidates(matcher(), {"a": log.encode()})]

    assert found
    assert not any(may_count(candidate, Confidence.LOW) for candidate in found)
