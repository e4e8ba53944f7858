"""What silences a finding: our comment, those of detect-secrets, a baseline that either made."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leakguard.errors import ConfigError
from leakguard.fingerprint import fingerprint
from leakguard.suppression import inline_reason, load_baseline
from tests.artifacts.make_android import make_apk
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


def ours(file: Path, *entries: tuple[str, str, str | None]) -> str:
    """A baseline of leakguard's own: fingerprint, path, end."""
    accepted = {
        mark: {"rule": "any", "path": path, "reason": "used_in_tests", "until": until}
        for mark, path, until in entries
    }
    document = {"version": 1, "generator": "leakguard 1", "fingerprints": accepted}
    file.write_text(json.dumps(document))
    return str(file)


def test_own_baseline_silences_the_secret_at_its_path_only(tmp_path: Path) -> None:
    item = candidate(b"s" * 40)
    mark = fingerprint(item.rule.family or item.rule.id, item.secret, "a.py")
    baseline = load_baseline(ours(tmp_path / "base", (mark, "a.py", None)))

    assert baseline.reason(item, "a.py") == "baseline: used_in_tests"
    assert baseline.reason(item, "b.py") is None
    assert baseline.reason(candidate(b"t" * 40), "a.py") is None


@pytest.mark.parametrize(("days", "silent"), [(1, True), (-1, False)])
def test_own_baseline_counts_until_its_end(tmp_path: Path, days: int, silent: bool) -> None:
    item = candidate(b"s" * 40)
    mark = fingerprint(item.rule.family or item.rule.id, item.secret, "a.py")
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    baseline = load_baseline(ours(tmp_path / "base", (mark, "a.py", until)))

    assert (baseline.reason(item, "a.py") is not None) is silent


def test_own_baseline_knows_paths_that_are_no_utf8(tmp_path: Path) -> None:
    item, path = candidate(b"s" * 40), "caf\udce9.py"
    mark = fingerprint(item.rule.family or item.rule.id, item.secret, path)
    baseline = load_baseline(ours(tmp_path / "base", (mark, "caf\\udce9.py", None)))

    assert baseline.reason(item, path) == "baseline: used_in_tests"


def test_own_baseline_silences_a_scan(run: Run, tmp_path: Path) -> None:
    accepted, new = github_token(1), github_token(2)
    (tmp_path / "a.py").write_text(f"one = '{accepted}'\ntwo = '{new}'\n")
    before = json.loads(run("scan", "--format", "json", "a.py").stdout)
    mark = next(item["fingerprint"] for item in before["findings"] if item["line"] == 1)
    base = ours(tmp_path / "base", (mark, "a.py", None))

    done = run("scan", "--baseline", base, "--format", "json", "a.py")

    report = json.loads(done.stdout)
    assert [item["line"] for item in report["findings"]] == [2]
    assert report["summary"]["suppressed"] == 1


@pytest.mark.parametrize(
    "document",
    [
        {"version": 2, "fingerprints": {}},
        {"fingerprints": {}},
        {"version": 1, "fingerprints": []},
        {"version": 1, "fingerprints": {"a": {}}},
        {"version": 1, "fingerprints": {"a": {"path": "a", "reason": "", "until": "soon"}}},
        {"version": 1, "fingerprints": {"a": {"path": "a", "reason": "", "until": "2099-01-01"}}},
    ],
)
def test_own_baseline_that_is_wrong_is_an_error(tmp_path: Path, document: dict[str, Any]) -> None:
    file = tmp_path / "base"
    file.write_text(json.dumps(document))

    with pytest.raises(ConfigError) as caught:
        load_baseline(str(file))

    assert str(caught.value) == f"{file} is no baseline of leakguard"


def test_own_baseline_silences_an_app_build(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.apk").write_bytes(make_apk("com.acme.app", "5.0.0", 500))
    (tmp_path / ".leakguard.toml").write_text(
        '[artifacts]\nidentifiers = ["com.acme."]\nreleased = { "*" = "4.2.0" }\n'
    )
    before = json.loads(run("scan", "--format", "json", "app.apk").stdout)
    (found,) = before["findings"]
    base = ours(tmp_path / "base", (found["fingerprint"], "app.apk", None))

    done = run("scan", "--baseline", base, "--format", "json", "app.apk")

    report = json.loads(done.stdout)
    assert (done.returncode, report["findings"]) == (0, [])
    assert report["summary"]["suppressed"] == 1
