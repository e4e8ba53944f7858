"""The shipped model and its arithmetic."""

import pytest

from leakguard.generic.model import load_model, parse_model
from leakguard.model import Confidence

SMALL = parse_model(
    {
        "bias": -1.0,
        "facts": {"known": [-2.0, 0.5]},
        "thresholds": {"low": 0.3, "medium": 0.6, "high": 0.9},
    }
)


def test_shares_are_against_the_mean_and_only_of_known_facts() -> None:
    assert SMALL.shares({"known": 1.0, "other": 1.0}) == {"known": -1.0}


@pytest.mark.parametrize(
    ("odds", "confidence"),
    [
        (-2.0, None),
        (0.0, Confidence.LOW),
        (1.0, Confidence.MEDIUM),
        (3.0, Confidence.HIGH),
        (800.0, Confidence.HIGH),
        (-800.0, None),
    ],
)
def test_confidence(odds: float, confidence: Confidence | None) -> None:
    assert SMALL.confidence(odds) is confidence


def test_shipped_model_is_small_and_read_once() -> None:
    model = load_model()

    assert model is load_model()
    assert 50 < len(model.weights) < 250
    assert model.weights["known"] < 0
