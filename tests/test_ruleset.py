"""Every refusal of a rule file names the file, the rule and the reason."""

from pathlib import Path

import pytest

from leakguard import limits, ruleset
from leakguard.errors import RuleError
from leakguard.model import Check, Confidence, Partner, Severity
from leakguard.ruleset import load_rules, parse_rules, read_rule_file, rule_files

TABLE = {
    "id": '"own-token"',
    "name": '"Own token"',
    "impact": '"Opens the door."',
    "severity": '"high"',
    "confidence": '"medium"',
    "pattern": "'own_(?P<secret>[a-z0-9]{12})'",
    "references": '["https://example.org"]',
    "examples": '["own~~_q7x2m9k4t1zp", "a=own_~~q7x2m9k4t1zp"]',
    "counterexamples": '["own_short"]',
}
CHECKS = "crc32-base62, crc32-hex, "


def text(*, head: str = 'provider = "Own"', **changes: str | None) -> str:
    """A rule file; keys that are None are left out."""
    table = {key: value for key, value in (TABLE | changes).items() if value is not None}
    return "\n".join([head, "[[rule]]", *(f"{key} = {value}" for key, value in table.items())])


def changed(changes: dict[str, str | None]) -> str:
    return text(**changes)  # type: ignore[arg-type]


def refusal(data: str | bytes) -> str:
    with pytest.raises(RuleError) as caught:
        parse_rules(data if isinstance(data, bytes) else data.encode(), "own.toml")
    return str(caught.value)


def test_rule_is_read() -> None:
    (rule,) = parse_rules(
        text(
            family='"own"',
            path="'[.]env$'",
            entropy="3",
            check='{ name = "crc32-base62", skip = 4 }',
            partner='{ rule = "other", lines = 0 }',
            generic="true",
            allow="['^own_a']",
            remedy='"Change it."',
        ).encode(),
        "own.toml",
    )

    assert (rule.id, rule.provider, rule.file, rule.family) == (
        "own-token",
        "Own",
        "own.toml",
        "own",
    )
    assert (rule.severity, rule.confidence) == (Severity.HIGH, Confidence.MEDIUM)
    assert (rule.entropy, rule.generic, rule.allow) == (3.0, True, ("^own_a",))
    assert rule.check == Check("crc32-base62", {"skip": 4})
    assert rule.partner == Partner("other", 0)
    assert rule.examples == ("own_q7x2m9k4t1zp", "a=own_q7x2m9k4t1zp")


def test_rule_without_the_optional_keys() -> None:
    (rule,) = parse_rules(text().encode(), "own.toml")

    assert (rule.family, rule.path, rule.entropy, rule.allow) == ("own-token", "", 0.0, ())
    assert (rule.check, rule.partner, rule.generic) == (None, None, False)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("provider = [", "not valid TOML: Invalid value (at end of document)"),
        (
            b'provider = "\xff"',
            "not valid TOML: 'utf-8' codec can't decode byte 0xff in position 12:"
            " invalid start byte",
        ),
        ("", "`provider` is missing: name the service the rules belong to"),
        ("provider = 1", "`provider` is missing: name the service the rules belong to"),
        ('provider = ""', "`provider` is missing: name the service the rules belong to"),
        ('provider = "Own"', "no `[[rule]]` in it"),
        ('provider = "Own"\nrule = 1', "no `[[rule]]` in it"),
        ('provider = "Own"\nrule = []', "no `[[rule]]` in it"),
        ('provider = "Own"\nrule = [1]', "no `[[rule]]` in it"),
        ('provider = "Own"\nrule = ["x"]', "no `[[rule]]` in it"),
        ("rules = 1", "unknown key `rules`: a file has `provider` and `[[rule]]`"),
    ],
)
def test_file_that_is_wrong(data: str | bytes, message: str) -> None:
    assert refusal(data) == f"own.toml: {message}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": '"red"', "zoo": "1"}, "unknown key `colour`"),
        ({"name": None}, "`name` is missing or not a text"),
        ({"name": "1"}, "`name` is missing or not a text"),
        ({"impact": '""'}, "`impact` is missing or not a text"),
        ({"pattern": None}, "`pattern` is missing or not a text"),
        ({"family": "1"}, "`family` is not a text"),
        ({"remedy": "[]"}, "`remedy` is not a text"),
        ({"severity": None}, "`severity` must be one of low, medium, high, critical"),
        ({"severity": '"HIGH"'}, "`severity` must be one of low, medium, high, critical"),
        ({"confidence": "3"}, "`confidence` must be one of low, medium, high"),
        ({"confidence": "[]"}, "`confidence` must be one of low, medium, high"),
        ({"entropy": "9"}, "`entropy` must be a number from 0 to 8 (bits per character)"),
        ({"entropy": "nan"}, "`entropy` must be a number from 0 to 8 (bits per character)"),
        ({"entropy": "true"}, "`entropy` must be a number from 0 to 8 (bits per character)"),
        ({"generic": "1"}, "`generic` must be true or false"),
        ({"allow": '"x"'}, "`allow` is not a list of texts"),
        ({"allow": "[1]"}, "`allow` is not a list of texts"),
        ({"examples": '[""]'}, "`examples` is not a list of texts"),
        ({"examples": None}, "`examples` is missing: give at least one"),
        ({"counterexamples": "[]"}, "`counterexamples` is missing: give at least one"),
        ({"references": None}, "`references` is missing: cite where the form comes from"),
        ({"check": '"crc32-base62"'}, "`check` must be a table with a `name`"),
        ({"check": "{ skip = 4 }"}, "`check` must be a table with a `name`"),
        (
            {"check": '{ name = "middle-mark", mark = "x" }'},
            "`check`: `middle-mark`: missing a required argument: 'skip'",
        ),
        (
            {"check": '{ name = "base64-text", pattern = "(" }'},
            "`check`: `base64-text`: RE2 refuses `(`: missing ): (?m)(",
        ),
        (
            {"check": '{ name = "crc32-hex", order = "middle" }'},
            "`check`: `crc32-hex`: byteorder must be either 'little' or 'big'",
        ),
        (
            {"check": '{ name = "crc32-base62", skip = 4, gap = 1 }'},
            "`check`: `crc32-base62`: got an unexpected keyword argument 'gap'",
        ),
        ({"partner": '"other"'}, "`partner` must be a table with `rule` and `lines`"),
        ({"partner": '{ rule = "x" }'}, "`partner` must be a table with `rule` and `lines`"),
        (
            {"partner": '{ rule = "x", lines = true }'},
            "`partner` needs the id of a rule and a number of lines",
        ),
        (
            {"partner": '{ rule = "x", lines = -1 }'},
            "`partner` needs the id of a rule and a number of lines",
        ),
        ({"pattern": "'own_[a-z]{12}'"}, "`pattern` has no group named `secret`"),
        (
            {"pattern": "'(?P<secret>[a-z)'"},
            "RE2 refuses `(?P<secret>[a-z)`: missing ]: [a-z)",
        ),
        (
            {"pattern": "'(?P<secret>a)(?=b)'"},
            "RE2 refuses `(?P<secret>a)(?=b)`: invalid perl operator: (?=",
        ),
        ({"pattern": "'(?P<secret>a*)'"}, "`(?P<secret>a*)` matches the empty text"),
        (
            {"pattern": "'(?P<secret>a)\\pL'"},
            "`(?P<secret>a)\\pL` is no regular expression: bad escape \\p at position 13",
        ),
        ({"allow": "['(']"}, "RE2 refuses `(`: missing ): (?m)("),
        ({"path": "'['"}, "RE2 refuses `[`: missing ]: ["),
    ],
)
def test_rule_that_is_wrong(changes: dict[str, str | None], message: str) -> None:
    assert refusal(changed(changes)) == f"own.toml: rule own-token: {message}"


