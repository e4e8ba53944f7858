"""The learned weights: evidence in, log-odds and the share of each fact out."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from leakguard.generic.values import Facts
from leakguard.model import Confidence

FILE = Path(__file__).parent / "model.json"


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic regression. Odds are natural logarithms."""

    bias: float
    """Log-odds where every fact has its mean."""
    weights: Mapping[str, float]
    means: Mapping[str, float]
    thresholds: Mapping[Confidence, float]
    """Least odds of each confidence, the highest first."""

    def shares(self, facts: Facts) -> dict[str, float]:
        """What each fact adds to the log-odds, against its mean."""
        return {
            name: self.weights[name] * (value - self.means[name])
            for name, value in facts.items()
            if name in self.weights
        }

    def confidence(self, odds: float) -> Confidence | None:
        """How sure such log-odds make it; None for what is not worth telling."""
        for level, least in self.thresholds.items():
            if odds >= least:
                return level
        return None


def probability(odds: float) -> float:
    """The probability of log-odds: the logistic function, by tanh, which never overflows."""
    return (1 + math.tanh(odds / 2)) / 2


@lru_cache(1)
def load_model() -> Model:
    """The model that comes with leakguard; read when the first candidate is met."""
    return parse_model(json.loads(FILE.read_text(encoding="utf-8")))


def parse_model(document: Mapping[str, Any]) -> Model:
    """The model of a document as training/fit.py writes it."""
    facts, least = document["facts"], document["thresholds"]
    return Model(
        bias=float(document["bias"]),
        weights={name: float(weight) for name, (weight, _) in facts.items()},
        means={name: float(mean) for name, (_, mean) in facts.items()},
        thresholds={
            level: _odds_of(float(least[level.label])) for level in sorted(Confidence, reverse=True)
        },
    )


def _odds_of(chance: float) -> float:
    return math.log(chance / (1 - chance))
