"""`leakguard redact` as its users have it."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run


def test_secret_is_taken_out_at_once(leak: Path, leakguard: Run, token: str) -> None:
    leak.chmod(0o640)

    done = leakguard("redact", "--yes", "src/bot.py")

    assert done.returncode == 0, done.stderr
    assert leak.read_text() == 'import os\nclient = Client(os.environ["SLACK_BOT_TOKEN"])\n'
    assert leak.stat().st_mode & 0o777 == 0o640
    assert token[8:-4] not in done.stdout
    assert "+client = Client(os.environ" in done.stdout
    assert "src/bot.py: 1 secret taken out" in done.stdout


def test_without_a_terminal_nothing_is_written(leak: Path, leakguard: Run) -> None:
    before = leak.read_text()

    done = leakguard("redact", "src/bot.py")

    assert done.returncode == 1
    assert "--yes writes without asking" in done.stderr
    assert leak.read_text() == before


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False)])
def test_on_a_terminal_it_asks(
    leak: Path, project: Path, environment: dict[str, str], token: str, answer: str, written: bool
) -> None:
    master, slave = pty.openpty()
    os.write(master, f"{answer}\n".encode())

    done = subprocess.run(
        [sys.executable, "-m", "leakguard", "redact", "src/bot.py"],
        stdin=slave, capture_output=True, text=True, cwd=project, env=environment, check=False,
    )  # fmt: skip

    os.close(master)
    os.close(slave)
    assert done.returncode == (0 if written else 1), done.stderr
    assert (token not in leak.read_text()) is written


def test_file_without_leaks_is_left_alone(project: Path, leakguard: Run) -> None:
    (project / "a").write_text("nothing\n")

    done = leakguard("redact", "--yes", "a")

    assert (done.returncode, done.stdout) == (0, "a: no leaks\n")


def test_secret_in_base64_becomes_a_placeholder(project: Path, leakguard: Run, token: str) -> None:
    import base64

    written = base64.b64encode(f"token: {token} and more".encode()).decode()
    (project / "a.py").write_text(f'x = "{written}"\n')

    done = leakguard("redact", "--yes", "a.py")

    assert done.returncode == 0, done.stdout + done.stderr
    assert leakguard("scan", "--no-git", ".").returncode == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\0binary", "is no text in UTF-8"), ("x".encode("utf-16"), "is no text in UTF-8")],
)
def test_what_is_no_text_is_an_error(
    project: Path, leakguard: Run, content: bytes, said: str
) -> None:
    (project / "a").write_bytes(content)

    done = leakguard("redact", "--yes", "a")

    assert done.returncode == 2
    assert said in done.stderr
    assert leakguard("redact", "gone").returncode == 2


def test_other_files_are_redacted_all_the_same(
    leak: Path, project: Path, leakguard: Run, token: str
) -> None:
    (project / "a").write_bytes(b"\0")

    done = leakguard("redact", "--yes", "a", "gone", "src/bot.py")

    assert done.returncode == 2
    assert done.stderr.count("leakguard: ") == 2
    assert token not in leak.read_text()


def test_link_stays_a_link(leak: Path, project: Path, leakguard: Run, token: str) -> None:
    (project / "link.py").symlink_to(leak)

    leakguard("redact", "--yes", "link.py")

    assert (project / "link.py").is_symlink()
    assert token not in leak.read_text()
