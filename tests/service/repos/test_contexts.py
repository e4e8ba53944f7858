"""Which blobs are read for the lines around what was found."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Confidence, Finding, Severity
from leakguard.sources.git.repository import open_repository
from leakguard_service.repos import contexts as reading
from leakguard_service.repos.contexts import contexts
from tests.gitrepo import GitRepo, make_repository
from tests.helpers import RULE

MATCHER: Final[Matcher] = load_matcher([RULE])

FINDING: Final = Finding(
    rule_id="test-token",
    name="Test token",
    kind="secret",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    path="a",
    line=1,
    end_line=1,
    column=1,
    end_column=2,
    preview="",
    fingerprint="",
)


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path / "repo")


def around(repo: GitRepo, *findings: Finding) -> list[str]:
    return contexts(open_repository(str(repo.path)).git, MATCHER, findings)


def test_each_finding_has_its_own_lines_in_the_order_of_the_findings(repo: GitRepo) -> None:
    one, two = repo.blob("one\n"), repo.blob("two\n" * 9)

    said = around(
        repo,
        replace(FINDING, blob=two, line=9, end_line=9),
        replace(FINDING, blob=one),
        replace(FINDING, blob=two),
    )

    assert said == ["7\ttwo\n8\ttwo\n9\ttwo", "1\tone", "1\ttwo\n2\ttwo\n3\ttwo"]


def test_what_is_no_file_or_not_there_has_no_lines(repo: GitRepo) -> None:
    blob = repo.blob("one\n")
    commit = repo.commit("message", {"a": "1"})

    said = around(
        repo,
        replace(FINDING, blob=blob, path="a.zip!b"),
        replace(FINDING, blob=commit, path="<commit message>"),
        replace(FINDING, blob=commit),
        replace(FINDING, blob="1" * 40),
        replace(FINDING, blob=None),
        replace(FINDING, blob=blob, kind="artifact"),
    )

    assert said == [""] * 6
    assert around(repo) == []


def test_large_blobs_and_too_many_findings_have_no_lines(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOB_BYTES", 10)
    monkeypatch.setattr(reading, "MOST", 2)
    small, large = repo.blob("one\n"), repo.blob("too large\n\n")

    said = around(repo, *(replace(FINDING, blob=blob) for blob in (large, small, small)))

    assert said == ["", "1\tone", ""]
