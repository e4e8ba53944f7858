"""The hook as git itself calls it, without pre-commit, and what it costs to import."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from leakguard import hook
from leakguard.exitcodes import ExitCode
from tests.helpers import PATIENCE_SECONDS, is_reading, wait_until
from tests.hookrepo import HOOK, HookRepo, environment, install_natively, token

TOKEN = f'token = "{token()}"\n'
OTHER = f'other = "{token(1)}"\n'
PLAIN = "nothing here\n"

HEAVY = (
    "asyncio", "click", "concurrent.futures", "detect_secrets", "email", "git", "http", "logging",
    "rich", "sqlalchemy", "tomllib", "unittest",
)  # fmt: skip


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("home"), cache_dir)


@pytest.fixture
def repo(tmp_path: Path, env: dict[str, str]) -> HookRepo:
    repo = HookRepo(tmp_path / "repository", dict(env))
    repo.path.mkdir()
    repo.git("init", "--quiet", "--initial-branch=main")
    return repo


@pytest.fixture
def remote(tmp_path: Path, repo: HookRepo) -> Path:
    """An empty remote named origin; pushes to it are looked at. The repository has one commit."""
    path = tmp_path / "remote.git"
    repo.git("init", "--quiet", "--bare", str(path))
    repo.git("remote", "add", "origin", str(path))
    repo.save("README", PLAIN)
    install_natively(repo, "pre-push")
    return path


def called(repo: HookRepo, *args: str, stdin: str = "") -> tuple[int, str]:
    """Exit code and output of the hook, called as git does, by somebody without an identity."""
    repo.identity.clear()
    done = repo.run(*HOOK.split(), *args, stdin=stdin)
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def push(repo: HookRepo, *args: str) -> tuple[int, str]:
    done = repo.run("git", "push", *args)
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_import_of_the_hook_is_light(env: dict[str, str]) -> None:
    code = "import sys, leakguard.hook; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout.split()

    assert not set(HEAVY).intersection(loaded)
    assert not [name for name in loaded if name.startswith(("leakguard.cli", "leakguard_service"))]


def test_commit_through_git_alone_is_stopped(repo: HookRepo) -> None:
    install_natively(repo, "pre-commit")
    repo.stage("a", TOKEN)

    done = repo.commit()

    assert done.returncode == 1
    assert "a\n  1:10" in done.stdout


def test_without_head_or_identity_the_index_is_looked_at(repo: HookRepo) -> None:
    repo.stage("a", TOKEN)

    code, output = called(repo, "pre-commit")

    assert code == ExitCode.LEAKS
    assert "a\n  1:10" in output


def test_name_that_is_not_utf8_is_reported(repo: HookRepo) -> None:
    repo.stage(b"a\xff\xfe", TOKEN)

    code, output = called(repo, "pre-commit")

    assert code == ExitCode.LEAKS
    assert "a\\xff\\xfe\n  1:10" in output


def test_broken_index_is_an_error_in_one_line(repo: HookRepo) -> None:
    repo.stage("a", TOKEN)
    (repo.path / ".git" / "index").write_bytes(b"broken")

    code, output = called(repo, "pre-commit")

    assert code == ExitCode.ERROR
    assert output.startswith("leakguard: git diff-index failed in ")
    assert output.count("\n") == 1


def test_outside_of_a_repository_is_an_error_in_one_line(repo: HookRepo, tmp_path: Path) -> None:
    repo.env["GIT_CEILING_DIRECTORIES"] = str(tmp_path)

    done = repo.run(*HOOK.split(), "pre-commit", cwd=tmp_path)

    assert done.returncode == ExitCode.ERROR
    assert done.stdout.startswith("leakguard: ")
    assert done.stdout.count("\n") == 1


def test_missing_object_is_incomplete(repo: HookRepo) -> None:
    repo.stage("a", PLAIN)
    oid = repo.git("rev-parse", ":a").strip()
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()

    assert called(repo, "pre-commit")[0] == ExitCode.INCOMPLETE


def test_bug_is_an_error_that_tells_nothing_but_its_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(token())

    monkeypatch.setattr(hook, "settled", broken)

    assert hook.main(["pre-commit"]) == ExitCode.ERROR
    said = capsys.readouterr()
    assert said.err == "leakguard: this is a bug in leakguard (RuntimeError): please report it\n"
    assert token() not in said.out


def test_options_stand_before_or_behind_names(repo: HookRepo) -> None:
    repo.stage("a", TOKEN)

    for arguments in (("--exclude=a", "a"), ("a", "--exclude=a")):
        assert called(repo, "pre-commit", *arguments)[0] == ExitCode.CLEAN


def test_shortened_option_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        hook.main(["pre-commit", "--excl=a"])

    assert exit_info.value.code == ExitCode.ERROR
    assert "--excl" in capsys.readouterr().err


@pytest.mark.parametrize(("stage", "closed"), [("pre-push", 0), ("pre-commit", 1)])
def test_closed_stream_is_no_bug(repo: HookRepo, stage: str, closed: int) -> None:
    repo.stage("a", TOKEN)
    command = [*HOOK.split(), stage]

    done = subprocess.run(
        command, cwd=repo.path, env=repo.env, stderr=subprocess.PIPE, text=True, check=False,
        preexec_fn=lambda: os.close(closed),
    )  # fmt: skip

    code, message = {
        0: (ExitCode.ERROR, "leakguard: standard input is closed: give it a file or a pipe\n"),
        1: (ExitCode.LEAKS, ""),
    }[closed]
    assert (done.returncode, done.stderr) == (code, message)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGINT, "interrupted"),
        (signal.SIGTERM, "ended by SIGTERM"),
        (signal.SIGHUP, "ended by SIGHUP"),
    ],
)
def test_signal_ends_the_hook_with_one_line(
    repo: HookRepo, number: signal.Signals, said: str
) -> None:
    with subprocess.Popen(
        [*HOOK.split(), "pre-push"], cwd=repo.path, env=repo.env, stdin=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        wait_until(lambda: is_reading(process))
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert (process.returncode, err) == (128 + number, f"leakguard: {said}\n")


@pytest.mark.usefixtures("remote")
def test_third_of_three_refs_that_leaks_stops_the_push(repo: HookRepo) -> None:
    repo.git("branch", "one")
    repo.git("branch", "two")
    repo.git("switch", "--quiet", "--create", "zzz")
    repo.save("a", TOKEN)

    code, output = push(repo, "origin", "one", "two", "zzz")

    assert code == 1
    assert "a\n  1:10" in output
    assert "1 leak in" in output


@pytest.mark.usefixtures("remote")
def test_ref_that_git_tells_of_counts_inside_of_pre_commit_too(repo: HookRepo) -> None:
    repo.git("switch", "--quiet", "--create", "other")
    repo.save("a", TOKEN)
    repo.git("switch", "--quiet", "main")
    repo.env["PRE_COMMIT"] = "1"

    code, output = push(repo, "origin", "other")

    assert code == 1
    assert "a\n  1:10" in output


@pytest.mark.usefixtures("remote")
def test_push_of_what_the_remote_has_passes(repo: HookRepo) -> None:
    repo.save("a", TOKEN)
    assert push(repo, "--no-verify", "origin", "main")[0] == 0
    repo.save("a", TOKEN + PLAIN)

    code, output = push(repo, "origin", "main", "main:copy")

    assert code == 0
    assert "no leaks in" in output


@pytest.mark.usefixtures("remote")
def test_forced_push_looks_at_the_new_commits(repo: HookRepo) -> None:
    repo.save("a", PLAIN)
    assert push(repo, "origin", "main")[0] == 0
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.save("b", TOKEN)

    code, output = push(repo, "--force", "origin", "main")

    assert code == 1
    assert "b\n  1:10" in output


@pytest.mark.usefixtures("remote")
def test_forced_push_back_passes(repo: HookRepo) -> None:
    repo.save("a", PLAIN)
    push(repo, "origin", "main")

    assert push(repo, "--force", "origin", "HEAD~1:main")[0] == 0


def test_pushed_commit_that_the_remote_lost_is_looked_at(repo: HookRepo, remote: Path) -> None:
    """What is replaced is not here: somebody else pushed it, and it was never fetched."""
    repo.save("a", TOKEN)
    oid = repo.git("rev-parse", "HEAD").strip()

    line = f"refs/heads/main {oid} refs/heads/main {'1' * len(oid)}\n"

    assert called(repo, "pre-push", "origin", str(remote), stdin=line)[0] == ExitCode.LEAKS


@pytest.mark.usefixtures("remote")
def test_tag_with_its_commits_and_its_message_is_looked_at(repo: HookRepo) -> None:
    push(repo, "origin", "main")
    repo.git("tag", "--annotate", "--message", TOKEN, "said")
    repo.git("tag", "plain")
    repo.save("a", OTHER)
    repo.git("tag", "later")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")

    said, message = push(repo, "origin", "said")
    later, content = push(repo, "origin", "later")

    assert said == 1
    assert "<tag message>" in message
    assert later == 1
    assert "a\n  1:10" in content
    assert push(repo, "origin", "plain")[0] == 0


@pytest.mark.usefixtures("remote")
def test_secret_in_a_commit_message_stops_the_push(repo: HookRepo) -> None:
    repo.git("commit", "--quiet", "--allow-empty", "--message", f"use {token()}")

    code, output = push(repo, "origin", "main")

    assert code == 1
    assert "<commit message>" in output


@pytest.mark.usefixtures("remote")
def test_deletion_passes(repo: HookRepo) -> None:
    push(repo, "origin", "main", "main:gone")

    assert push(repo, "origin", ":gone")[0] == 0


def test_push_to_an_address_takes_nothing_for_known(repo: HookRepo, remote: Path) -> None:
    repo.save("a", TOKEN)
    push(repo, "--no-verify", "origin", "main")
    other = remote.parent / "other.git"
    repo.git("init", "--quiet", "--bare", str(other))

    assert push(repo, str(other), "main")[0] == 1


@pytest.mark.usefixtures("remote")
def test_ref_with_spaces_is_looked_at(repo: HookRepo) -> None:
    repo.save("a", TOKEN)

    code, output = push(repo, "origin", ":/save a:refs/heads/main")

    assert code == 1
    assert "a\n  1:10" in output


def test_line_that_is_not_of_git_is_an_error(repo: HookRepo) -> None:
    code, output = called(repo, "pre-push", "origin", "address", stdin="refs/heads/main\n")

    assert code == ExitCode.ERROR
    assert output.startswith("leakguard: standard input has ")
    assert output.count("\n") == 1


def test_commit_that_does_not_exist_is_not_clean(repo: HookRepo, remote: Path) -> None:
    line = f"refs/heads/main {'1' * 40} refs/heads/main {'0' * 40}\n"

    code, _ = called(repo, "pre-push", "origin", str(remote), stdin=line)

    assert code == ExitCode.INCOMPLETE
