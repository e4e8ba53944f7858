"""gitleaks' files: each key does what it does there."""

import re
from pathlib import Path

import pytest

from leakguard.errors import RuleError
from leakguard.model import Confidence, Foreign, Required, Severity

from .helpers import TOKEN, read, secrets

RULE = """
[[rules]]
id = "acme-key"
description = "Acme key"
regex = '''(acme)_([0-9a-z]{12})'''
secretGroup = 2
entropy = 2.5
keywords = ["ACME"]
tags = ["key", "critical"]
"""


def test_rule_is_translated_key_by_key(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, 'title = "Acme rules"\n' + RULE).rules

    assert (rule.id, rule.name, rule.provider) == ("acme-key", "Acme key", "Acme rules")
    assert (rule.severity, rule.confidence) == (Severity.CRITICAL, Confidence.MEDIUM)
    assert rule.pattern == "(acme)_(?P<secret>[0-9a-z]{12})"
    assert rule.entropy == 2.5
    assert rule.foreign == Foreign("gitleaks", ("acme",))
    assert secrets((rule,), f"key = {TOKEN}") == [("acme-key", TOKEN.removeprefix("acme_"))]


@pytest.mark.parametrize(
    ("regex", "text", "secret"),
    [
        ("acme_[a-z]{4}", "acme_abcd", "acme_abcd"),
        ("acme_([a-z]{4})", "acme_abcd", "abcd"),
        ("acme_(x)?([a-z]{4})", "acme_abcd", "abcd"),
        ("acme_(x?)[a-z]{4}", "acme_abcd", "acme_abcd"),
        ("(?s)acme_.abcd\\n", "acme_\nabcd\n", "acme_\nabcd"),
    ],
)
def test_first_group_that_holds_anything_is_the_secret(
    tmp_path: Path, regex: str, text: str, secret: str
) -> None:
    found = read(tmp_path, f"[[rules]]\nid = 'a'\nregex = '''{regex}'''")

    assert secrets(found.rules, text) == [("a", secret)]


def test_entropy_must_be_more_than_the_rule_says(tmp_path: Path) -> None:
    rule = "[[rules]]\nid = 'a'\nregex = 'k_([a-z]{4})'\nentropy = 2.0"
    found = read(tmp_path, rule)

    assert secrets(found.rules, "k_abcd") == []
    assert secrets(read(tmp_path, rule.replace("2.0", "1.9")).rules, "k_abcd") == [("a", "abcd")]


def test_keyword_anywhere_in_the_file_wakes_a_rule(tmp_path: Path) -> None:
    rules = read(tmp_path, "[[rules]]\nid = 'a'\nregex = '[0-9a-f]{16}'\nkeywords = ['Acme']").rules

    assert secrets(rules, "0123456789abcdef") == []
    assert secrets(rules, "0123456789abcdef # ACME") == [("a", "0123456789abcdef")]


def test_placeholders_are_judged_by_the_file_not_by_us(tmp_path: Path) -> None:
    rules = read(tmp_path, "[[rules]]\nid = 'a'\nregex = 'key=[a-z]{8,}'").rules

    assert secrets(rules, "key=" + "changeme") == [("a", "key=changeme")]


def test_required_rules_must_stand_within_their_distance(tmp_path: Path) -> None:
    rules = read(
        tmp_path,
        """
        [[rules]]
        id = "secret"
        regex = 'sec_([a-z]{8})'
        [[rules.required]]
        id = "account"
        withinLines = 1
        withinColumns = 20
        [[rules]]
        id = "account"
        regex = 'acc_([a-z]{4})'
        skipReport = true
        """,
    ).rules

    assert rules[0].foreign == Foreign("gitleaks", required=(Required("account", 1, 20),))
    assert secrets(rules, "sec_abcdefgh") == []
    assert secrets(rules, "acc_abcd\nsec_abcdefgh") == [("secret", "abcdefgh")]
    assert secrets(rules, "acc_abcd\n\nsec_abcdefgh") == []
    assert secrets(rules, f"acc_abcd\n{' ' * 30}sec_abcdefgh") == []


