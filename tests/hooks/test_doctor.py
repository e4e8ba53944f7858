"""`leakguard doctor` proves hooks that work, and names what is wrong with those that do not."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from leakguard.cli.doctor import as_text
from leakguard.exitcodes import ExitCode
from leakguard.hooks.doctor import Result, State
from leakguard.hooks.scripts import KEPT
from tests.helpers import git
from tests.hookrepo import HookRepo, make_manifest
from tests.hooks.conftest import LEFTHOOK, Leakguard, with_program


def hook(repo: HookRepo, name: str = "pre-commit") -> Path:
    return repo.path / ".git" / "hooks" / name


def found(leakguard: Leakguard, *args: str, cwd: Path | None = None) -> tuple[int, str]:
    """Exit code of the doctor, and what it says with the lines joined."""
    code, output = leakguard("doctor", *args, cwd=cwd)
    return code, " ".join(output.split())


def test_hooks_that_work_are_proved(repo: HookRepo, leakguard: Leakguard) -> None:
    leakguard("install", "--hook", "pre-commit", "--hook", "commit-msg", "--hook", "pre-push")
    before = git(repo.path, "log", "--all", "--format=%H")

    code, output = leakguard("doctor")

    assert code == ExitCode.CLEAN, output
    assert output.count("stops a canary") == 3
    assert output.endswith("leakguard: the hooks work\n")
    assert git(repo.path, "log", "--all", "--format=%H") == before
    assert git(repo.path, "status", "--porcelain") == ""


@pytest.mark.parametrize("stage", ["pre-receive", "update"])
def test_hooks_of_a_server_are_proved(leakguard: Leakguard, remote: Path, stage: str) -> None:
    leakguard("install", "--hook", stage, cwd=remote)

    code, output = found(leakguard, cwd=remote)

    assert f"{stage} {remote / 'hooks' / stage} stops a canary" in output
    assert code == ExitCode.CLEAN


def test_global_hooks_are_proved_outside_of_a_repository(
    leakguard: Leakguard, tmp_path: Path
) -> None:
    leakguard("install", "--global", cwd=tmp_path)

    code, output = found(leakguard, cwd=tmp_path)

    assert code == ExitCode.CLEAN, output
    assert output.count("stops a canary") == 2


def test_hook_that_pre_commit_keeps_running_is_not_in_the_way_of_the_proof(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    hook(repo).write_text("#!/bin/sh\nexit 1\n")
    hook(repo).chmod(0o755)
    leakguard("install", "--hook", "pre-commit")

    assert found(leakguard)[0] == ExitCode.CLEAN


def test_pre_commit_with_leakguard_in_its_settings_is_proved(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    repo.configure(make_manifest(tmp_path / "manifest", repo.env))
    repo.run(sys.executable, "-m", "pre_commit", "install")

    code, output = found(leakguard)

    assert code == ExitCode.CLEAN, output
    assert "pre-commit stops a canary" in output


@pytest.mark.skipif(not LEFTHOOK.exists(), reason="lefthook is not installed")
def test_lefthook_with_leakguard_in_its_settings_is_proved(
    repo: HookRepo, leakguard: Leakguard, tmp_path: Path
) -> None:
    with_program(repo, tmp_path)
    shutil.copy(LEFTHOOK, tmp_path / "bin" / "lefthook")
    repo.write("lefthook.yml", "")
    leakguard("install", "--hook", "pre-commit")
    assert repo.run("lefthook", "install").returncode == 0

    code, output = found(leakguard)

    assert code == ExitCode.CLEAN, output


def no_hook(repo: HookRepo) -> None:
    hook(repo).unlink()


def not_executable(repo: HookRepo) -> None:
    hook(repo).chmod(0o644)


def hooks_path_elsewhere(repo: HookRepo) -> None:
    repo.git("config", "core.hooksPath", "tools/hooks")


def global_hooks_path(repo: HookRepo) -> None:
    repo.git("config", "--global", "core.hooksPath", str(repo.path.parent / "mine"))


def interpreter_gone(repo: HookRepo) -> None:
    hook(repo).write_text(hook(repo).read_text().replace(sys.executable, "/gone/python"))


def wrong_interpreter(repo: HookRepo) -> None:
    python = repo.path.parent / "python2"
    python.write_text("#!/bin/sh\necho 'Unknown option: -P' >&2\nexit 2\n")
    python.chmod(0o755)
    hook(repo).write_text(hook(repo).read_text().replace(sys.executable, str(python)))


def interpreter_without_leakguard(repo: HookRepo) -> None:
    python = repo.path.parent / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    hook(repo).write_text(hook(repo).read_text().replace(sys.executable, str(python)))


def old_git(repo: HookRepo) -> None:
    folder = repo.path.parent / "old"
    folder.mkdir()
    (folder / "git").write_text("#!/bin/sh\necho git version 2.11.0\n")
    (folder / "git").chmod(0o755)
    repo.env["PATH"] = f"{folder}{os.pathsep}{repo.env['PATH']}"


def written_over(repo: HookRepo) -> None:
    hook(repo).rename(hook(repo, f"pre-commit{KEPT}"))
    hook(repo).write_text("#!/bin/sh\nexit 0\n")
    hook(repo).chmod(0o755)


def another_tools(repo: HookRepo) -> None:
    hook(repo).write_text("#!/bin/sh\nexit 0\n")


def carriage_returns(repo: HookRepo) -> None:
    hook(repo).write_bytes(hook(repo).read_bytes().replace(b"\n", b"\r\n"))


def not_on_path(repo: HookRepo) -> None:
    hook(repo).write_text('#!/bin/sh\nexec leakguard-hook pre-commit "$@"\n')


def rules_unreadable(repo: HookRepo) -> None:
    repo.write(".leakguard.toml", 'rules = ["gone.toml"]\n')


def settings_broken(repo: HookRepo) -> None:
    repo.write(".leakguard.toml", "exclude = 1\n")


def cache_not_writable(repo: HookRepo) -> None:
    file = repo.path.parent / "file"
    file.write_text("")
    repo.env["LEAKGUARD_CACHE_DIR"] = str(file / "cache")


def of_another_version(repo: HookRepo) -> None:
    hook(repo).write_text(hook(repo).read_text() + "exit 0\n")


def lets_all_through(repo: HookRepo) -> None:
    hook(repo).write_text('#!/bin/sh\nleakguard-hook pre-commit "$@"\nexit 0\n')
    with_program(repo, repo.path.parent)


def switched_off_by_a_setting(repo: HookRepo) -> None:
    repo.env["LEAKGUARD_EXCLUDE"] = "*"


def stops_everything(repo: HookRepo) -> None:
    hook(repo).write_text("#!/bin/sh\n: leakguard-hook\necho broken\nexit 1\n")
    with_program(repo, repo.path.parent)


def pre_commit_without_leakguard(repo: HookRepo) -> None:
    hook(repo).write_text("#!/usr/bin/env bash\n# File generated by pre-commit\nexec false\n")
    repo.write(".pre-commit-config.yaml", "repos: []\n")


def pre_commit_told_to_skip(repo: HookRepo) -> None:
    pre_commit_without_leakguard(repo)
    repo.env["SKIP"] = "leakguard"


def husky_switched_off(repo: HookRepo) -> None:
    repo.write(".husky/pre-commit", "leakguard-hook pre-commit\n")
    repo.env["HUSKY"] = "0"


def husky_not_set_up(repo: HookRepo) -> None:
    repo.write(".husky/pre-commit", "leakguard-hook pre-commit\n")


def husky_gone(repo: HookRepo) -> None:
    """Of a fresh clone with core.hooksPath in the user's settings."""
    husky_not_set_up(repo)
    repo.git("config", "core.hooksPath", ".husky/_")


