"""Every kind of Slack token is found in several surroundings, as it is and encoded."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Final

import pytest

from leakguard.matcher import Matcher
from leakguard.ruleset import load_rules
from tests.builtin import builtin_matcher
from tests.test_encoded import letters, looked_at, told

RULES: Final = load_rules()
SLACK: Final = {rule.id: rule.examples for rule in RULES if rule.id.startswith("slack-")}

WAYS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64, second alignment": lambda text: b64encode(f" {text}".encode()).decode(),
    "base64, third alignment": lambda text: b64encode(f"= {text}".encode()).decode(),
    "percent": letters("%%%02X"),
    "unicode escapes": letters("\\u%04x"),
}

SURROUNDINGS: Final = {
    "command line": re.compile(r"^(?:curl|-b|--)"),
    "header": re.compile(r"^Cookie:"),
    "JSON": re.compile(r'^\{?"'),
    ".env": re.compile(r"^[A-Z_]+="),
    "YAML": re.compile(r"^\w[\w.-]*:\s"),
    "code": re.compile(r"^[\w.]+(?: = |\()"),
    "URL": re.compile(r"https?(?:://|%3A)"),
    "other": re.compile("."),
}
"""The first that an example has."""


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return builtin_matcher()


def surroundings(example: str) -> str:
    return next(name for name, form in SURROUNDINGS.items() if form.search(example.strip()))


@pytest.mark.parametrize("rule", SLACK)
def test_slack_token_has_three_examples_in_different_surroundings(rule: str) -> None:
    assert len(SLACK[rule]) >= 3
    assert len({surroundings(example) for example in SLACK[rule]}) >= 3


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rule", SLACK)
def test_slack_token_is_found_however_its_surroundings_are_written(
    matcher: Matcher, rule: str, way: str
) -> None:
    for example in SLACK[rule]:
        found = looked_at(matcher, {"a": WAYS[way](example).encode()})

        assert rule in {name for name, *_ in told(found)}
