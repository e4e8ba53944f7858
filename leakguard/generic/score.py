"""A candidate in, its score out: log-odds, confidence and reasons."""

from functools import lru_cache
from typing import Final, NamedTuple

from leakguard.generic.early import is_result
from leakguard.generic.evidence import Seen, evidence, evidence_of_path, seen, seen_of
from leakguard.generic.lexicon import words
from leakguard.generic.model import load_model
from leakguard.generic.reasons import Reason, strongest, told
from leakguard.generic.surroundings import FOLDER_FACTS, names_of_files
from leakguard.model import Candidate, Confidence, Rule

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


def odds_of(rule: Rule, secret: bytes, before: bytes, after: bytes, previous: bytes) -> float:
    """The log-odds of what a rule found, by all but its path."""
    if is_result(before):
        return _NEVER
    return _odds(seen(rule, secret, before, after, previous))


def may_count(odds: float, least: Confidence) -> bool:
    """Whether any path could make such odds as sure as `least`."""
    return odds + best_path() >= load_model().thresholds[least]


def confidence_at(candidate: Candidate, path: str) -> Confidence | None:
    """How sure a candidate is at a path; None where it is no secret."""
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
def _odds(what: Seen) -> float:
    model = load_model()
    return model.bias + sum(model.shares(evidence(what)).values())


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
