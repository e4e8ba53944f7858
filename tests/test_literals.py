"""The fixed texts of patterns."""

from dataclasses import replace

import pytest

from leakguard.literals import KEYWORDS, fixed_texts, grave_texts
from leakguard.model import Confidence, Rule, Severity
from leakguard.ruleset import load_rules
from tests.helpers import RULE


def of(pattern: str) -> set[bytes]:
    return set(fixed_texts([replace(RULE, pattern=pattern)])) - set(fixed_texts([]))


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"\b(?P<secret>tok_[a-f0-9]{12})\b", {b"tok_"}),
        (r"(?P<secret>gx[pou]_[a-z]{9})", {b"gxp_", b"gxo_", b"gxu_"}),
        (r"(?P<secret>(?:AKEY|BKEY)[A-Z]{9})", {b"AKEY", b"BKEY"}),
        (r"x(?P<secret>[a-z]{4}longer-text-here[0-9])", {b"longer-t"}),
        (r"(?P<secret>sk-[a-z]{9})", {b"sk-"}),
        (r"(?P<secret>abc[0-9]{9})", set()),
        (r"https://(?P<secret>[0-9a-f]{32})", set()),
        (r"user: (?P<secret>[0-9a-f]{32})", set()),
        (r"(?i:vendor_key)=(?P<secret>[0-9a-f]{32})", set()),
        (r"(?P<secret>[0-9a-f]{32})", set()),
    ],
)
def test_longest_fixed_text_of_a_pattern(pattern: str, texts: set[bytes]) -> None:
    assert of(pattern) == texts


def test_generic_rules_have_none() -> None:
    assert fixed_texts([replace(RULE, generic=True)]) == fixed_texts([])


def test_only_grave_and_sure_rules_are_grave() -> None:
    def grave(**changes: object) -> list[bytes]:
        return grave_texts([replace(RULE, **changes)])  # type: ignore[arg-type]

    critical = Severity.CRITICAL
    assert grave(severity=critical) == [b"tok_"]
    assert grave(severity=Severity.HIGH) == []
    assert grave(severity=Severity.HIGH, id="slack-bot-token") == [b"tok_"]
    assert grave(severity=critical, confidence=Confidence.MEDIUM) == []


def test_nearly_all_rules_of_high_confidence_have_one() -> None:
    rules = [r for r in load_rules() if r.confidence is Confidence.HIGH and not r.partner]

    without = [rule for rule in rules if not _has_one(rule)]

    assert len(without) * 10 < len(rules)


def _has_one(rule: Rule) -> bool:
    words = [word.decode().lower() for word in KEYWORDS]
    named = any(word in rule.pattern.lower() for word in words)
    return named or len(fixed_texts([rule])) > len(fixed_texts([]))
