from pathlib import Path

import pytest

from leakguard.cli.rulecheck import checked

HEAD = 'provider = "Acme"\n'


def rule(name: str = "acme-key", **changed: str) -> str:
    keys = {
        "id": f'"{name}"',
        "name": '"Acme key"',
        "impact": '"Opens the door."',
        "severity": '"high"',
        "confidence": '"high"',
        "pattern": "'acme_(?P<secret>[0-9a-z]{12})'",
        "references": '["https://acme.example"]',
        "examples": '["a acme_~~q7w2e9r4t1y8"]',
        "counterexamples": '["acme_q7"]',
    }
    return "[[rule]]\n" + "".join(f"{key} = {value}\n" for key, value in (keys | changed).items())


def problems(tmp_path: Path, *texts: str) -> list[str]:
    files = [tmp_path / f"{number}.toml" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return checked(files).problems


def test_right_files_have_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, HEAD + rule(), HEAD + rule("acme-other")) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"examples": "['acme_q7w2e9r4t1y8', 'acme_']"}, "example 2 is not found by it"),
        ({"counterexamples": "['acme_q7w2e9r4t1y8']"}, "counterexample 1 is found by it"),
        ({"entropy": "5"}, "example 1 is not found by it"),
        ({"allow": "['^q7']"}, "example 1 is not found by it"),
        ({"examples": "['acme_xxxxxxxxxxxx']"}, "example 1 is not found by it"),
        ({"severity": "'hi'"}, "`severity` must be one of low, medium, high, critical"),
        ({"pattern": "'(?P<secret>'"}, "RE2 refuses"),
    ],
)
def test_problem_names_file_rule_and_reason(
    tmp_path: Path, changed: dict[str, str], problem: str
) -> None:
    (found,) = problems(tmp_path, HEAD + rule(**changed))

    assert found.startswith("0.toml: rule acme-key: ")
    assert problem in found


def test_each_broken_file_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, "a =", HEAD + rule(), HEAD)

    assert [text.split(":")[0] for text in found] == ["0.toml", "2.toml"]


def test_missing_file_is_a_problem(tmp_path: Path) -> None:
    (found,) = checked([tmp_path / "gone.toml"]).problems

    assert "gone.toml cannot be read" in found


def test_id_in_two_files_is_a_problem(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, HEAD + rule(), HEAD + rule())

    assert "0.toml has this id as well" in found


def test_rule_with_a_partner_is_tried_alone(tmp_path: Path) -> None:
    paired = rule("acme-secret", partner='{ rule = "acme-key", lines = 3 }')

    assert problems(tmp_path, HEAD + rule() + paired) == []


def test_pattern_that_only_a_partner_makes_usable_is_still_tried(tmp_path: Path) -> None:
    paired = rule(
        "acme-secret",
        partner='{ rule = "acme-key", lines = 3 }',
        pattern="'(?P<secret>[0-9a-z]*)'",
    )

    (found,) = problems(tmp_path, HEAD + rule() + paired)

    assert "matches the empty text" in found
