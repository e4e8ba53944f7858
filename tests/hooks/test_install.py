"""Hooks are installed beside whatever is there, run by real git, and taken out again."""

import shutil
import stat
import sys
from pathlib import Path

import pytest

from leakguard.hooks.scripts import FORWARD_MARK, KEPT, MARK
from tests.hookrepo import HookRepo, token
from tests.hooks.conftest import PLAIN, TOKEN, Leakguard, stopped


def other_hook(repo: HookRepo, stage: str, folder: Path | None = None, code: int = 0) -> Path:
    """A hook of somebody else that notes its standard input and its arguments."""
    folder = folder or repo.path / ".git" / "hooks"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / stage
    noted = repo.path.parent / f"noted-{stage}"
    feed = "cat" if stage in ("pre-push", "pre-receive") else ":"
    file.write_text(f'#!/bin/sh\n{{ {feed}; echo "$@"; }} >> "{noted}"\nexit {code}\n')
    file.chmod(0o755)
    return noted


@pytest.mark.usefixtures("remote")
def test_installed_hooks_stop_a_commit_and_a_push(repo: HookRepo, leakguard: Leakguard) -> None:
    code, output = leakguard("install")

    assert code == 0
    assert [line.split(":")[0] for line in output.splitlines()] == ["pre-commit", "pre-push"]
    assert stopped(repo)
    repo.save()
    done = repo.run("git", "push", "origin", "main")
    assert done.returncode == 1
    assert "leak\n  1:10" in done.stdout


@pytest.mark.usefixtures("remote")
def test_native_hook_sees_every_ref_of_a_push(repo: HookRepo, leakguard: Leakguard) -> None:
    leakguard("install", "--hook", "pre-push")
    repo.git("branch", "one")
    repo.git("branch", "two")
    repo.git("switch", "--quiet", "-c", "three")
    repo.save("leak", TOKEN)

    done = repo.run("git", "push", "origin", "one", "two", "three")

    assert done.returncode == 1
    assert "leak\n  1:10" in done.stdout


