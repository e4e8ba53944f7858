from base64 import b64encode
from dataclasses import replace

import pytest

from leakguard.explain import Explanation, explain
from leakguard.matcher import load_matcher
from leakguard.model import Allowlist, Check, Confidence, Foreign, Partner, Rule, Severity
from leakguard.policy import Policy
from tests.helpers import RULE, generic

BODY = "0a1b2c3d4e5f"
TEXT = f"first\nkey = tok_{BODY}\n".encode()


def reasons(*rules: Rule, text: bytes = TEXT, policy: Policy = Policy()) -> list[tuple[str, str]]:
    found = explain(load_matcher(rules), text, "src/a.py", policy)
    return [(item.rule, item.reason) for item in found]


def test_match_that_is_reported() -> None:
    (found,) = explain(load_matcher([RULE]), TEXT, "a.py", Policy())

    assert found == Explanation(line=2, column=11, rule="test-token", preview="0…f", reason="")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (replace(RULE, entropy=5.0), "entropy below 5"),
        (replace(RULE, allow=("^0a",)), "allow pattern of the rule"),
        (replace(RULE, check=Check("crc32-base62", {"skip": 0})), "check crc32-base62"),
        (replace(RULE, confidence=Confidence.LOW), "confidence low"),
        (replace(RULE, severity=Severity.LOW), "severity low"),
        (replace(RULE, path=r"\.env$"), "path is not the rule's"),
        (replace(RULE, allowlists=(Allowlist(path="^src/"),)), "allowlist of paths"),
        (replace(RULE, foreign=Foreign("gitleaks", ("zzz",))), "what stands around it"),
    ],
)
def test_match_that_is_dropped_is_told_with_the_reason(rule: Rule, reason: str) -> None:
    assert reasons(rule, policy=Policy(min_severity=Severity.MEDIUM)) == [("test-token", reason)]


def test_encoded_match_is_told_with_its_encoding_and_what_silences_it() -> None:
    matcher, written = load_matcher([RULE]), b64encode(f"key = tok_{BODY}".encode())

    (found,) = explain(matcher, b"first\nx: " + written, "a.py", Policy())
    (silent,) = explain(matcher, b"x: " + written, "a.py", Policy(excludes=("*.py",)))

    assert found == Explanation(2, 4, "test-token", "0…f", "", encoding="base64")
    assert (silent.reason, silent.encoding) == ("excluded path", "base64")


def test_placeholders_settings_and_comments_are_reasons() -> None:
    placeholder = generic(replace(RULE, pattern="key = (?P<secret>[a-z]+)"))

    assert reasons(placeholder, text=b"key = changeme") == [("test-token", "placeholder")]
    disabled = Policy(disabled_rules=frozenset({"test-token"}))
    assert reasons(RULE, policy=disabled) == [("test-token", "rule is disabled")]
    assert reasons(RULE, policy=Policy(excludes=("src/**",))) == [("test-token", "excluded path")]
    marked = TEXT.replace(b"\n", b"  # leakguard:allow\n")
    assert reasons(RULE, text=marked) == [("test-token", "comment leakguard:allow")]


def test_rule_that_gives_way_is_told_with_the_one_that_is_reported() -> None:
    weaker = replace(RULE, id="weaker", family="weaker", confidence=Confidence.MEDIUM)

    assert reasons(RULE, weaker) == [("test-token", ""), ("weaker", "reported as test-token")]


def test_rule_that_needs_a_partner_is_told_only_beside_it() -> None:
    near = replace(
        RULE, id="near", family="near", pattern="= (?P<secret>t)", partner=Partner("test-token", 1)
    )

    assert reasons(RULE, near) == [("near", ""), ("test-token", "")]
    assert reasons(RULE, near, text=b"x = t") == []


def test_nothing_is_said_of_nothing() -> None:
    assert reasons(RULE, text=b"") == []
    path_only = replace(RULE, pattern="", path="a", foreign=Foreign("gitleaks"))
    assert reasons(path_only) == []