def test_components_of_betterleaks_are_required_rules(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        [[rules]]
        id = "secret"
        regex = '(sec)_([a-z]{8})'
        valueGroup = 2
        confidence = "high"
        validate = "http.get(...)"
        components = [{ id = "account", within = "5L,-40C" }, { id = "other", optional = true }]
        [[rules]]
        id = "account"
        regex = 'acc_([a-z]{4})'
        [[rules]]
        id = "other"
        regex = 'oth_([a-z]{4})'
        """,
    )

    rule = found.rules[0]
    assert rule.confidence is Confidence.HIGH
    assert "(?P<secret>[a-z]{8})" in rule.pattern
    assert rule.foreign is not None
    assert rule.foreign.required == (Required("account", 5, 40),)
    assert [note.partition("secret: ")[2] for note in found.notes] == [
        "`validate` is not used: leakguard asks no service whether a secret works",
        "`within` is taken to both sides",
    ]


def test_allowlists_of_file_and_rule_hold(tmp_path: Path) -> None:
    rules = read(
        tmp_path,
        """
        [[rules]]
        id = "a"
        regex = 'k_([a-z0-9]{8})'
        [rules.allowlist]
        stopwords = ["FAKE"]
        [[rules]]
        id = "b"
        regex = 'q_([a-z0-9]{8})'
        [[rules.allowlists]]
        condition = "AND"
        regexTarget = "line"
        regexes = ['^\\s*#']
        stopwords = ["demo"]
        [[allowlists]]
        regexTarget = "match"
        regexes = ['_none']
        [[allowlists]]
        targetRules = ["b"]
        regexes = ['^zzzz']
        """,
    ).rules

    assert secrets(rules, "k_abcdefgh q_abcdefgh") == [("a", "abcdefgh"), ("b", "abcdefgh")]
    assert secrets(rules, "k_abfakegh k_noneabcd q_zzzzabcd") == []
    assert secrets(rules, "# q_demodemo") == []
    assert secrets(rules, "q_demodemo\n# q_abcdefgh") == [("b", "demodemo"), ("b", "abcdefgh")]


def test_path_only_rule_has_no_pattern(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, "[[rules]]\nid = 'p12'\npath = '''\\.p12$'''\nentropy = 3").rules

    assert (rule.pattern, rule.path, rule.entropy) == ("", r"\.p12(?-m:$)", 0)
    assert secrets((rule,), "", key="a.p12") == [("p12", "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rules]]\nregex = 'a'", "a rule has no `id`"),
        ("[[rules]]\nid = 'a'", "rule a: `regex` and `path` are missing"),
        ("[[rules]]\nid = 'a'\nregex = '(a)'\nsecretGroup = 2", "has 1 groups"),
        ("[[rules]]\nid = 'a'\nregex = 'a'\nrequired = [{id = 'b'}]", "requires `b`"),
        ("[[rules]]\nid = 'a'\nregex = '(?=a)'", "no look-around"),
        ("[[allowlists]]\ntargetRules = ['b']\npaths = ['a']", "`targetRules` names `b`"),
        ("rules = 3", "a table is expected"),
        ("[extend]\nuseDefault = true\npath = 'a'", "use one of them"),
        ("[extend]\npath = 'gone.toml'", "cannot be read"),
        ("[allowlist]\npaths = ['a']\n[[allowlists]]\npaths = ['b']", "is the old form"),
    ],
)
def test_what_gitleaks_refuses_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        read(tmp_path, text)


def test_what_gitleaks_overlooks_is_told(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "prefilter = 'x'\n[[rules]]\nid = 'a'\nregex = 'abc*'\nregexs = 'b'\n"
        "[[rules]]\nid = 'a'\nregex = 'abd'\n[[rules]]\nid = 'e'\nregex = 'b*'",
    )

    assert [rule.pattern for rule in found.rules] == ["abd"]
    assert [note.partition(".toml: ")[2] for note in found.notes] == [
        "`prefilter` is not used: leakguard has no such expressions",
        "rule a: has the id of another rule: the last one counts",
        "rule e: left out: `b*` matches the empty text",
    ]
