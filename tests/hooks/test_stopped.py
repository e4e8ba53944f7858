"""The commands that somebody is told whose commit or push was stopped do take the leak out."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hookrepo import HOOK, HookRepo, token
from tests.hooks.conftest import PLAIN, Leakguard, with_program

PYTHON = f'token = "{token()}"\n'
Golden = Callable[[str, str], None]
OTHER = f'other = "{token(1)}"\n'


@pytest.fixture
def told(repo: HookRepo, leakguard: Leakguard, tmp_path: Path) -> HookRepo:
    """A repository with hooks; `leakguard` is on PATH, and its redact does not ask."""
    assert leakguard("install")[0] == 0
    with_program(repo, tmp_path)
    program = tmp_path / "bin" / "leakguard"
    command = f"{sys.executable} -P -m leakguard"
    program.write_text(f'#!/bin/sh\nverb=$1\nshift\nexec {command} "$verb" --yes "$@"\n')
    program.chmod(0o755)
    repo.env["GIT_EDITOR"] = "sed -i.bak -e 's/gh[p]_[A-Za-z0-9]*/a token/'"
    return repo


def commands(output: str) -> list[str]:
    """The lines of an answer that are commands, first way first."""
    advice = output.replace("remote: ", "").partition("How to take it out")[2]
    lines = advice.split("  Or leave")[0].splitlines()
    return [line.strip() for line in lines if line.startswith(" " * 6)]


def follow(repo: HookRepo, output: str) -> None:
    for command in commands(output):
        done = repo.run("sh", "-c", command)
        assert done.returncode == 0, f"{command}: {done.stdout}"


def pushed(repo: HookRepo) -> "tuple[int, str]":
    done = repo.run("git", "push", "origin", "main")
    return done.returncode, done.stdout


def assert_gone(repo: HookRepo, server: Path) -> None:
    """Nothing of what was pushed holds a token."""
    everything = repo.run("git", "-C", str(server), "log", "-p", "main").stdout
    assert token()[4:-4] not in everything
    assert token(1)[4:-4] not in everything
    assert repo.git("status", "--porcelain", "--untracked-files=no") == ""


def test_staged_leak_is_taken_out_and_committed(told: HookRepo) -> None:
    told.stage("src/a b.py", PYTHON)
    done = told.commit()
    assert done.returncode == 1
    *steps, commit = commands(done.stdout)
    assert commit == "git commit"

    for step in steps:
        assert told.run("sh", "-c", step).returncode == 0

    assert told.commit().returncode == 0
    assert told.git("show", "HEAD:src/a b.py").endswith('os.environ["GITHUB_TOKEN"]\n')


def test_who_commits_in_a_folder_goes_to_the_top_first(told: HookRepo) -> None:
    told.stage("src/a.py", PYTHON)
    output = told.commit(cwd=told.path / "src").stdout
    *steps, _ = commands(output)

    done = told.run("sh", "-e", "-c", "\n".join(steps), cwd=told.path / "src")

    assert done.returncode == 0, done.stdout
    assert told.commit().returncode == 0


def test_staged_file_is_left_out(told: HookRepo) -> None:
    told.stage("a.py", PYTHON)
    told.stage("b", PLAIN)
    output = told.commit().stdout
    (way,) = [line.strip() for line in output.splitlines() if "restore" in line]

    told.run("sh", "-c", way)

    assert told.commit().returncode == 0
    assert told.git("ls-tree", "--name-only", "HEAD").split() == ["README", "b"]


def test_first_commit_of_all_can_leave_a_file_out(told: HookRepo, tmp_path: Path) -> None:
    fresh = HookRepo(tmp_path / "fresh", told.env)
    fresh.path.mkdir()
    fresh.git("init", "--quiet")
    fresh.stage("a.py", PYTHON)
    output = fresh.run(*HOOK.split(), "pre-commit").stdout
    (way,) = [line.strip() for line in output.splitlines() if "rm --cached" in line]

    fresh.run("sh", "-c", way)

    assert fresh.git("ls-files") == ""
    assert (fresh.path / "a.py").exists()


def test_leak_in_a_message_is_written_anew(told: HookRepo, leakguard: Leakguard) -> None:
    leakguard("install", "--hook", "commit-msg")
    done = told.run("git", "commit", "--allow-empty", "--message", f"use {token()}")
    assert done.returncode == 1

    told.git("commit", "--quiet", "--allow-empty", "--message", "before")
    (told.path / ".git" / "COMMIT_EDITMSG").write_text(f"use {token()}\n")
    (command,) = commands(done.stdout)
    again = told.run("sh", "-c", f"{command} --allow-empty")

    assert again.returncode == 0, again.stdout
    assert told.git("log", "-1", "--format=%s") == "use a token\n"


def test_last_commit_is_amended(told: HookRepo, remote: Path) -> None:
    told.save("a.py", PYTHON)
    code, output = pushed(told)
    assert code == 1

    follow(told, output)

    assert pushed(told)[0] == 0
    assert_gone(told, remote)


def test_older_commits_are_changed_by_a_rebase(told: HookRepo, remote: Path) -> None:
    told.save("a.py", PYTHON)
    told.save("b", PLAIN)
    told.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", token(1))
    told.save("c.py", OTHER)
    told.save("d", PLAIN)
    code, output = pushed(told)
    assert code == 1

    follow(told, output)

    assert pushed(told)[0] == 0
    assert_gone(told, remote)
    assert len(told.git("log", "--format=%H").split()) == 6


def test_root_commit_and_a_merge_behind_it(told: HookRepo, remote: Path) -> None:
    told.git("checkout", "--quiet", "--orphan", "new")
    told.save("a.py", PYTHON)
    told.git("branch", "--force", "main")
    told.git("switch", "--quiet", "main")
    told.git("switch", "--quiet", "-c", "side")
    told.save("side", PLAIN)
    told.git("switch", "--quiet", "main")
    told.save("b", PLAIN)
    told.git("merge", "--quiet", "--no-edit", "side")
    code, output = pushed(told)
    assert code == 1
    assert "--rebase-merges --root" in output

    follow(told, output)

    assert pushed(told)[0] == 0
    assert_gone(told, remote)
    assert told.git("log", "--merges", "--format=%H").strip()


def test_branch_that_is_not_checked_out_is_gone_to(told: HookRepo, remote: Path) -> None:
    told.save("a.py", PYTHON)
    told.git("switch", "--quiet", "-c", "topic", "HEAD~1")
    code, output = pushed(told)
    assert code == 1
    assert commands(output)[0] == "git switch main"

    follow(told, output)

    assert pushed(told)[0] == 0
    assert_gone(told, remote)


def test_message_of_a_tag_is_written_anew(told: HookRepo, remote: Path) -> None:
    assert remote.exists()
    told.git("tag", "--annotate", "--message", f"with {token()}", "v1")
    done = told.run("git", "push", "origin", "v1")
    assert done.returncode == 1

    follow(told, done.stdout)

    assert told.run("git", "push", "origin", "v1").returncode == 0


def test_what_a_server_says_is_enough(told: HookRepo, leakguard: Leakguard, remote: Path) -> None:
    leakguard("install", cwd=remote)
    told.save("a.py", PYTHON)
    told.save("b", PLAIN)
    done = told.run("git", "push", "--no-verify", "origin", "main")
    assert done.returncode == 1

    follow(told, done.stdout)

    assert pushed(told)[0] == 0
    assert_gone(told, remote)


def test_whether_the_pre_commit_hook_was_passed_over_is_said(
    told: HookRepo, leakguard: Leakguard, remote: Path
) -> None:
    assert remote.exists()
    told.save("a.py", PYTHON)

    with_hook = pushed(told)[1]
    leakguard("uninstall", "--hook", "pre-commit")
    without = pushed(told)[1]

    assert "was committed with --no-verify" in with_hook
    assert "--no-verify" not in without


def shown(output: str, **names: str) -> str:
    """An output without what differs from run to run: times, ids, folders."""
    for name, text in names.items():
        output = output.replace(text, name)
    output = re.sub(r"in [\d.]+ s;", "in 0.02 s;", output)
    return re.sub(r"\d{4}-\d\d-\d\d", "2026-01-02", output)


def test_whole_answer_to_a_commit(told: HookRepo, golden: Golden) -> None:
    told.stage("src/deploy.py", PYTHON)

    golden("answer-commit.txt", shown(told.commit().stdout))


@pytest.mark.usefixtures("remote")
def test_whole_answer_to_a_push(told: HookRepo, golden: Golden) -> None:
    leak = told.save("src/deploy.py", PYTHON)
    told.save("b", PLAIN)

    answer = told.run("git", "push", "origin", "main").stdout

    golden("answer-push.txt", shown(answer.partition("error: failed")[0], b2e0e64ba6d7=leak[:12],
                                    b2e0e64=leak[:7]))  # fmt: skip


def test_whole_answer_of_a_server(
    told: HookRepo, leakguard: Leakguard, remote: Path, golden: Golden
) -> None:
    leakguard("install", cwd=remote)
    leak = told.save("src/deploy.py", PYTHON)
    told.save("b", PLAIN)

    answer = told.run("git", "push", "--no-verify", "origin", "main").stdout

    lines = [line.rstrip() for line in answer.splitlines() if line.startswith("remote:")]
    text = "".join(f"{line}\n" for line in lines)
    golden("answer-server.txt", shown(text, b2e0e64ba6d7=leak[:12], b2e0e64=leak[:7]))
