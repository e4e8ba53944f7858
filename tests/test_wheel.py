"""The wheel holds all that leakguard needs, and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.helpers import ROOT, github_token

pytest.importorskip("build")
pytest.importorskip("hatchling")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(out),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    (file,) = out.glob("*.whl")
    return file


def test_wheel_holds_rules_and_types_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    here = {f"leakguard/rules/{file.name}" for file in (ROOT / "rules").glob("*.toml")}
    modules = {str(file.relative_to(ROOT)) for file in (ROOT / "leakguard").rglob("*.py")}
    service = ROOT / "service"
    files = (service / "leakguard_service").rglob("*.*")
    parts = {str(file.relative_to(service)) for file in files if file.suffix != ".pyc"}
    assert here <= names
    assert modules <= names
    assert parts <= names
    assert "leakguard/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "leakguard",
        "leakguard_service",
    }
    assert not [name for name in names if "test" in name or name.endswith(".pyc")]


def test_installed_wheel_finds_its_rules_and_scans(
    wheel: Path, tmp_path: Path, cache_dir: Path
) -> None:
    place = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        + ["--no-warn-script-location", "--target", str(place), str(wheel)],
        check=True,
        capture_output=True,
    )
    work = tmp_path / "work"
    work.mkdir()
    (work / "leak.txt").write_text(github_token())
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(place),
        "LEAKGUARD_CACHE_DIR": str(cache_dir),
        "PYTHONWARNINGS": "error",
    }

    where, done = (
        subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True, check=False
        )
        for command in (
            [sys.executable, "-c", "from leakguard.ruleset import rules_dir; print(rules_dir())"],
            [sys.executable, str(place / "bin" / "leakguard"), "scan", "."],
        )
    )

    assert where.stdout.strip() == str(place / "leakguard" / "rules")
    assert (done.returncode, done.stderr) == (1, "")
    assert "leak.txt" in done.stdout
