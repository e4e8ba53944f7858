"""Rule files, settings and baselines that are wrong: exit code 2, and which file, key and why."""

from pathlib import Path

import pytest

from tests.helpers import Complaint, Run, github_token

RULE: dict[str, str | None] = {
    "id": '"own-token"',
    "name": '"Own token"',
    "impact": '"Opens the door."',
    "severity": '"high"',
    "confidence": '"high"',
    "pattern": "'own_(?P<secret>[a-z0-9]{12})'",
    "references": '["https://example.org"]',
    "examples": '["own~~_q7x2m9k4t1zp"]',
    "counterexamples": '["own_short"]',
}


def rule_file(folder: Path, **changes: str | None) -> Path:
    """A rule file with one rule; keys that are None are left out."""
    table = {key: value for key, value in (RULE | changes).items() if value is not None}
    lines = [f"{key} = {value}" for key, value in table.items()]
    file = folder / "own.toml"
    file.write_text("\n".join(['provider = "Own"', "[[rule]]", *lines]) + "\n")
    return file


def test_rule_file_that_is_right_is_used(run: Run, tmp_path: Path) -> None:
    rule_file(tmp_path)
    (tmp_path / "a.txt").write_text("own_q7x2m9k4t1zp\n")

    done = run("scan", "--rules", "own.toml", "a.txt")

    assert (done.returncode, done.stderr) == (1, "")
    assert "Own token" in done.stdout


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"colour": '"red"'}, "unknown key `colour`"),
        ({"pattern": "'own_(?P<secret>[a-z)'"}, "RE2 refuses"),
        ({"pattern": "'own_[a-z]{12}'"}, "`pattern` has no group named `secret`"),
        ({"pattern": "'own_(?=x)(?P<secret>[a-z]{12})'"}, "RE2 refuses"),
        ({"pattern": "'(?P<secret>[a-z]*)'"}, "matches the empty text"),
        ({"examples": None}, "`examples` is missing: give at least one"),
        ({"check": '{ name = "crc99" }'}, "`check`: there is no check `crc99`: use one of "),
        ({"severity": '"huge"'}, "`severity` must be one of low, medium, high, critical"),
        ({"partner": '{ rule = "nobody", lines = 2 }'}, "`partner`: there is no rule `nobody`"),
    ],
)
@pytest.mark.parametrize("verb", [["scan", "--rules"], ["rules", "check"]], ids="-".join)
def test_rule_that_is_wrong(
    complaint: Complaint,
    tmp_path: Path,
    verb: list[str],
    changes: dict[str, str | None],
    reason: str,
) -> None:
    rule_file(tmp_path, **changes)

    message = complaint(*verb, "own.toml")

    assert message.startswith("own.toml: rule own-token: ")
    assert reason in message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"examples": '["own~~_short"]'}, "example 1 is not found by it"),
        ({"counterexamples": '["own_q7x2m9k4t1zp"]'}, "counterexample 1 is found by it"),
    ],
)
def test_rule_whose_examples_are_wrong(
    complaint: Complaint, tmp_path: Path, changes: dict[str, str | None], reason: str
) -> None:
    rule_file(tmp_path, **changes)

    assert reason in complaint("rules", "check", "own.toml")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"provider = [", "own.toml: not valid TOML: "),
        (b'provider = "\xff"', "own.toml: not valid TOML: "),
        (b"", "own.toml: `provider` is missing"),
        (b'provider = "Own"\n', "own.toml: no `[[rule]]` in it"),
        (b"#" * (8 * 1024 * 1024 + 1), "rule file own.toml is larger than 8388608 bytes"),
    ],
)
def test_file_that_is_no_rule_file(
    complaint: Complaint, tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "own.toml").write_bytes(data)

    assert complaint("scan", "--rules", "own.toml").startswith(reason)


def test_rule_file_that_does_not_exist(complaint: Complaint) -> None:
    message = complaint("scan", "--rules", "nope.toml")

    assert message == "rule file nope.toml cannot be read: No such file or directory"


def test_id_in_two_rule_files(complaint: Complaint, tmp_path: Path) -> None:
    data = rule_file(tmp_path).read_bytes()
    (tmp_path / "twin.toml").write_bytes(data)

    message = complaint("scan", "--rules", "own.toml", "--rules", "twin.toml")

    assert message == "twin.toml: rule own-token: own.toml has this id as well"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("min_severity = [", "is not valid TOML: "),
        ('min_severity = "huge"', "`min_severity` must be one of low, medium, high, critical"),
        ('colour = "red"', "`colour` is no setting: use one of "),
        ('disabled_rules = ["github-classic-pad"]', "names `github-classic-pad`, which is no rule"),
        (
            '[[allow]]\nrules = ["github-classic-pad"]',
            "`allow` names `github-classic-pad`, which is no rule",
        ),
    ],
)
def test_settings_that_are_wrong(
    complaint: Complaint, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / ".leakguard.toml").write_text(text)

    message = complaint("scan")

    assert f"{tmp_path / '.leakguard.toml'}" in message
    assert reason in message


@pytest.mark.parametrize("text", ["[1]", "{", '{"results": 1}', "\xff", "", "words"])
def test_baseline_that_is_none(complaint: Complaint, tmp_path: Path, text: str) -> None:
    (tmp_path / "base").write_text(text, encoding="latin-1")

    message = complaint("scan", "--baseline", "base")

    assert message == (
        "base is no baseline of leakguard, gitleaks, betterleaks, detect-secrets, kingfisher or"
        " trufflehog (its JSON)"
    )


def test_baseline_that_does_not_exist(complaint: Complaint) -> None:
    message = complaint("scan", "--baseline", "nope")

    assert message == "baseline nope cannot be read: No such file or directory"


def test_no_message_shows_a_secret(complaint: Complaint, tmp_path: Path) -> None:
    token = github_token()
    rule_file(tmp_path, examples=f'["{token}"]', pattern="'own_(?P<secret>[a-z]{12})'")

    assert token not in complaint("rules", "check", "own.toml")
