"""Scored rules on their way into a report: what may count, and how sure it is at its path."""

from leakguard.model import Candidate, Confidence, Rule
from leakguard.policy import Policy

# leakguard.generic is imported where a scored candidate is met: its tables take 10 ms, and most
# commits need none of it.


def load() -> None:
    """Loads the tables: a process that is forked then has them."""
    from leakguard.generic import score

    score.load()


def odds_of(rule: Rule, secret: bytes, before: bytes, after: bytes, previous: bytes) -> float:
    """The log-odds of what a scored rule found, by all but its path; 0 for other rules.

    `before` and `after` stand beside it on its line, `previous` is the line before.
    """
    if not rule.scored:
        return 0.0
    from leakguard.generic import score

    return score.odds_of(rule, secret, before, after, previous)


def may_count(rule: Rule, odds: float, least: Confidence) -> bool:
    """Whether some path could make what a rule found with such odds as sure as `least`."""
    if not rule.scored:
        return True
    from leakguard.generic import score

    return score.may_count(odds, least)


def counts_at(candidate: Candidate, path: str, policy: Policy) -> bool:
    """Whether a candidate of a scored rule is as sure at a path as the policy asks for."""
    if not candidate.rule.scored:
        return True
    from leakguard.generic import score

    return (score.confidence_at(candidate, path) or 0) >= policy.min_confidence


def confidence_at(candidate: Candidate, path: str) -> Confidence:
    """How sure a candidate that counts is at a path."""
    sure = candidate.rule.confidence
    if not candidate.rule.scored:
        return sure
    from leakguard.generic import score

    return score.confidence_at(candidate, path) or sure


def reasons_of(candidate: Candidate, path: str) -> tuple[str, ...]:
    """The strongest reasons for and against a scored candidate; none for others.

    Worked out for findings only: a secret may stand in thousands of versions.
    """
    if not candidate.rule.scored:
        return ()
    from leakguard.generic import score

    return score.reasons(candidate, path)
