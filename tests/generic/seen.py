"""A text through the whole pipe: what is reported of it, and how sure."""

from functools import cache

from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Candidate, Confidence
from leakguard.overlaps import strongest
from leakguard.policy import Policy
from leakguard.ruleset import load_rules
from leakguard.scored import counts_at, may_count
from tests.helpers import candidates

LOW = Policy(min_confidence=Confidence.LOW)


@cache
def matcher() -> Matcher:
    """Of the scored rules and no others."""
    return load_matcher([rule for rule in load_rules() if rule.scored])


def reported(text: str, path: str = "src/app.py", policy: Policy = Policy()) -> list[Candidate]:
    """The candidates of a text that are reported at a path."""
    found = candidates(matcher(), {path: text.encode()})
    kept = [item for item in found if may_count(item.rule, item.odds, policy.min_confidence)]
    return [candidate for candidate in strongest(kept) if counts_at(candidate, path, policy)]
