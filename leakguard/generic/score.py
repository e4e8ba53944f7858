"""A candidate in, its score out: log-odds, confidence and reasons."""

from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from leakguard.generic.early import is_result
from leakguard.generic.evidence import Seen, evidence, evidence_of_path, seen_of
from leakguard.generic.lexicon import words
from leakguard.generic.model import load_model
from leakguard.generic.reasons import Reason, strongest, told
from leakguard.generic.surroundings import FOLDER_FACTS, names_of_files
from leakguard.model import Candidate, Confidence

_NEVER: Final = -100.0
"""Log-odds that no path makes up for."""


class Score(NamedTuple):
    """What the evidence on one candidate comes to."""

    odds: float
    """Natural logarithm of the odds that it is a secret."""
    confidence: Confidence | None
    reasons: list[Reason]
    """All, strongest first."""
    bias: float
    """Log-odds before any evidence; with the shares of the reasons it makes `odds`."""


def load() -> None:
    """Reads the tables."""
    load_model()
    words()


def weighed(candidate: Candidate) -> Candidate:
    """The candidate with the log-odds of all but its path."""
    odds = _NEVER if is_result(candidate.before) else _odds(seen_of(candidate))
    return replace(candidate, odds=odds)


def may_count(candidate: Candidate, least: Confidence) -> bool:
    """Whether any path could make a weighed candidate as sure as `least`."""
    reached = load_model().confidence(candidate.odds + best_path())
    return reached is not None and reached >= least


def assessed(candidate: Candidate, path: str) -> Candidate | None:
    """A weighed candidate at its path, with confidence and reasons; None where it is no secret."""
    confidence = confidence_at(candidate, path)
    if confidence is None:
        return None
    return replace(candidate, confidence=confidence, odds=candidate.odds + _path_odds(path))


def confidence_at(candidate: Candidate, path: str) -> Confidence | None:
    """How sure a weighed candidate is at a path; None where it is no secret."""
    return load_model().confidence(candidate.odds + _path_odds(path))


def reasons(candidate: Candidate, path: str) -> tuple[str, ...]:
    """The strongest reasons for and against a candidate at a path."""
    return strongest(score(candidate, path).reasons)


def score(candidate: Candidate, path: str) -> Score:
    """The whole build-up for a candidate at a path."""
    model = load_model()
    facts = {**evidence(seen_of(candidate)), **evidence_of_path(path)}
    shares = model.shares(facts)
    odds = model.bias + sum(shares.values())
    return Score(odds, model.confidence(odds), told(facts, shares), model.bias)


@lru_cache(8192)
def _odds(seen: Seen) -> float:
    model = load_model()
    return model.bias + sum(model.shares(evidence(seen)).values())


@lru_cache(1024)
def _path_odds(path: str) -> float:
    return sum(load_model().shares(evidence_of_path(path)).values())


@lru_cache(1)
def best_path() -> float:
    """The most that a path can add: by the file's own name, and by what any folder may say."""
    model = load_model()
    shares = [model.shares(evidence_of_path(path)) for path in names_of_files()]
    own = max(sum(v for name, v in each.items() if name not in FOLDER_FACTS) for each in shares)
    return own + sum(
        max(weight * (1 - model.means[name]), -weight * model.means[name])
        for name, weight in model.weights.items()
        if name in FOLDER_FACTS
    )
