"""husky and lefthook write the hooks themselves: leakguard goes into what they run."""

import shutil
from pathlib import Path

import pytest

from tests.hookrepo import HookRepo
from tests.hooks.conftest import LEFTHOOK, TOKEN, Leakguard, stopped, with_program


def make_husky(repo: HookRepo, *, modern: bool = True) -> Path:
    """husky as `npm install` leaves it, in the shape of version 9 or of 8."""
    husky = repo.path / ".husky"
    (husky / "_").mkdir(parents=True)
    if modern:
        (husky / "_" / "h").write_text(
            's=$(dirname "$(dirname "$0")")/$(basename "$0")\n'
            '[ -f "$s" ] || exit 0\nsh -e "$s" "$@"\n'
        )
        for stage in ("pre-commit", "pre-push"):
            hook = husky / "_" / stage
            hook.write_text('#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
            hook.chmod(0o755)
    repo.git("config", "core.hooksPath", ".husky/_" if modern else ".husky")
    return husky


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.usefixtures("remote")
def test_husky_runs_leakguard_and_its_own_lines(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path, modern: bool
) -> None:
    with_program(repo, tmp_path)
    husky = make_husky(repo, modern=modern)
    own = {"pre-commit": "echo own lines\n", "pre-push": "sed s/^/own:/\n"}
    for stage, text in own.items():
        (husky / stage).write_text(f"#!/usr/bin/env sh\n{text}")
        (husky / stage).chmod(0o755)

    code, output = leakguard("install")

    assert code == 0, output
    assert stopped(repo)
    repo.save()
    assert repo.run("git", "push", "origin", "main").returncode == 1
    fine = repo.run("git", "push", "origin", "main~1:refs/heads/main")
    assert fine.returncode == 0, fine.stdout
    assert "own:main~1 " in fine.stdout
    leakguard("uninstall")
    assert {stage: (husky / stage).read_text() for stage in own} == {
        stage: f"#!/usr/bin/env sh\n{text}" for stage, text in own.items()
    }


def test_husky_script_that_was_not_there_is_made_and_removed(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    with_program(repo, tmp_path)
    husky = make_husky(repo)

    leakguard("install")
    leakguard("install")

    assert (husky / "pre-commit").read_text().count("leakguard-hook") == 1
    assert stopped(repo)
    leakguard("uninstall")
    assert not (husky / "pre-commit").exists()


@pytest.mark.skipif(not LEFTHOOK.exists(), reason="lefthook is not installed")
@pytest.mark.usefixtures("remote")
def test_lefthook_runs_leakguard_and_its_own_commands(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    with_program(repo, tmp_path)
    shutil.copy(LEFTHOOK, tmp_path / "bin" / "lefthook")
    repo.write("lefthook.yml", "pre-commit:\n  commands:\n    own:\n      run: echo own command\n")

    code, output = leakguard("install")

    assert code == 0, output
    assert "run `lefthook install` once" in output
    assert repo.run("lefthook", "install").returncode == 0
    repo.stage("leak", TOKEN)
    done = repo.commit()
    assert done.returncode == 1
    assert "own command" in done.stdout
    assert "github-classic-pat" in done.stdout
    repo.save()
    assert "github-classic-pat" in repo.run("git", "push", "origin", "main").stdout
    leakguard("uninstall")
    assert not (repo.path / "lefthook-local.yml").exists()


def test_local_settings_of_lefthook_are_added_to_but_never_changed(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    repo.write("lefthook.yml", "")
    mine = "# mine\ncommit-msg:\n  jobs:\n    - run: 'true'"
    repo.write("lefthook-local.yml", mine)

    added = leakguard("install")[0]
    text = (repo.path / "lefthook-local.yml").read_text()
    taken, output = leakguard("install", "--hook", "commit-msg")
    leakguard("uninstall")

    assert added == 0
    assert text.startswith(mine)
    assert taken == 2
    assert "has settings for commit-msg" in output
    assert (repo.path / "lefthook-local.yml").read_text() == mine + "\n"


def test_server_hook_does_not_go_into_husky(repo: HookRepo, leakguard: Leakguard) -> None:
    make_husky(repo)

    code, output = leakguard("install", "--hook", "pre-receive")

    assert code == 2
    assert "bare repository" in output
