"""`leakguard audit` in a real terminal: keys, masking, leaving and going on."""

import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leakguard.baselines.own import Entry, parse
from tests.gitrepo import GitRepo, make_repository
from tests.helpers import Complaint, Run, github_token

pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")

FILE = ".leakguard-baseline.json"
TOKENS = [github_token(number) for number in range(4)]
MENU = r"\[q\]uit\r\n> "


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = make_repository(tmp_path / "repo")
    made.git("config", "user.email", "ana@example.org")
    for number, token in enumerate(TOKENS[:3]):
        text = f"# before\ntoken = '{token}'\n# behind\n"
        made.commit(f"number {number}", {f"src/{number}.py": text})
    made.write("new.py", f"one = '{TOKENS[3]}'\n")
    return made


@pytest.fixture
def audit(repo: GitRepo, process_environment: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Starts an audit in a terminal of its own."""
    started = []

    def start(*arguments: str) -> Any:
        terminal = pexpect.spawn(
            sys.executable,
            ["-m", "leakguard", "audit", *arguments],
            cwd=str(repo.path),
            env={**process_environment, "TERM": "xterm"},
            encoding="utf-8",
            timeout=60,
            dimensions=(40, 120),
        )
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close(force=True)


def ended(terminal: Any) -> str:
    """What is said last, of an audit that ended well."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    told: str = terminal.before
    return told


def entries(repo: GitRepo) -> dict[str, Entry]:
    held = parse((repo.path / FILE).read_text())
    return {entry.path: entry for entry in held.entries}


def test_walk_records_what_is_decided(repo: GitRepo, audit: Callable[..., Any]) -> None:
    terminal = audit("--who", "bo")
    shown = ""
    for key in "lftr":
        terminal.expect(MENU)
        shown += terminal.before
        terminal.send(key)
    told = ended(terminal)

    found = {path: (entry.reason.value, entry.who) for path, entry in entries(repo).items()}
    assert found == {
        "new.py": ("leak", "bo"),
        "src/0.py": ("false-positive", "bo"),
        "src/1.py": ("test", "bo"),
        "src/2.py": ("revoked", "bo"),
    }
    assert not [token for token in TOKENS if token in shown + told]
    assert "1 of 4\r\ncritical  GitHub personal access token (classic)" in shown
    assert "    2 | token = 'ghp_…" in shown
    assert "4 decisions in .leakguard-baseline.json" in told
    assert " ".join(told.split()).endswith("github-classic-pat 4 4 2 50%")


def test_secret_is_shown_only_when_it_is_asked_for(audit: Callable[..., Any]) -> None:
    terminal = audit()
    terminal.expect(MENU)
    assert TOKENS[3] not in terminal.before

    terminal.send("s")
    terminal.expect(MENU)

    assert f"one = '{TOKENS[3]}'" in terminal.before
    terminal.send("q")
    ended(terminal)


def test_audit_can_be_left_and_goes_on_with_what_is_left(
    repo: GitRepo, audit: Callable[..., Any]
) -> None:
    terminal = audit()
    terminal.expect(MENU)
    terminal.send("n")
    terminal.expect("note: ")
    terminal.sendline("of the parser")
    terminal.expect(MENU)
    terminal.send("t")
    terminal.expect(MENU)
    terminal.send("q")
    assert "3 findings left for the next `leakguard audit`" in ended(terminal)
    assert entries(repo)["new.py"].note == "of the parser"

    terminal = audit()
    terminal.expect(MENU)
    assert "1 of 3" in terminal.before
    terminal.send("k")
    terminal.expect(MENU)
    terminal.send("b")
    terminal.expect(MENU)
    assert "src/0.py" in terminal.before
    terminal.send("x")
    terminal.expect(MENU)
    terminal.send("a")
    terminal.expect(MENU)
    terminal.send("\x03")
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert (terminal.exitstatus, list(entries(repo))) == (130, list(entries(repo)))
    assert {path: one.reason.value for path, one in entries(repo).items()} == {
        "new.py": "test",
        "src/0.py": "accepted",
    }


def test_decision_counts_in_the_next_scan_and_can_be_changed(
    repo: GitRepo, audit: Callable[..., Any], run: Run
) -> None:
    terminal = audit()
    for key in "ffff":
        terminal.expect(MENU)
        terminal.send(key)
    ended(terminal)
    assert run("scan", cwd=repo.path).returncode == 0
    assert "nothing is left to decide" in ended(audit())

    terminal = audit("--all")
    terminal.expect(MENU)
    terminal.send("l")
    terminal.expect(MENU)
    terminal.send("q")
    ended(terminal)

    done = run("scan", cwd=repo.path)
    assert done.returncode == 1
    assert "Not silenced by baseline: known as a leak" in " ".join(done.stdout.split())


def test_what_lies_in_an_archive_has_no_lines(repo: GitRepo, audit: Callable[..., Any]) -> None:
    (repo.path / "new.py").unlink()
    with zipfile.ZipFile(repo.path / "a.zip", "w") as archive:
        archive.writestr("inner.py", f"one = '{TOKENS[3]}'\n")

    terminal = audit()
    terminal.expect(MENU)

    assert "a.zip!inner.py:1:8" in terminal.before
    assert "its lines cannot be shown: it is no plain file" in terminal.before


def test_audit_without_a_terminal_is_refused(complaint: Complaint) -> None:
    assert complaint("audit") == "an audit asks questions: run it in a terminal"
