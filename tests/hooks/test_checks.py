import sys
from pathlib import Path

import pytest

from leakguard.hooks import scripts
from leakguard.hooks.checks import hook_of, pre_commit_ids, problem_of
from leakguard.hooks.places import Manager, Place


def written(folder: Path, stage: str, text: str) -> None:
    (folder / stage).write_text(text)
    (folder / stage).chmod(0o755)


@pytest.mark.parametrize("stage", scripts.STAGES)
@pytest.mark.parametrize("everywhere", [True, False])
def test_hook_as_it_is_installed_has_no_problem(
    tmp_path: Path, stage: str, everywhere: bool
) -> None:
    written(tmp_path, stage, scripts.hook_text(stage, everywhere=everywhere))

    assert problem_of(hook_of(Place(tmp_path), stage, {})) is None


def test_hook_of_a_team_needs_leakguard_on_path(tmp_path: Path) -> None:
    written(tmp_path, "pre-commit", scripts.hook_text("pre-commit", python=""))
    (tmp_path / "bin").mkdir()
    written(tmp_path / "bin", scripts.ENTRY, "")
    place = Place(tmp_path)

    without = problem_of(hook_of(place, "pre-commit", {"PATH": "/none"}))
    with_it = problem_of(hook_of(place, "pre-commit", {"PATH": str(tmp_path / "bin")}))

    assert without is not None
    assert "on PATH, where it is not" in without.what
    assert with_it is None


def test_what_is_switched_off_hides_all_else(tmp_path: Path) -> None:
    place = Place(tmp_path, manager=Manager.LEFTHOOK)
    written(tmp_path, "pre-commit", "call lefthook")

    problem = problem_of(hook_of(place, "pre-commit", {"LEFTHOOK": "0"}))

    assert problem is not None
    assert problem.remedy == "unset LEFTHOOK"
    assert problem_of(hook_of(place, "pre-commit", {})) is None


@pytest.mark.parametrize("text", [None, "", "a: [", "repos: 1", "[]", "repos: [{hooks: [{}]}]"])
def test_settings_of_pre_commit_that_say_nothing_have_no_ids(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / ".pre-commit-config.yaml").write_text(text)

    assert pre_commit_ids(tmp_path) == []


def test_python_of_a_hook_is_read_back(tmp_path: Path) -> None:
    odd = str(tmp_path / "it's a python")

    assert scripts.python_of(scripts.hook_text("update", python=odd)) == odd
    assert scripts.python_of(scripts.hook_text("update")) == sys.executable
    assert scripts.python_of(scripts.hook_text("update", python="")) == ""
