from pathlib import Path

import pytest
import yaml

from leakguard.errors import UsageError
from leakguard.hooks.lefthook import install, uninstall
from leakguard.hooks.places import Manager, Place


def place(root: Path, name: str = "lefthook.yml") -> Place:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("")
    return Place(root / ".git" / "hooks", manager=Manager.LEFTHOOK, root=root)


@pytest.mark.parametrize(
    ("team", "local"),
    [
        ("lefthook.yml", "lefthook-local.yml"),
        (".lefthook.yaml", ".lefthook-local.yaml"),
        ("lefthook.toml", "lefthook-local.yml"),
        (".config/lefthook.yml", ".config/lefthook-local.yml"),
    ],
)
def test_local_settings_lie_beside_the_teams(tmp_path: Path, team: str, local: str) -> None:
    install(place(tmp_path, team), ("pre-commit", "pre-push"))

    settings = yaml.safe_load((tmp_path / local).read_text())
    assert settings["pre-commit"]["commands"]["leakguard"]["run"] == "leakguard-hook pre-commit {0}"
    assert settings["pre-push"]["commands"]["leakguard"]["use_stdin"] is True


def test_other_stages_replace_the_first_ones(tmp_path: Path) -> None:
    there = place(tmp_path)
    install(there, ("pre-commit",))

    install(there, ("pre-push",))

    assert list(yaml.safe_load((tmp_path / "lefthook-local.yml").read_text())) == ["pre-push"]
    assert uninstall(there)
    assert uninstall(there) == []


@pytest.mark.parametrize("text", ["a: [", "- a"])
def test_settings_that_cannot_be_read_are_left_alone(tmp_path: Path, text: str) -> None:
    there = place(tmp_path)
    (tmp_path / "lefthook-local.yml").write_text(text)

    with pytest.raises(UsageError, match="lefthook-local.yml is no "):
        install(there, ("pre-commit",))
    assert (tmp_path / "lefthook-local.yml").read_text() == text
