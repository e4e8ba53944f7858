"""The command line as its users have it: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def environment(tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """For a process: nothing of the developer's own settings, and an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    values = {
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "LEAKGUARD_CACHE_DIR": cache,
        "COLUMNS": "80",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    for key in [key for key in os.environ if key.startswith(("LEAKGUARD_", "_LEAKGUARD"))]:
        monkeypatch.delenv(key)
    for key in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(key, raising=False)
    for key, value in values.items():
        monkeypatch.setenv(key, value)
    return kept | values


@pytest.fixture
def project(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    assert environment
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def token() -> str:
    """A Slack bot token that nobody issued."""
    return "-".join(("xo" + "xb", "481957699498", "801410127350", "kT4vQ9sLm2XwZ7pRb1NcY8dH"))


@pytest.fixture
def leak(project: Path, token: str) -> Path:
    """A file with a leak, in the working folder."""
    file = project / "src" / "bot.py"
    file.parent.mkdir()
    file.write_text(f"client = Client('{token}')\n")
    return file


@pytest.fixture
def leakguard(project: Path, environment: dict[str, str]) -> Run:
    """Runs the command line in the working folder: exit code, standard output, standard error."""

    def run(
        *arguments: str, given: str = "", more: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "leakguard", *arguments],
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=project,
            env=environment | dict(more or {}),
            check=False,
            timeout=60,
        )

    return run
