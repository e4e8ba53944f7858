"""Scored rules on their way into a report: what may count, and how sure it is at its path."""

from leakguard.model import Candidate
from leakguard.policy import Policy

# leakguard.generic is imported where a scored candidate is met: its tables take 10 ms, and most
# commits need none of it.


def load() -> None:
    """Loads the tables: a process that is forked then has them."""
    from leakguard.generic import score

    score.load()


def weighed(candidate: Candidate) -> Candidate:
    """A candidate; one of a scored rule with its score but for its path."""
    if not candidate.rule.scored:
        return candidate
    from leakguard.generic import score

    return score.weighed(candidate)


def may_count(candidate: Candidate, policy: Policy) -> bool:
    """Whether a weighed candidate may count at some path."""
    if not candidate.rule.scored:
        return True
    from leakguard.generic import score

    return score.may_count(candidate, policy.min_confidence)


def counts_at(candidate: Candidate, path: str, policy: Policy) -> bool:
    """Whether a weighed candidate is as sure at a path as the policy asks for."""
    if not candidate.rule.scored:
        return True
    from leakguard.generic import score

    return (score.confidence_at(candidate, path) or 0) >= policy.min_confidence


def scored_at(candidate: Candidate, path: str, policy: Policy) -> Candidate | None:
    """A weighed candidate with the confidence it has at a path; None when that is too low."""
    if not candidate.rule.scored:
        return candidate
    from leakguard.generic import score

    return score.assessed(candidate, path) if counts_at(candidate, path, policy) else None


def reasons_of(candidate: Candidate, path: str) -> tuple[str, ...]:
    """The strongest reasons for and against a scored candidate; none for others.

    Worked out for findings only: a secret may stand in thousands of versions.
    """
    if not candidate.rule.scored:
        return ()
    from leakguard.generic import score

    return score.reasons(candidate, path)
