"""Credentials in parts: one finding, its parts, and what each is worth."""

from collections.abc import Mapping

import pytest

from leakguard.composites import COMPOSITES
from leakguard.findings import judge
from leakguard.matcher import Matcher
from leakguard.model import Finding, Severity
from leakguard.policy import Policy
from leakguard.ruleset import load_rules
from leakguard.sources.files import FilesSource
from tests.builtin import builtin_matcher
from tests.helpers import candidates

RULES = {rule.id: rule for rule in load_rules()}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return builtin_matcher()


def example(rule: str, number: int = 0) -> str:
    return RULES[rule].examples[number]


def found(matcher: Matcher, files: Mapping[str, str]) -> list[Finding]:
    blobs = {name: text.encode() for name, text in files.items()}
    findings, _ = judge([FilesSource([])], [candidates(matcher, blobs)], Policy())
    return findings


def test_every_rule_of_a_composite_exists() -> None:
    named = {rule for item in COMPOSITES for rule in (*item.secrets, *item.parts)}

    assert named <= RULES.keys()


CASES = [
    ("aws-secret-access-key", ["aws-access-key-id"], Severity.CRITICAL),
    ("aws-secret-access-key", ["aws-access-key-id", "aws-session-token"], Severity.CRITICAL),
    ("alibaba-access-key-secret", ["alibaba-access-key-id"], Severity.CRITICAL),
    ("twilio-auth-token", ["twilio-account-sid"], Severity.CRITICAL),
    ("azure-client-secret", ["azure-client-id", "azure-tenant-id"], Severity.CRITICAL),
    ("google-oauth-client-secret", ["google-oauth-client-id"], Severity.HIGH),
    ("slack-client-token", ["slack-session-cookie"], Severity.CRITICAL),
]


@pytest.mark.parametrize(("secret", "parts", "severity"), CASES)
def test_parts_of_a_credential_are_one_finding(
    matcher: Matcher, secret: str, parts: list[str], severity: Severity
) -> None:
    text = "\n".join(example(rule) for rule in (*parts, secret))

    (finding,) = found(matcher, {"a": text})

    assert finding.rule_id == secret
    assert finding.line == len(parts) + 1
    assert [(part.rule_id, part.line) for part in finding.parts] == [
        (rule, number + 1) for number, rule in enumerate(parts)
    ]
    assert finding.severity == severity
    assert all(part.preview != "" and part.severity <= severity for part in finding.parts)


def test_temporary_credential_has_its_token_for_a_part(matcher: Matcher) -> None:
    pair, token = example("alibaba-sts-access-key-secret"), example("alibaba-sts-security-token")

    (finding,) = found(matcher, {"a": f"{pair}\n{token}"})

    assert (finding.rule_id, finding.severity) == ("alibaba-sts-access-key-secret", Severity.HIGH)
    assert [(part.rule_id, part.line) for part in finding.parts] == [
        ("alibaba-sts-access-key-id", 1),
        ("alibaba-sts-security-token", 3),
    ]


def test_secret_has_the_fingerprint_that_it_has_alone(matcher: Matcher) -> None:
    alone = found(matcher, {"a": example("aws-secret-access-key")})
    whole = found(
        matcher, {"a": example("aws-access-key-id") + "\n" + example("aws-secret-access-key")}
    )

    assert [f.fingerprint for f in alone] == [f.fingerprint for f in whole]
    assert (alone[0].severity, whole[0].severity) == (Severity.HIGH, Severity.CRITICAL)
    assert alone[0].parts == ()


def test_lone_identifier_is_low(matcher: Matcher) -> None:
    (finding,) = found(matcher, {"a": example("aws-access-key-id")})

    assert (finding.rule_id, finding.severity) == ("aws-access-key-id", Severity.LOW)


def test_each_pair_of_several_has_its_own_parts(matcher: Matcher) -> None:
    ids = [example("aws-access-key-id", number) for number in range(2)]
    secrets = [example("aws-secret-access-key", number) for number in range(2)]
    text = "\n".join((ids[0], secrets[0], "\n" * 20, ids[1], secrets[1]))

    findings = found(matcher, {"a": text})

    assert [(f.line, [p.line for p in f.parts]) for f in findings] == [(2, [1]), (25, [24])]


def test_parts_far_apart_or_in_two_files_are_told_by_themselves(matcher: Matcher) -> None:
    identifier, secret = example("aws-access-key-id"), example("aws-secret-access-key")

    assert len(found(matcher, {"a": identifier + "\n" * 40 + secret})) == 2
    assert len(found(matcher, {"a": identifier, "b": secret})) == 2


def test_database_url_says_whose_and_where(matcher: Matcher) -> None:
    text = "DATABASE_URL=postgres://billing:" + "vR7qLm2xTz" + "@db.acme.dev:5432/b"

    (finding,) = found(matcher, {".env": text})

    assert finding.rule_id == "database-url"
    assert [part.rule_id for part in finding.parts] == ["database-url-user", "database-url-host"]


def test_parts_hold_no_secret(matcher: Matcher) -> None:
    text = example("slack-client-token") + "\n" + example("slack-session-cookie")

    (finding,) = found(matcher, {"a": text})

    assert "xoxd-" not in repr(finding)
