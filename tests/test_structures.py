"""Every checksum and structural test of a token form: a right token is found, a wrong one is not.

The right ones are random and made valid by finishers.py; a wrong one is the right one with one
change in what the test covers. Both go through the rule, as a scan does.
"""

import re
from collections.abc import Callable
from random import Random

import pytest

from leakguard.checksums import CHECKS
from leakguard.matcher import Matcher
from leakguard.model import Rule
from leakguard.ruleset import load_rules
from tests.finishers import BY_CHECK, token
from tests.sampling import sample

RULES = {rule.id: rule for rule in load_rules()}
Spoiler = Callable[[str], str]


def other(place: int) -> Spoiler:
    """Another character of the same class at one place."""

    def spoil(text: str) -> str:
        at = place % len(text)
        old = text[at]
        new = "7" if old != "7" else "3"
        if not old.isdigit():
            new = "c" if old.lower() != "c" else "d"
        return text[:at] + (new.upper() if old.isupper() else new) + text[at + 1 :]

    return spoil


def instead(old: str, new: str) -> Spoiler:
    """One part of the token in place of another."""
    return lambda text: re.sub(old, new, text, count=1)


CRC = other(12)
WRONG: dict[str, tuple[Spoiler, ...]] = {
    "github-classic-pat": (CRC,),
    "github-oauth-token": (CRC,),
    "github-app-user-token": (CRC,),
    "github-app-installation-token": (CRC,),
    "github-refresh-token": (CRC,),
    "github-app-installation-jwt": (instead("_eyJ", "_eyK"),),
    "npm-access-token": (CRC,),
    "vercel-personal-access-token": (CRC,),
    "vercel-integration-token": (CRC,),
    "vercel-app-access-token": (CRC,),
    "vercel-app-refresh-token": (CRC,),
    "vercel-ai-gateway-key": (CRC,),
    "cloudflare-global-api-key": (CRC,),
    "cloudflare-user-token": (CRC,),
    "cloudflare-account-token": (CRC,),
    "gitlab-pat-routable": (other(-12),),
    "gitlab-routable-token": (other(-12),),
    "grafana-service-account-token": (CRC,),
    "atlassian-api-token": (CRC,),
    "bitbucket-access-token": (CRC,),
    "bitbucket-app-password": (CRC,),
    "apify-api-token": (CRC,),
    "zuplo-api-key": (CRC,),
    "canva-client-secret": (CRC,),
    "confluent-api-secret": (CRC,),
    "saladcloud-user-api-key": (other(20),),
    "saladcloud-org-api-key": (other(20),),
    "polar-access-token": (other(-9),),
    "azure-storage-account-key-signed": (CRC,),
    "azure-cosmos-db-key": (CRC,),
    "azure-redis-key": (CRC,),
    "azure-search-key": (CRC,),
    "azure-functions-key": (CRC,),
    "azure-batch-key": (CRC,),
    "azure-messaging-key": (CRC,),
    "azure-iot-key": (CRC,),
    "azure-api-management-key": (CRC,),
    "azure-machine-learning-key": (CRC,),
    "azure-event-grid-key-first": (CRC,),
    "azure-container-registry-key": (CRC,),
    "azure-client-secret": (other(9),),
    "azure-ai-services-key": (CRC,),
    "azure-devops-pat": (CRC,),
    "azure-devops-pat-old": (CRC,),
    "age-secret-key": (other(40),),
    "nats-user-seed": (other(20),),
    "nats-account-seed": (other(20),),
    "bitcoin-private-key": (other(20),),
    "bitcoin-extended-private-key": (other(20),),
    "bitcoin-seed-phrase": (instead(r"^\w+", "aaa"),),
    "jwt": (instead(r"^eyJ", "eyK"),),
    "pypi-token": (instead("vcmc", "vcmcx"), instead("cmcC", "cmcD")),
    "pypi-test-token": (instead("ZwIk", "ZwMk"),),
    "sentry-org-token": (instead("eyJpYXQi", "eyJpYXUi"),),
    "grafana-cloud-token": (instead("eyJrIj", "eyJxIj"),),
    "grafana-api-key": (instead("^eyJr", "eyJs"),),
    "aws-access-key-id": (instead(r".{3}$", "018"),),
    "slack-configuration-access-token": (instead("-Mi0", "-Mi8"),),
    "slack-configuration-refresh-token": (instead("-Mi0", "-Mi8"),),
    "discord-bot-token": (instead(r"^.{2}", "Nx"),),
    "jfrog-reference-token": (instead(r"....$", "AAAA"),),
    "jfrog-api-key": (instead(r".$", "0"),),
    "atlassian-data-center-pat": (instead(r"^.{2}", "Nx"),),
    "bitbucket-data-center-token": (instead(r"-.{2}", "-Nx"),),
    "aws-bedrock-api-key": (instead("ABSKQmVk", "ABSKQmVl"),),
    "intercom-access-token": (instead(r"....$", "AAA="),),
    "mapbox-secret-token": (instead("eyJ1Ij", "eyJ2Ij"),),
    "openai-api-key": (instead("T3BlbkFJ", "T3BlbkFK"),),
    "openai-project-key": (instead("T3Blb", "xT3Blb"),),
    "openai-service-account-key": (instead("T3Blb", "xT3Blb"),),
    "openai-admin-key": (instead("T3Blb", "xT3Blb"),),
    "groq-api-key": (instead("WGdyb3FY", "WGdyb3FZ"),),
    "anthropic-api-key": (instead("AA$", "AB"),),
    "wireguard-private-key": (instead("^.", "B"),),
    "private-key": (instead(r"^MII", "MIM"),),
    "private-key-encrypted": (instead(r"^MII", "MIM"),),
    "private-key-pgp": (instead(r"^..", "AB"),),
    "nvidia-ngc-key": (instead(r"....$", "AAAA"),),
    "1password-service-account-token": (instead("eyJ", "eyK"),),
    "telegram-bot-token": (instead(r"^\d+", "12"),),
    "docker-config-auth": (instead(r"^.*$", "bm9jb2xvbmhlcmVhdGFsbA=="),),
    "npm-registry-auth": (instead(r"^.*$", "bm9jb2xvbmhlcmVhdGFsbA=="),),
    "basic-authorization": (instead(r"^.*$", "bm9jb2xvbmhlcmVhdGFsbA=="),),
    "elastic-api-key": (instead("^....", "AAAA"),),
    "kubernetes-service-account-token": (instead("^eyJ", "eyK"),),
    "supabase-service-role-key": (instead("^eyJ", "eyK"),),
}
"""What makes a token of a rule wrong."""


