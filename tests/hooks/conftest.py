"""A repository whose user installs leakguard's hooks with its own command line."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hookrepo import HOOK, HookRepo, environment, token

PLAIN = "nothing here\n"
TOKEN = f'token = "{token()}"\n'

LEFTHOOK = Path(sys.executable).parent / "lefthook"

Leakguard = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> dict[str, str]:
    """Nobody's settings, and files for a user's and a machine's that git can write."""
    home = tmp_path_factory.mktemp("home")
    return environment(home, cache_dir)


@pytest.fixture
def repo(tmp_path: Path, env: dict[str, str]) -> HookRepo:
    """A repository with one commit, of a user whose settings are in this test's folder."""
    settings = {
        "GIT_CONFIG_GLOBAL": str(tmp_path / "home" / ".gitconfig"),
        "GIT_CONFIG_SYSTEM": str(tmp_path / "etc" / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "0",
        "HOME": str(tmp_path / "home"),
        "COLUMNS": "80",
    }
    for folder in ("home", "etc", "repository"):
        (tmp_path / folder).mkdir()
    repo = HookRepo(tmp_path / "repository", env | settings)
    repo.git("init", "--quiet", "--initial-branch=main")
    repo.save("README", "nothing here\n")
    return repo


@pytest.fixture
def leakguard(repo: HookRepo) -> Leakguard:
    """The command line in the repository, or in `cwd`: exit code and all output."""

    def call(*args: str, cwd: Path | None = None, stdin: str = "") -> tuple[int, str]:
        done = repo.run(sys.executable, "-P", "-m", "leakguard", *args, cwd=cwd, stdin=stdin)
        assert "Traceback" not in done.stdout
        return done.returncode, done.stdout

    return call


@pytest.fixture
def remote(repo: HookRepo, tmp_path: Path) -> Path:
    path = tmp_path / "remote.git"
    repo.git("init", "--quiet", "--bare", str(path))
    repo.git("remote", "add", "origin", str(path))
    return path


def stopped(repo: HookRepo, cwd: Path | None = None) -> bool:
    """Whether a commit of a secret is stopped by leakguard."""
    (cwd or repo.path).joinpath("leak").write_text(TOKEN)
    repo.git("add", "leak", cwd=cwd)
    done = repo.commit(cwd=cwd)
    assert "Traceback" not in done.stdout
    return done.returncode == 1 and "leak\n  1:10" in done.stdout


def with_program(repo: HookRepo, tmp_path: Path) -> None:
    """Puts `leakguard-hook` on PATH, as pip does."""
    program = tmp_path / "bin" / "leakguard-hook"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {HOOK} "$@"\n')
    program.chmod(0o755)
    repo.env["PATH"] = f"{program.parent}{os.pathsep}{repo.env['PATH']}"
