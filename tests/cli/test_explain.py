"""`leakguard explain`: found, dropped, nothing there, and wrong arguments."""

from pathlib import Path

import pytest

from tests.helpers import Complaint, Run

WORD = "vq7" + "Tzkw2xJ"


def test_reported_line_shows_its_score_and_no_secret(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text(f'user = "ana"\npassword = "{WORD}"\n')

    done = run("explain", f"{file}:2")

    assert done.returncode == 0
    assert "Password in an assignment (generic-password)" in done.stdout
    assert "where every value starts" in done.stdout
    assert "known words cover 0% of its letters" in done.stdout
    assert WORD not in done.stdout


def test_line_that_is_not_reported_says_why(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text('password = "userPassword"\n\n')

    assert "the value alone is no secret (words)" in run("explain", f"{file}:1").stdout
    assert "no rule sees a value on this line" in run("explain", f"{file}:2").stdout


@pytest.mark.parametrize("place", ["app.py", "app.py:", ":3", "app.py:0", "app.py:x"])
def test_place_that_names_no_line(complaint: Complaint, place: str) -> None:
    assert "write FILE:LINE" in complaint("explain", place)


def test_file_that_is_not_there(complaint: Complaint, tmp_path: Path) -> None:
    assert "cannot be read" in complaint("explain", f"{tmp_path}/none:1")
