"""Rules for some paths in a history: a blob counts where it was, whatever its first name."""

from pathlib import Path

import pytest

from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Report
from leakguard.pipe import run
from leakguard.ruleset import load_rules
from leakguard.sources.git.commits import Commits
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.repository import open_repository
from tests.gitrepo import GitRepo, make_repository

SECRET = "".join(("DB_PASSWORD=", "5hR7Ga", "rBz2x\n"))


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path / "repo")


@pytest.fixture(scope="module")
def env_files() -> Matcher:
    return load_matcher([rule for rule in load_rules() if rule.id == "env-file-value"])


def scanned(repo: GitRepo, matcher: Matcher) -> Report:
    return run([HistorySource(open_repository(str(repo.path)), Commits())], matcher)


@pytest.mark.parametrize("folder", ["", "deploy/", "a b/c/"])
def test_a_file_that_is_copied_to_such_a_path(
    repo: GitRepo, env_files: Matcher, folder: str
) -> None:
    repo.commit("before", {f"{folder}.env": "MODE=1\n", "notes": SECRET})
    copied = repo.commit("copied", {f"{folder}.env": SECRET})
    repo.commit("after", {f"{folder}.env": "MODE=2\n"})

    (finding,) = scanned(repo, env_files).findings

    assert (finding.path, finding.commit) == (f"{folder}.env", copied)


def test_a_file_that_the_head_has_at_such_a_path(repo: GitRepo, env_files: Matcher) -> None:
    repo.commit("before", {"notes": SECRET})
    copied = repo.commit("copied", {"deploy/.env": SECRET})

    (finding,) = scanned(repo, env_files).findings

    assert (finding.path, finding.commit) == ("deploy/.env", copied)


def test_a_file_that_only_lies_beside_such_a_path(repo: GitRepo, env_files: Matcher) -> None:
    repo.commit("before", {"deploy/.env": "MODE=1\n", "deploy/notes": SECRET})
    repo.commit("after", {"deploy/.env": "MODE=2\n"})

    assert not scanned(repo, env_files).findings


def test_without_any_such_path(repo: GitRepo, env_files: Matcher) -> None:
    repo.commit("only", {"notes": SECRET})

    assert not scanned(repo, env_files).findings
