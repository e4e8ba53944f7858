import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from leakguard.cli.main import main


def test_defaults_are_shown(
    project: Path, capsys: pytest.CaptureFixture[str], golden: Callable[[str, str], None]
) -> None:
    assert project.is_dir()
    assert main(["config", "show"]) == 0

    golden("config-defaults.txt", capsys.readouterr().out)


def test_every_origin_is_shown(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    golden: Callable[[str, str], None],
) -> None:
    (project / ".git").mkdir()
    (project / ".leakguard.toml").write_text('exclude = ["tests/**", "*.lock"]\nrules = ["r.toml"]')
    (project / "pyproject.toml").write_text("[tool.leakguard]\n")
    monkeypatch.setenv("LEAKGUARD_MIN_CONFIDENCE", "high")

    assert main(["config", "show", "--min-severity", "medium"]) == 0

    shown = capsys.readouterr().out.replace(str(project), "/project")
    golden("config-origins.txt", re.sub(" {2,}", "  ", shown))


def test_settings_as_json(
    project: Path, capsys: pytest.CaptureFixture[str], golden: Callable[[str, str], None]
) -> None:
    (project / "pyproject.toml").write_text('[tool.leakguard]\nbaseline = "b.json"\n')

    assert main(["config", "show", "--format", "json", "--disable", "slack-bot-token"]) == 0

    golden("config.json", capsys.readouterr().out.replace(str(project), "/project"))


def test_settings_of_artifacts_are_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".leakguard.toml").write_text(
        '[artifacts]\nidentifiers = ["com.acme."]\nmax_depth = 4\n'
        '[artifacts.released]\n"com.acme.app" = "4.2.0"\nios = "4.1"\n'
    )
    monkeypatch.setenv("LEAKGUARD_ARTIFACTS_COMMITTABLE", "wheel,jar")

    assert main(["config", "show", "--no-artifacts"]) == 0

    shown = [re.split(" {2,}", line) for line in capsys.readouterr().out.splitlines()]
    file = str(project / ".leakguard.toml")
    assert ["artifacts.open", "false", "--[no-]artifacts"] in shown
    assert ["artifacts.identifiers", "com.acme.", file] in shown
    assert ["artifacts.released", "com.acme.app = 4.2.0, ios = 4.1", file] in shown
    assert ["artifacts.max_depth", "4", file] in shown
    variable = "environment LEAKGUARD_ARTIFACTS_COMMITTABLE"
    assert ["artifacts.committable", "jar, wheel", variable] in shown


def test_settings_for_another_path(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "a").mkdir()
    (project / "a" / ".leakguard.toml").write_text('min_severity = "high"')

    assert main(["config", "show", "--format", "json", "a"]) == 0

    shown = json.loads(capsys.readouterr().out)
    assert shown["settings"]["min_severity"]["value"] == "high"


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--disable", "nope"], "--disable: `disabled_rules` names `nope`"),
        (["--config", "a.toml", "--no-config"], "--config does not go with --no-config"),
        (["--config", "a.toml"], "settings file a.toml does not exist"),
        (["nope"], "Path 'nope' does not exist"),
    ],
)
def test_wrong_settings_are_an_error(
    project: Path, capsys: pytest.CaptureFixture[str], flags: list[str], reason: str
) -> None:
    assert project.is_dir()
    assert main(["config", "show", *flags]) == 2
    assert reason in capsys.readouterr().err
