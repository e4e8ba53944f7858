"""`leakguard rules test` and what `rules check` and `scan` say of other tools' files."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from leakguard.cli.main import main
from tests.cli.conftest import Run

GITLEAKS = """
[[rules]]
id = "acme-key"
regex = '''acme_([0-9a-z]{12})'''
validate = "ask"
[rules.allowlist]
regexes = ['^true|false|null$']
"""
KINGFISHER = """
rules:
- id: acme.1
  name: Acme key
  pattern: 'door_([0-9a-z]{12})'
  examples: ['door_BODY']
"""
SECRET = "acme_" + "q7w2e9r4t1y8"  # leakguard:allow


def test_each_match_is_told_with_its_reason(
    leak: Path, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    leak.write_text(leak.read_text() + 'password = "password123"\n')

    assert main(["rules", "test", str(leak)]) == 0

    shown = capsys.readouterr().out
    assert token not in shown
    assert shown == (
        "1:18  slack-bot-token   xoxb…Y8dH  reported\n"
        "2:13  generic-password  p…3  dropped: score is too low\n"
        "1 reported, 1 dropped\n"
    )


def test_encoded_match_is_told(token: str, leakguard: Run) -> None:
    written = b64encode(f"token = {token}".encode()).decode()

    done = leakguard("rules", "test", "-", given=f"x: {written}\n")

    assert token not in done.stdout
    first, *_ = done.stdout.splitlines()
    assert first == "1:4  slack-bot-token  xoxb…Y8dH  reported, written as base64"


def test_matches_as_json(leak: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "test", "--format", "json", str(leak)]) == 0

    (found,) = json.loads(capsys.readouterr().out)
    assert (found["line"], found["rule"], found["reason"]) == (1, "slack-bot-token", "")


def test_standard_input_is_tried(leakguard: Run, token: str) -> None:
    done = leakguard("rules", "test", "-", given=f"x = '{token}'\n")

    assert done.stdout.endswith("1 reported, 0 dropped\n")


@pytest.mark.parametrize(
    ("size", "reason"), [(None, "cannot be read: No such file"), (1 << 21, "has 2 MiB or more")]
)
def test_file_that_cannot_be_tried(
    project: Path, capsys: pytest.CaptureFixture[str], size: int | None, reason: str
) -> None:
    file = project / "a"
    if size:
        file.write_bytes(b"x" * size)

    assert main(["rules", "test", str(file)]) == 2
    assert reason in capsys.readouterr().err


def test_check_tells_what_is_not_translated(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "acme.toml"
    file.write_text(GITLEAKS)

    assert main(["rules", "check", str(file)]) == 0

    out, err = capsys.readouterr()
    assert out == "no problems in 1 file with 1 rule and 0 examples; 2 notes\n"
    assert "note: acme.toml: rule acme-key: `validate` is not used" in err
    assert "it is read as `^(?:true|false|null)$`" in err


def test_check_holds_other_tools_rules_to_their_examples(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "acme.yml"
    file.write_text(KINGFISHER.replace("BODY", "no"))

    assert main(["rules", "check", str(file)]) == 2
    assert "acme.yml: rule acme.1: example 1 is not found by it" in capsys.readouterr().err


def test_scan_uses_files_of_all_tools_and_notes_once(leakguard: Run, project: Path) -> None:
    (project / "acme.toml").write_text(GITLEAKS)
    (project / "acme.yml").write_text(KINGFISHER.replace("BODY", "q7w2e9r4t1y8"))
    (project / "a.py").write_text(f"{SECRET}\n{SECRET.replace('acme', 'door')}\n")
    arguments = ("scan", "--rules", "acme.toml", "--rules", "acme.yml", "--format=jsonl", "a.py")

    first, second = leakguard(*arguments), leakguard(*arguments)

    assert '"acme-key"' in first.stdout
    assert '"acme.1"' in first.stdout
    assert first.returncode == 1
    assert first.stderr.count("leakguard: note: acme.toml: rule acme-key") == 2
    assert second.stderr == first.stderr
    assert SECRET not in first.stdout + first.stderr


def test_many_notes_are_counted(leakguard: Run, project: Path) -> None:
    keys = "".join(f"unknown{number} = 1\n" for number in range(8))
    (project / "acme.toml").write_text(GITLEAKS.replace('validate = "ask"', keys))
    (project / "a.py").write_text("x\n")

    done = leakguard("scan", "--rules", "acme.toml", "a.py")

    assert done.stderr.count("leakguard: note: ") == 6
    assert "note: and 4 more: `leakguard rules check FILE` lists them" in done.stderr


def test_wrong_example_stops_a_scan(leakguard: Run, project: Path) -> None:
    (project / "acme.yml").write_text(KINGFISHER.replace("BODY", "no"))

    done = leakguard("scan", "--rules", "acme.yml", ".")

    assert done.returncode == 2
    assert "acme.yml: rule acme.1: example 1 is not found by it" in done.stderr


def test_copy_of_gitleaks_own_file_is_used(leakguard: Run, project: Path) -> None:
    (project / "default.toml").write_text(GITLEAKS)
    (project / ".gitleaks.toml").write_text("[extend]\nuseDefault = true\n")
    (project / "a.py").write_text(f"{SECRET}\n")

    done = leakguard(
        *("scan", "--rules", ".gitleaks.toml", "--gitleaks-default", "default.toml", "a.py")
    )

    assert "acme-key" in done.stdout


def test_plugins_of_detect_secrets_run(leakguard: Run, project: Path) -> None:
    (project / "acme.py").write_text(
        "import re\nfrom detect_secrets.plugins.base import RegexBasedDetector\n"
        "class Acme(RegexBasedDetector):\n"
        "    secret_type = 'Acme key'\n    denylist = (re.compile('acme_[0-9a-z]{12}'),)\n"
    )
    (project / "a.txt").write_text(f"{SECRET}\n")

    done = leakguard("scan", "--detect-secrets-plugins", "acme.py", "a.txt")
    disabled = leakguard(
        *("scan", "--detect-secrets-plugins", "acme.py"),
        *("--disable", "detect-secrets-acme-key", "a.txt"),
    )

    assert "detect-secrets-acme-key" in done.stdout
    assert (done.returncode, disabled.returncode) == (1, 0)
