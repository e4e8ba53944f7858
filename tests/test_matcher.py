"""How rules of other tools are looked for, when their patterns say little."""

from dataclasses import replace

from leakguard.matcher import load_matcher
from leakguard.model import Foreign
from tests.helpers import RULE, candidates

HEX = replace(RULE, pattern="[0-9a-f]{16}", foreign=Foreign("gitleaks"))
TEXT = {"a": b"0123456789abcdef", "b": b"ACME 0123456789abcdef"}


def test_keywords_stand_in_for_a_pattern_without_fixed_characters() -> None:
    matcher = load_matcher([replace(HEX, foreign=Foreign("gitleaks", ("acme",)))])

    assert matcher.unaided == []
    assert matcher.finders[0] is not None
    assert matcher.finders[0].whole
    assert [item.key for item in candidates(matcher, TEXT)] == ["b"]


def test_rule_with_neither_is_asked_for_every_blob() -> None:
    matcher = load_matcher([HEX, RULE])

    assert matcher.unaided == [0]
    assert [item.key for item in candidates(matcher, TEXT)] == ["a", "b"]


def test_pattern_that_hyperscan_refuses_is_looked_for_by_re2() -> None:
    refused = "(?P<secret>" + "".join(f"(?:k{n}[^x]{{1,20}}y){{1,20}}" for n in range(20)) + ")"
    rule = replace(RULE, pattern=refused, foreign=Foreign("gitleaks"))
    text = "".join(f"k{n}ay" for n in range(20)).encode()

    matcher = load_matcher([rule])

    assert len(candidates(matcher, {"a": text})) == 1


def test_refusals_say_why() -> None:
    matcher = load_matcher([replace(RULE, entropy=3.0, allow=("^zz",))])

    assert matcher.refusal(0, b"0a1b2c3d4e5f") is None
    assert matcher.refusal(0, b"aaaaaaabbbbb") == "entropy below 3"
    assert matcher.refusal(0, b"zz1b2c3d4e5f") == "allow pattern of the rule"
    assert matcher.accepts(0, b"0a1b2c3d4e5f")