BROKEN: dict[Callable[[HookRepo], None], str] = {
    no_hook: "there is no hook pre-commit in",
    not_executable: "is not executable: git passes it over chmod +x",
    hooks_path_elsewhere: "is never started: git looks for hooks in",
    global_hooks_path: "(core.hooksPath, global)",
    interpreter_gone: "starts /gone/python, which is gone",
    wrong_interpreter: "which cannot run leakguard: Unknown option: -P",
    interpreter_without_leakguard: "which cannot run leakguard: ModuleNotFoundError",
    old_git: "git version 2.11.0 is too old install git 2.31 or newer",
    written_over: "was written over leakguard's and does not run it",
    another_tools: "is another tool's and does not run leakguard",
    carriage_returns: "has Windows line ends (CR LF)",
    not_on_path: "looks for leakguard-hook on PATH, where it is not",
    rules_unreadable: "gone.toml",
    settings_broken: "`exclude` must be a list of texts",
    cache_not_writable: "each commit compiles all rules anew",
    of_another_version: "is not as this version of leakguard writes it",
    lets_all_through: "lets a canary through",
    switched_off_by_a_setting: "lets a canary through",
    stops_everything: "stops what is harmless too: broken",
    pre_commit_without_leakguard: "has no hook `leakguard`",
    pre_commit_told_to_skip: "SKIP=leakguard lets pre-commit pass leakguard over",
    husky_switched_off: "HUSKY=0 switches all hooks of husky off",
    husky_not_set_up: "husky is not set up: git looks for hooks in",
    husky_gone: "run `npm install`",
}


@pytest.mark.parametrize("break_it", BROKEN, ids=lambda broken: broken.__name__)
def test_what_is_wrong_is_said(
    repo: HookRepo, leakguard: Leakguard, break_it: Callable[[HookRepo], None]
) -> None:
    leakguard("install", "--hook", "pre-commit")
    break_it(repo)

    code, output = found(leakguard)

    assert code == ExitCode.ERROR, output
    assert BROKEN[break_it] in output
    assert "problem" in output.split("leakguard: ")[-1]


def test_commit_hook_in_a_bare_repository_never_runs(leakguard: Leakguard, remote: Path) -> None:
    leakguard("install", "--hook", "pre-commit", cwd=remote)

    code, output = found(leakguard, cwd=remote)

    assert code == ExitCode.ERROR
    assert "a bare repository, in which nobody commits" in output
    assert "leakguard install --hook pre-receive" in output


def test_what_is_not_installed_is_only_a_note(leakguard: Leakguard) -> None:
    leakguard("install", "--hook", "pre-commit")

    code, output = found(leakguard)

    assert code == ExitCode.CLEAN
    assert "note pre-push not installed" in output


def test_whole_report(golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    results = [
        Result("git", State.OK, "git version 2.47.0"),
        Result("rules", State.OK, "1,092 rules"),
        Result(
            "pre-commit",
            State.PROBLEM,
            "/home/ada/orchard/.git/hooks/pre-commit is not executable: git passes it over",
            "chmod +x /home/ada/orchard/.git/hooks/pre-commit",
        ),
        Result("pre-push", State.NOTE, "not installed", "run `leakguard install`"),
    ]

    golden("doctor.txt", as_text(results))
