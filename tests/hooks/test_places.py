import os
from pathlib import Path

import pytest

from leakguard.errors import SourceError
from leakguard.hooks.places import Manager, Scope, hooks_path, place_for, place_in
from leakguard.sources.git.command import Git
from leakguard.sources.git.repository import open_repository
from tests.helpers import git, repository


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def test_last_setting_counts_and_leakguards_own_does_not(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {"a": "a"})
    (tmp_path / "gitconfig").write_text("[core]\n\thooksPath = /everywhere\n")

    before = hooks_path(Git(str(folder)))
    git(folder, "config", "core.hooksPath", "mine")

    assert before == ("/everywhere", "global")
    assert hooks_path(Git(str(folder))) == ("mine", "local")


def test_settings_that_git_cannot_read_are_an_error(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {"a": "a"})
    (tmp_path / "gitconfig").write_text("[core\n")

    with pytest.raises(SourceError, match="git config failed"):
        hooks_path(Git(str(folder)))


def test_folder_of_a_bare_repository_and_of_a_submodule(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {"a": "a"})
    git(tmp_path, "clone", "-q", "--bare", str(folder), "bare.git")
    git(
        folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        str(tmp_path / "bare.git"), "sub",
    )  # fmt: skip

    bare = place_in(open_repository(str(tmp_path / "bare.git")))
    sub = place_in(open_repository(str(folder / "sub")))

    assert (bare.folder, bare.root) == (tmp_path / "bare.git" / "hooks", None)
    assert sub.folder == folder / ".git" / "modules" / "sub" / "hooks"
    assert not sub.shared


def test_husky_is_known_before_npm_has_set_it_up(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {".husky/pre-commit": "true"})

    place = place_in(open_repository(str(folder)))

    assert (place.manager, place.folder) == (Manager.HUSKY, folder / ".husky")


def test_new_folder_for_a_user_lies_beside_gits_settings(tmp_path: Path) -> None:
    place = place_for(Scope.GLOBAL, Git(str(tmp_path)), {"XDG_CONFIG_HOME": str(tmp_path / "x")})

    assert place.folder == tmp_path / "x" / "leakguard" / "hooks"
    assert not place.configured


def test_folder_of_a_machine_lies_beside_its_settings(tmp_path: Path) -> None:
    place = place_for(
        Scope.SYSTEM, Git(str(tmp_path)), {"GIT_CONFIG_SYSTEM": str(tmp_path / "etc" / "gitconfig")}
    )

    assert place.folder == tmp_path / "etc" / "leakguard" / "hooks"