def test_what_was_there_runs_before_at_a_commit_and_can_stop_it(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    noted = other_hook(repo, "pre-commit", code=3)
    leakguard("install")
    repo.stage("plain", PLAIN)

    done = repo.commit()

    assert done.returncode == 1
    assert "leakguard" not in done.stdout
    assert noted.exists()


def test_what_was_there_runs_behind_at_a_push_with_the_same_lines(
    repo: HookRepo, leakguard: Leakguard, remote: Path
) -> None:
    noted = other_hook(repo, "pre-push")
    leakguard("install")
    repo.save("leak", TOKEN)

    stopped_one = repo.run("git", "push", "origin", "main")

    assert stopped_one.returncode == 1
    assert not noted.exists()
    assert repo.run("git", "push", "origin", "main~1:refs/heads/main").returncode == 0
    lines = noted.read_text().splitlines()
    assert lines[0].startswith("main~1 ")
    assert lines[1] == f"origin {remote}"


def test_secret_in_a_message_stops_the_commit_but_not_what_git_drops(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    leakguard("install", "--hook", "commit-msg")
    scissors = "# ------------------------ >8 ------------------------"

    bad = repo.run("git", "commit", "--allow-empty", "--message", f"use {token()}")
    good = repo.run(
        "git", "commit", "--allow-empty", "--cleanup=scissors", "--file", "-",
        stdin=f"fine\n{scissors}\n-{token()}\n",
    )  # fmt: skip

    assert bad.returncode == 1
    assert "<commit message>\n  1:5" in bad.stdout
    assert good.returncode == 0, good.stdout


def test_second_install_changes_nothing(repo: HookRepo, leakguard: Leakguard) -> None:
    other_hook(repo, "pre-commit")
    leakguard("install")
    before = {file.name: file.read_bytes() for file in (repo.path / ".git/hooks").iterdir()}

    assert leakguard("install")[0] == 0

    after = {file.name: file.read_bytes() for file in (repo.path / ".git/hooks").iterdir()}
    assert after == before


def test_uninstall_brings_back_what_was_there(repo: HookRepo, leakguard: Leakguard) -> None:
    other_hook(repo, "pre-commit")
    hooks = repo.path / ".git" / "hooks"
    before = {file.name: file.read_bytes() for file in hooks.iterdir()}
    leakguard("install")

    code, output = leakguard("uninstall")

    assert code == 0
    assert "pre-commit: what was there before is back" in output
    assert {file.name: file.read_bytes() for file in hooks.iterdir()} == before
    assert leakguard("uninstall")[0] == 2


def test_hook_of_another_tool_over_leakguards_is_not_lost(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    other_hook(repo, "pre-commit")
    leakguard("install")
    other_hook(repo, "pre-commit")

    code, output = leakguard("install")

    assert code == 2
    assert f"pre-commit{KEPT} are both hooks of others" in output


def test_hooks_path_is_honoured(repo: HookRepo, leakguard: Leakguard, tmp_path: Path) -> None:
    repo.git("config", "core.hooksPath", str(tmp_path / "elsewhere"))

    leakguard("install")

    assert MARK in (tmp_path / "elsewhere" / "pre-commit").read_text()
    assert not (repo.path / ".git" / "hooks" / "pre-commit").exists()
    assert stopped(repo)


def test_hooks_in_the_work_tree_hold_no_path_of_this_machine(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    repo.git("config", "core.hooksPath", "tools/hooks")
    leakguard("install")

    text = (repo.path / "tools" / "hooks" / "pre-commit").read_text()
    done = repo.commit("--allow-empty")

    assert str(tmp_path) not in text
    assert "python" not in text
    assert "leakguard-hook is not on PATH" in done.stdout
    assert done.returncode == 1


def test_worktrees_share_the_hooks(repo: HookRepo, leakguard: Leakguard, tmp_path: Path) -> None:
    work = tmp_path / "worktree"
    repo.git("worktree", "add", "--quiet", "-b", "side", str(work))

    leakguard("install", cwd=work)

    assert (repo.path / ".git" / "hooks" / "pre-commit").exists()
    assert stopped(repo)
    assert stopped(repo, work)


def test_from_a_subfolder_the_repositorys_hooks_are_meant(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    folder = repo.path / "deep" / "down"
    folder.mkdir(parents=True)

    leakguard("install", cwd=folder)

    assert (repo.path / ".git" / "hooks" / "pre-commit").exists()


def test_global_hooks_stop_a_commit_and_hand_on_to_the_repositorys_own(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    checkout = other_hook(repo, "post-commit")
    commit = other_hook(repo, "pre-commit")

    code, output = leakguard("install", "--global", cwd=tmp_path)

    folder = Path(repo.env["HOME"]) / ".config" / "leakguard" / "hooks"
    assert code == 0, output
    assert repo.git("config", "--global", "core.hooksPath").strip() == str(folder)
    assert stopped(repo)
    assert commit.exists()
    repo.git("rm", "--quiet", "--cached", "leak")
    repo.git("commit", "--quiet", "--allow-empty", "--message", "fine")
    assert checkout.exists()


def test_global_hook_leaves_a_repository_with_its_own_leakguard_to_that(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    leakguard("install")
    leakguard("install", "--global", cwd=tmp_path)

    (repo.path / "leak").write_text(TOKEN)
    repo.git("add", "leak")
    done = repo.commit()

    assert done.returncode == 1
    assert done.stdout.count("leakguard: 1 leak in") == 1


def test_uninstall_of_global_hooks_leaves_nothing(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    leakguard("install", "--global", cwd=tmp_path)

    code, output = leakguard("uninstall", "--global", cwd=tmp_path)

    assert code == 0
    assert "core.hooksPath is no longer set" in output
    assert repo.run("git", "config", "--global", "core.hooksPath").returncode == 1
    assert not (Path(repo.env["HOME"]) / ".config" / "leakguard").exists()


def test_system_hooks_go_beside_gits_own_settings(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    leakguard("install", "--system", cwd=tmp_path)

    assert FORWARD_MARK in (tmp_path / "etc" / "leakguard" / "hooks" / "post-merge").read_text()
    assert stopped(repo)


def test_global_folder_of_ones_own_keeps_its_hooks(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    noted = other_hook(repo, "pre-commit", tmp_path / "mine")
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "mine"))

    leakguard("install", "--global", cwd=tmp_path)

    assert stopped(repo)
    assert noted.exists()
    leakguard("uninstall", "--global", cwd=tmp_path)
    assert sorted(file.name for file in (tmp_path / "mine").iterdir()) == ["pre-commit"]
    assert repo.run("git", "config", "--global", "core.hooksPath").returncode == 0


def test_repository_that_a_global_hooks_path_rules_says_so(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "mine"))

    code, output = leakguard("install")

    assert code == 2
    assert "give --global" in output


def test_bare_repository_gets_the_servers_hook(leakguard: Leakguard, remote: Path) -> None:
    code, output = leakguard("install", cwd=remote)

    assert code == 0
    assert output.startswith(f"pre-receive: {remote / 'hooks' / 'pre-receive'}")


def test_python_that_is_gone_is_told_and_stops_the_commit(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    leakguard("install", "--hook", "pre-commit")
    hook = repo.path / ".git" / "hooks" / "pre-commit"
    hook.write_text(hook.read_text().replace(sys.executable, "/gone/python"))

    done = repo.commit("--allow-empty")

    assert done.returncode == 1
    assert "/gone/python is gone and leakguard-hook is not on PATH" in done.stdout


def test_folder_that_cannot_be_written_is_one_sentence(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    shutil.rmtree(repo.path / ".git" / "hooks")
    (repo.path / ".git" / "hooks").write_text("a file")

    code, output = leakguard("install")

    assert code == 2
    assert output.count("\n") == 1
    assert "cannot be changed" in output


def test_hooks_can_be_executed_by_everybody(repo: HookRepo, leakguard: Leakguard) -> None:
    leakguard("install")

    mode = (repo.path / ".git" / "hooks" / "pre-commit").stat().st_mode

    assert stat.S_IMODE(mode) == 0o755


def test_lines_of_a_push_reach_all_that_was_there_before(
    repo: HookRepo, leakguard: Leakguard, remote: Path, tmp_path: Path
) -> None:
    own = other_hook(repo, "pre-push")
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "mine"))
    other_hook(repo, "pre-push", tmp_path / "mine")
    leakguard("install", "--global", cwd=tmp_path)

    assert repo.run("git", "push", "origin", "main").returncode == 0

    told = [line.split()[0] for line in own.read_text().splitlines()]
    assert told == ["refs/heads/main", "origin", "refs/heads/main", "origin"]
    assert remote.exists()