MATCHER = Matcher(tuple(RULES.values()), [None] * len(RULES), None, {})
"""Without an automaton: the rules' patterns and what they say of a secret is all that is asked."""


def found(rule: Rule, secret: str) -> bool:
    """Whether the rule takes the token, in what its pattern asks to stand around it."""
    around = sample(rule.pattern, Random(1))  # noqa: S311 - the same each time
    text = (around.before + secret + (around.after or "\n")).encode("latin-1")
    match = re.search(rule.pattern.encode(), text, re.MULTILINE)
    if match is None or match["secret"] != secret.encode("latin-1"):
        return False
    return MATCHER.accepts(list(RULES).index(rule.id), match["secret"])


CASES = [
    pytest.param(name, spoil, id=f"{name}") for name, spoils in WRONG.items() for spoil in spoils
]


@pytest.mark.parametrize(("name", "spoil"), CASES)
def test_right_token_is_found_and_wrong_one_is_not(name: str, spoil: Spoiler) -> None:
    rule = RULES[name]
    for number in range(8):
        right = token(rule, Random(f"{name} {number}"))  # noqa: S311 - the same each time
        wrong = spoil(right)

        assert found(rule, right)
        assert wrong != right
        assert not found(rule, wrong)


def test_every_structural_check_makes_a_token_wrong_somewhere() -> None:
    tested = {check.name for name in WRONG if (check := RULES[name].check)}

    assert tested | {"private-key", "marker-digest"} >= set(CHECKS)  # no rule file has the last
    assert set(BY_CHECK) | {"base58check", "marker-digest"} == set(CHECKS)
