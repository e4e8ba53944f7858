import json
from collections.abc import Callable
from pathlib import Path

import pytest

from leakguard.cli.main import main
from leakguard.policy import ARTIFACT_RULES

RULE = """
provider = "Acme"

[[rule]]
id = "acme-key"
name = "Acme key"
impact = "Opens every door of the customer."
severity = "critical"
confidence = "high"
pattern = '\\bacme_(?P<secret>[0-9a-z]{12})\\b'
entropy = 2.5
check = { name = "crc32-base62", skip = 4 }
remedy = "Revoke it on https://acme.example/keys."
references = ["https://acme.example/docs", "https://acme.example/blog"]
examples = ["acme_~~q7w2e9r4t1y8"]
counterexamples = ["acme_q7"]
"""
UNCHECKED = RULE.replace('check = { name = "crc32-base62", skip = 4 }\n', "")


@pytest.fixture
def own(project: Path) -> Path:
    file = project / "own.toml"
    file.write_text(RULE)
    return file


def test_rules_are_listed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list", "--rules", str(own), "--service", "acme"]) == 0
    assert capsys.readouterr().out == "acme-key  critical  high    Acme key\n"


def test_built_in_rules_are_listed_by_id(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.is_dir()
    assert main(["rules", "list"]) == 0

    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert "slack-bot-token" in ids
    assert ids == sorted(ids)


def test_rules_of_the_settings_file_are_listed(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own.with_name(".leakguard.toml").write_text('rules = ["own.toml"]')

    assert main(["rules", "list"]) == 0
    assert "acme-key" in capsys.readouterr().out


def test_rules_as_json(
    own: Path, capsys: pytest.CaptureFixture[str], golden: Callable[[str, str], None]
) -> None:
    assert main(["rules", "list", "--format=json", "--provider=Acme", "--rules", str(own)]) == 0

    text = capsys.readouterr().out
    assert json.loads(text)
    golden("rules.json", text)


def test_rules_of_a_severity_are_listed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.write_text(
        RULE
        + RULE.replace('"acme-key"', '"acme-id"')
        .partition("[[rule]]")[2]
        .join(("[[rule]]", ""))
        .replace('"critical"', '"low"')
    )
    arguments = ["rules", "list", "--rules", str(own), "--service", "Acme"]

    assert main([*arguments, "--severity", "low"]) == 0
    assert capsys.readouterr().out.split() == ["acme-id", "low", "high", "Acme", "key"]
    assert main([*arguments, "--severity", "high"]) == 0
    assert capsys.readouterr().out == ""


def test_unknown_service_is_an_error_that_names_the_known(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", "list", "--service", "acm", "--rules", str(own)]) == 2

    shown = capsys.readouterr().err
    assert shown.startswith("leakguard: there are no rules for `acm`: use one of ")
    assert "Acme" in shown


def test_rule_is_shown(
    own: Path, capsys: pytest.CaptureFixture[str], golden: Callable[[str, str], None]
) -> None:
    assert main(["rules", "show", "acme-key", "--rules", str(own)]) == 0

    golden("rule.txt", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("acme-kye", "there is no rule `acme-kye`: did you mean `acme-key`"),
        ("%", "there is no rule `%`: `leakguard rules list` lists them"),
    ],
)
def test_unknown_rule_is_an_error(
    own: Path, capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    assert main(["rules", "show", name, "--rules", str(own)]) == 2
    assert reason in capsys.readouterr().err


def test_right_rule_file_has_no_problems(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.write_text(UNCHECKED)

    assert main(["rules", "check", str(own)]) == 0
    assert capsys.readouterr() == ("no problems in 1 file with 1 rule and 2 examples\n", "")


def test_wrong_rule_file_exits_2(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", str(own)]) == 2
    assert capsys.readouterr() == (
        "",
        "leakguard: own.toml: rule acme-key: example 1 is not found by it:"
        " correct the text or the rule\n",
    )


@pytest.mark.parametrize("id_", ARTIFACT_RULES)
def test_what_is_said_of_builds_is_shown_too(id_: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "show", id_]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith(f"id      {id_}\n")
    kind = "data" if id_ == "data-file" else "artifact"
    assert f"kind    {kind}\n" in shown


def test_coverage_counts_services_and_kinds(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "coverage", "--format=json", "--rules", str(own)]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["services"] == len(found["by_service"])
    assert found["kinds"] == sum(map(len, found["by_service"].values()))
    assert found["by_service"]["Acme"] == ["acme-key"]


def test_coverage_as_text_ends_with_the_sums(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "coverage", "--rules", str(own)]) == 0

    *rows, sums = capsys.readouterr().out.splitlines()
    assert ["Acme", "1", "acme-key"] in [row.split() for row in rows]
    assert sums.startswith(f"{len(rows)} services, ")


def test_page_of_rules_goes_to_a_file(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = own.with_name("rules.md")

    assert main(["rules", "docs", "--rules", str(own), "--output", str(page)]) == 0
    assert main(["rules", "docs", "--rules", str(own)]) == 0
    assert capsys.readouterr().out == page.read_text()
    assert "## Acme\n" in page.read_text()
