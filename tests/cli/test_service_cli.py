"""`leakguard serve` and `leakguard worker`: what they say when they cannot start."""

import subprocess
import sys

import pytest

from leakguard.cli.main import main
from tests.helpers import Complaint, Run


@pytest.mark.parametrize("verb", ["serve", "worker"])
def test_missing_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, complaint: Complaint, verb: str
) -> None:
    monkeypatch.setitem(sys.modules, "leakguard_service.errors", None)

    said = complaint(verb)

    assert "pip install 'leakguard[service]'" in said


def test_worker_needs_postgresql(run: Run) -> None:
    done = run("worker")

    assert done.returncode == 2
    assert "set LEAKGUARD_DATABASE_URL" in done.stderr


def test_a_wrong_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAKGUARD_SCAN_SECONDS", "swordfish")

    assert main(["serve"]) == 2

    said = capsys.readouterr().err
    assert "LEAKGUARD_SCAN_SECONDS" in said
    assert "swordfish" not in said


def test_the_command_line_loads_nothing_of_the_service() -> None:
    heavy = ("leakguard_service", "fastapi", "sqlalchemy", "pydantic")
    code = f"import sys, leakguard.cli.main; print([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
