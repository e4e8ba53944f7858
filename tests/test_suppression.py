"""What silences a finding: our comment, those of detect-secrets, a baseline that it made."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leakguard.errors import ConfigError
from leakguard.suppression import inline_reason, load_baseline
from tests.helpers import Run, candidate, github_token

OURS = "comment leakguard:allow"
THEIRS = "comment pragma: allowlist secret"


@pytest.mark.parametrize(
    ("before", "after", "previous", "path", "reason"),
    [
        ("", "", "", "a.py", None),
        ("", "  # leakguard:allow", "", "a.py", OURS),
        ("/* leakguard:allow */ ", "", "", "a.js", OURS),
        ("", "", "# leakguard:allow", "a.py", None),
        ("", " # leakguard: allow", "", "a.py", None),
        ("", "'  # pragma: allowlist secret", "", "a.py", THEIRS),
        ("", "'  // pragma: allowlist secret", "", "a.js", THEIRS),
        ("", "  # pragma: whitelist secret", "", "a.yaml", THEIRS),
        ("", " <!-- pragma: allowlist secret -->", "", "a.html", THEIRS),
        ("", "", "# pragma: allowlist nextline secret", "a.py", THEIRS),
        ("", "", "// pragma: allowlist nextline secret", "a.go", THEIRS),
        ("", "", "# pragma: allowlist secret", "a.py", None),
        ("", " # pragma: no cover", "", "a.py", None),
    ],
)
def test_comments(before: str, after: str, previous: str, path: str, reason: str | None) -> None:
    item = replace(
        candidate(b"s" * 12),
        before=before.encode(),
        after=after.encode(),
        previous=previous.encode(),
    )

    assert inline_reason(item, path) == reason


def test_comment_inside_the_secret_does_not_silence_it() -> None:
    assert inline_reason(candidate(b"x leakguard:allow pragma: allowlist secret"), "a.py") is None


def detect_secrets(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_baseline_of_detect_secrets_silences_what_is_in_it(run: Run, tmp_path: Path) -> None:
    accepted, new = github_token(1), github_token(2)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(f"token = '{accepted}'\n")
    baseline = detect_secrets(tmp_path, "--all-files", "src")
    (tmp_path / ".secrets.baseline").write_text(baseline)
    (tmp_path / "src" / "a.py").write_text(f"x = 1\ntoken = '{accepted}'\nother = '{new}'\n")
    (tmp_path / "src" / "b.py").write_text(f"token = '{accepted}'\n")

    done = run("scan", "--baseline", ".secrets.baseline", "--format", "json", "src")

    report = json.loads(done.stdout)
    found = [(finding["path"], finding["line"]) for finding in report["findings"]]
    assert (done.returncode, done.stderr) == (1, "")
    assert found == [("src/a.py", 3), ("src/b.py", 1)]
    assert report["summary"]["suppressed"] == 1


def test_no_baseline_silences_nothing() -> None:
    assert load_baseline("").reason(candidate(b"s" * 12), "a.py") is None


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"1", b'{"results": 1}', b"\xff", b"null"])
def test_file_that_is_no_baseline_is_an_error(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "base"
    file.write_bytes(data)

    with pytest.raises(ConfigError) as caught:
        load_baseline(str(file))

    assert str(caught.value) == f"{file} is no .secrets.baseline of detect-secrets"


def test_baseline_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_baseline(str(tmp_path))
