"""detect-secrets' baselines, made by detect-secrets, as entries."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leakguard.baselines.detect_secrets import read_baseline
from leakguard.baselines.foreign import SHA1
from tests.helpers import github_token


def baseline_of(folder: Path, *arguments: str) -> Any:
    """What `detect-secrets scan` prints in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", *arguments],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_entries_are_by_file_and_sha1(tmp_path: Path) -> None:
    token = github_token(1)
    (tmp_path / "a.py").write_text(f"token = '{token}'\n")
    document = baseline_of(tmp_path, "--all-files")
    document["results"]["a.py"][0]["is_secret"] = False

    found = read_baseline(document)

    digest = hashlib.sha1(token.encode(), usedforsecurity=False).hexdigest()
    assert ("a.py", SHA1, digest, 1) in {(e.path, e.hash, e.digest, e.hint) for e in found.entries}
    assert [entry.is_false for entry in found.entries].count(True) == 1


@pytest.mark.parametrize("document", [{}, {"results": 1}, {"results": {"a": [{}]}}])
def test_what_is_no_baseline_is_an_error(document: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read_baseline(document)
