"""What tests share: golden files, and the command line as a process of its own.

What users see is compared whole with golden files; `--update-golden` writes them anew for review.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from leakguard.cli.main import main
from tests.builtin import CACHE
from tests.helpers import one_sentence

ROOT = Path(__file__).parent.parent

# How long one example takes says nothing on a machine that runs several tests at once.
hypothesis.settings.register_profile("leakguard", deadline=None)
hypothesis.settings.load_profile("leakguard")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--update-golden`."""
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


def pytest_configure() -> None:
    """Before other processes are started, which then know the folder."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ[CACHE] = tempfile.mkdtemp(prefix="leakguard-tests-")


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ.pop(CACHE), ignore_errors=True)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Call it with a file name and a text: compares with `golden/<name>` beside the test's file."""
    folder = request.path.parent / "golden"

    def compare(name: str, text: str) -> None:
        file = folder / name
        if request.config.getoption("--update-golden"):
            folder.mkdir(exist_ok=True)
            file.write_bytes(text.encode())
        assert text.encode() == file.read_bytes(), f"{file} differs: is the change wanted?"

    return compare


@pytest.fixture(scope="session")
def cache_dir() -> Path:
    """A cache that all processes of this test run share: compiling all rules takes seconds."""
    return Path(os.environ[CACHE])


@pytest.fixture
def process_environment(tmp_path: Path, cache_dir: Path) -> dict[str, str]:
    """For a process: nothing of the developer's own settings, and a home without any."""
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    return kept | {
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "service"))),
        "PYTHONWARNINGS": "error",
        "LEAKGUARD_CACHE_DIR": str(cache_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }


@pytest.fixture
def run(
    tmp_path: Path, process_environment: dict[str, str]
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs `leakguard` with arguments in `tmp_path`, `more` being added to its environment."""

    def call(
        *arguments: str, given: str = "", more: Mapping[str, str] | None = None, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        pipes: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": tmp_path,
        }
        if "stdin" not in options and "preexec_fn" not in options:
            options["input"] = given
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [sys.executable, "-m", "leakguard", *arguments],
            encoding="utf-8",
            errors="surrogateescape",
            env=process_environment | dict(more or {}),
            timeout=120,
            **(pipes | options),
        )
        return done

    return call


@pytest.fixture
def complaint(
    tmp_path: Path,
    process_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., str]:
    """Gives arguments to the command line, in `tmp_path`; what it complains about."""
    for key in [key for key in os.environ if key.startswith(("LEAKGUARD_", "GIT_"))]:
        monkeypatch.delenv(key)
    for key, value in process_environment.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        return one_sentence(main(arguments), *capfd.readouterr())

    return call
