"""YAML of kingfisher and Nosey Parker: what detects is translated, what asks a service is told."""

import re
from pathlib import Path

import pytest

from leakguard.errors import RuleError
from leakguard.foreign.stand_ins import Translation
from leakguard.model import Confidence, Severity

from .helpers import TOKEN, read, secrets

RULE = """
rules:
  - name: Acme key
    id: acme.key.1
    pattern: |
      (?xi)
      acme          # the vendor
      (?:.|[\\n\\r]){0,16}?
      \\b ( [a-z0-9]{12} ) \\b
    min_entropy: 2.5
    confidence: high
    references: [https://acme.example]
    examples: ['acme = q7w2e9r4t1y8']
    negative_examples: ['acme_key = q7']
    validation: {type: Http}
    depends_on_rule:
      - {rule_id: acme.id.1, variable: ACMEID}
"""


def load(tmp_path: Path, text: str) -> Translation:
    return read(tmp_path, text, "acme.yml")


def test_rule_of_kingfisher(tmp_path: Path) -> None:
    found = load(tmp_path, RULE)

    (rule,) = found.rules
    assert (rule.id, rule.name, rule.provider) == ("acme.key.1", "Acme key", "acme.yml")
    assert (rule.confidence, rule.entropy) == (Confidence.HIGH, 2.5)
    assert (rule.examples, rule.counterexamples) == (
        ("acme = q7w2e9r4t1y8",),
        ("acme_key = q7",),
    )
    assert secrets((rule,), f"x {TOKEN.replace('_', ': ')}") == [("acme.key.1", TOKEN[5:])]
    assert list(found.notes) == [
        "acme.yml: rule acme.key.1: `validation` is not used: leakguard asks no service",
        "acme.yml: rule acme.key.1: `depends_on_rule` is not used:"
        " the other rule's value only serves to ask a service",
    ]


def test_rule_of_nosey_parker(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        """
        rules:
        - name: Login
          id: np.login.1
          pattern: 'host (\\S+)? login (\\S+)'
          description: |
            A login.
            It opens the host.
          categories: [generic, identifier]
        """,
    )

    (rule,) = found.rules
    assert (rule.severity, rule.generic) == (Severity.LOW, True)
    assert rule.impact == "A login. It opens the host."
    assert secrets((rule,), "host  login ana") == [("np.login.1", "ana")]
    assert "has several groups" in found.notes[0]


@pytest.mark.parametrize(
    ("pattern", "secret"),
    [
        ("(?P<host>h[a-z]+):(?P<TOKEN>[a-z]{4})", "abcd"),
        ("(?P<host>h[a-z]+):([a-z]{4})", "abcd"),
        ("host:(?P<body>[a-z]{4})", "abcd"),
        ("host:[a-z]{4}", "host:abcd"),
    ],
)
def test_unnamed_group_or_token_is_the_secret(tmp_path: Path, pattern: str, secret: str) -> None:
    found = load(tmp_path, f"rules:\n- id: a\n  pattern: '{pattern}'")

    assert secrets(found.rules, "host:abcd") == [("a", secret)]


def test_helper_rules_are_hidden(tmp_path: Path) -> None:
    found = load(tmp_path, "rules:\n- id: a\n  visible: false\n  pattern: 'id_[a-z]{4}'")

    assert secrets(found.rules, "id_abcd") == []


def test_path_of_a_rule(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, "rules:\n- id: a\n  path: '\\.env$'\n  pattern: 'id_[a-z]{4}'").rules

    assert rule.path == r"\.env(?-m:$)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules:\n- pattern: a", "a rule has neither `id` nor `name`"),
        ("rules:\n- id: a", "rule a: `pattern` is missing"),
        ("rules:\n- id: a\n  pattern: ab\n- id: a\n  pattern: ab", "another rule has this id"),
        ("rules:\n- id: a\n  pattern: '(?=a)b'", "is no regular expression of Rust"),
        ("rules:\n- id: a\n  pattern: ab\n  confidence: sure", "`confidence` must be low, medium"),
        ("rules:\n- id: a\n  pattern: ab\n  min_entropy: much", "`min_entropy` must be a number"),
        ("rules:\n- id: a\n  pattern: ab\n  visible: maybe", "`visible` must be true or false"),
        ("rules:\n - a: b: c", "acme.yml: not valid YAML in line 2"),
        ("rules: 3\n", "a table is expected"),
        ("rules:\n- !!python/object:os.system x", "not valid YAML"),
        ("- a\n- b\nrules:\n", "not valid YAML"),
    ],
)
def test_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        load(tmp_path, text)


def test_pattern_that_only_rust_takes_is_left_out(tmp_path: Path) -> None:
    found = load(tmp_path, "rules:\n- id: a\n  pattern: 'x[a&&b]'\n- id: b\n  pattern: 'c*'")

    assert found.rules == ()
    assert [note.partition("rule ")[2] for note in found.notes] == [
        "a: a pattern is left out: it has classes within classes",
        "b: left out: `c*` matches the empty text",
    ]