@pytest.mark.parametrize("changes", [{"id": None}, {"id": '""'}])
def test_rule_without_an_id(changes: dict[str, str | None]) -> None:
    message = refusal(changed(changes))

    assert message.endswith("`id` is missing or not a text")


def test_check_that_does_not_exist_names_those_that_do() -> None:
    message = refusal(text(check='{ name = "crc99" }'))

    start = "own.toml: rule own-token: `check`: there is no check `crc99`: use one of "
    assert message.startswith(start + CHECKS)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(text())
    two.write_text(text())
    return one, two


def refused(*paths: Path) -> str:
    with pytest.raises(RuleError) as caught:
        load_rules(*paths, builtin=False)
    return str(caught.value)


def test_id_in_two_files(files: tuple[Path, Path]) -> None:
    assert refused(*files) == "two.toml: rule own-token: one.toml has this id as well"


def test_id_twice_in_a_file(files: tuple[Path, Path]) -> None:
    files[0].write_text(text() + "\n" + text(head=""))

    assert refused(files[0]) == "one.toml: rule own-token: one.toml has this id as well"


def test_partner_must_exist_and_have_none_itself(files: tuple[Path, Path]) -> None:
    one, two = files
    two.write_text(text(id='"two"', partner='{ rule = "own-token", lines = 3 }'))
    one.write_text(text(partner='{ rule = "two", lines = 3 }'))

    assert refused(two) == "two.toml: rule two: `partner`: there is no rule `own-token`"
    assert refused(one, two) == "one.toml: rule own-token: `partner`: `two` needs a partner itself"


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    nope = tmp_path / "nope.toml"

    assert refused(nope) == f"rule file {nope} cannot be read: No such file or directory"
    assert refused(tmp_path) == f"rule file {tmp_path} cannot be read: Is a directory"


def test_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RULE_FILE_BYTES", 10)
    (tmp_path / "a.toml").write_bytes(b"x" * 11)
    (tmp_path / "b.toml").write_bytes(b"x" * 10)

    message = f"rule file {tmp_path / 'a.toml'} is larger than 10 bytes"
    assert refused(tmp_path / "a.toml") == message
    assert read_rule_file(tmp_path / "b.toml") == b"x" * 10


def test_own_rule_replaces_a_built_in_of_the_same_id(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text(id='"github-classic-pat"'))

    rules = {rule.id: rule for rule in load_rules(own)}

    assert rules["github-classic-pat"].provider == "Own"
    assert list(rules) == sorted(rules)
    assert len(rules) == len(load_rules())


def test_installation_without_rules_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ruleset, "rules_dir", lambda: tmp_path)

    with pytest.raises(RuleError) as caught:
        rule_files()

    expected = f"no rule files in {tmp_path}: leakguard is not installed properly"
    assert str(caught.value) == expected
