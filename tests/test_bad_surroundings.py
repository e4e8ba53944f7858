"""Pipes that close, signals, full disks and caches of others: the exit code keeps its meaning."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers import (
    PATIENCE_SECONDS,
    Run,
    github_token,
    is_reading,
    repository,
    wait_until,
)

REAPING_SECONDS = 2


@contextmanager
def started(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """A `leakguard` under way whose standard input stays open."""
    process = subprocess.Popen(
        [sys.executable, "-m", "leakguard", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            yield process
    finally:
        process.kill()


@pytest.fixture
def many_leaks(tmp_path: Path) -> Path:
    """A folder whose report is larger than a pipe."""
    for number in range(400):
        (tmp_path / f"{number:03}.txt").write_text(f"token = {github_token(number)}\n")
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "sarif"])
def test_reader_that_goes_away_does_not_change_the_exit_code(
    many_leaks: Path, process_environment: dict[str, str], form: str
) -> None:
    command = f"{sys.executable} -m leakguard scan --format {form} . | head -1 >first"

    done = subprocess.run(
        ["bash", "-c", command + "; exit ${PIPESTATUS[0]}"],
        cwd=many_leaks,
        env=process_environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert (many_leaks / "first").read_text()


@pytest.mark.parametrize("arguments", [["scan", "."], ["rules", "list"], ["config", "show"]])
def test_full_disk_is_an_error(run: Run, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = run(*arguments, stdout=full)

    assert done.returncode == 2
    message = "standard output cannot be written: No space left on device"
    assert done.stderr == f"leakguard: {message}\n"


def test_output_file_on_a_full_disk_is_an_error(run: Run) -> None:
    done = run("scan", ".", "--output", "/dev/full")

    assert (done.returncode, done.stdout) == (2, "")
    message = "output file /dev/full cannot be written: No space left on device"
    assert done.stderr == f"leakguard: {message}\n"


@pytest.mark.parametrize("stream", [1, 2])
def test_closed_output_does_not_change_the_exit_code(run: Run, tmp_path: Path, stream: int) -> None:
    (tmp_path / "leak.txt").write_text(github_token())

    done = run("scan", ".", preexec_fn=lambda: os.close(stream))

    assert done.returncode == 1
    assert done.stderr == ""


def test_interrupted_scan_exits_130_with_one_line(
    run: Run, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    run("scan", ".")

    with started(["scan", "-"], tmp_path, process_environment) as process:
        wait_until(lambda: is_reading(process))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert (process.returncode, out, err) == (130, "", "leakguard: interrupted\n")


SLOW_GIT = """#!/bin/sh
case "$*" in
    *{verb}*) echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 600 ;;
esac
exec {git} "$@"
"""


@pytest.fixture
def slow_git(tmp_path: Path) -> Callable[[str], Path]:
    """Puts a git in `bin` that never ends with one of its verbs; returns where its pid will be."""

    def make(verb: str) -> Path:
        which = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
        pid_file, script = tmp_path / "pid", tmp_path / "bin" / "git"
        script.parent.mkdir()
        script.write_text(SLOW_GIT.format(verb=verb, pid_file=pid_file, git=which.stdout.strip()))
        script.chmod(0o755)
        return pid_file

    return make


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("verb", ["rev-list", "--batch="])
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        pytest.param(signal.SIGINT, 130, "interrupted", id="SIGINT"),
        pytest.param(signal.SIGTERM, 143, "ended by SIGTERM", id="SIGTERM"),
        pytest.param(signal.SIGHUP, 129, "ended by SIGHUP", id="SIGHUP"),
    ],
)
def test_signal_leaves_no_git_behind(
    run: Run,
    tmp_path: Path,
    process_environment: dict[str, str],
    slow_git: Callable[[str], Path],
    verb: str,
    number: signal.Signals,
    code: int,
    said: str,
) -> None:
    repository(tmp_path / "repo", {"a.txt": "one\n"})
    run("scan", "repo")
    pid_file = slow_git(verb)
    path = f"{tmp_path / 'bin'}:{process_environment['PATH']}"

    with started(["scan", "repo"], tmp_path, process_environment | {"PATH": path}) as process:
        wait_until(pid_file.exists)
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert (process.returncode, err) == (code, f"leakguard: {said}\n")
    git_pid = int(pid_file.read_text())
    try:
        wait_until(lambda: not is_running(git_pid), REAPING_SECONDS)
    finally:
        if is_running(git_pid):
            os.kill(git_pid, signal.SIGKILL)


def test_git_that_is_not_installed_is_an_error(run: Run, tmp_path: Path) -> None:
    repository(tmp_path / "repo", {"a.txt": "one\n"})

    done = run("scan", "repo", more={"PATH": str(tmp_path)})

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "leakguard: git is not installed or not on PATH: install git\n"
