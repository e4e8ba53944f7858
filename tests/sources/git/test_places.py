"""One blob at several paths: each is a place, with the first commit that has the blob there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from leakguard.matcher import Matcher
from leakguard.model import Finding, Report
from leakguard.pipe import run
from leakguard.policy import Policy
from leakguard.sources.git.commits import Commits
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.repository import open_repository
from tests.evidence import assert_true_to_git
from tests.gitrepo import GitRepo, make_repository
from tests.tokens import github_pat

Look = Callable[..., Report]


@pytest.fixture(params=["sha1", "sha256"])
def repo(tmp_path: Path, request: pytest.FixtureRequest) -> GitRepo:
    return make_repository(tmp_path / "repo", f"--object-format={request.param}")


@pytest.fixture
def look(repo: GitRepo, matcher: Matcher) -> Look:
    """Scans the history without what lies in `tests/`, and holds the report to git."""

    def scan(**chosen: str) -> Report:
        source = HistorySource(open_repository(str(repo.path)), Commits(**chosen))  # type: ignore[arg-type]
        report = run([source], matcher, Policy(excludes=("tests/",)))
        assert_true_to_git(repo.path, report)
        return report

    return scan


def told(report: Report) -> list[tuple[str, str | None]]:
    return [(finding.path, finding.commit) for finding in report.findings]


def named(report: Report) -> dict[str, Finding]:
    return {finding.path: finding for finding in report.findings}


def test_an_excluded_path_does_not_hide_another(repo: GitRepo, look: Look) -> None:
    repo.commit("excluded", {"tests/x": github_pat()})
    second = repo.commit("not excluded", {"src/x": github_pat()})
    repo.commit("changed", {"src/y": "more"})

    report = look()

    assert told(report) == [("src/x", second)]
    assert [(item.finding.path, item.reason) for item in report.suppressed] == [
        ("tests/x", "excluded path")
    ]


def test_a_path_that_is_gone_again_counts(repo: GitRepo, look: Look) -> None:
    repo.commit("excluded", {"tests/x": github_pat()})
    second = repo.commit("not excluded", {"src/x": github_pat()})
    repo.git("rm", "--quiet", "src/x")
    repo.commit("gone")

    report = look()

    assert told(report) == [("src/x", second)]
    assert report.findings[0].on_branch is False
    assert report.suppressed[0].finding.on_branch is True


def test_copies_in_one_commit_are_all_told(repo: GitRepo, look: Look) -> None:
    commit = repo.commit("copies", {"a.txt": github_pat(), "c.txt": github_pat()})

    assert told(look()) == [("a.txt", commit), ("c.txt", commit)]


def test_equal_folders_in_one_commit_are_all_told(repo: GitRepo, look: Look) -> None:
    names = ("tests/in/x", "a/in/x", "z/y/in/x", "z/in/x", "in/x")
    commit = repo.commit("copies", dict.fromkeys(names, github_pat()))

    assert told(look()) == [(name, commit) for name in ("a/in/x", "in/x", "z/in/x", "z/y/in/x")]


def test_a_folder_that_moves_is_told_where_it_comes_to(repo: GitRepo, look: Look) -> None:
    repo.commit("excluded", {"tests/deep/er/x": github_pat(), "other": "1"})
    repo.commit("other", {"other": "2"})
    repo.git("mv", "tests", "src")
    moved = repo.commit("moved")
    repo.commit("grown", {"src/deep/more": "x"})

    assert told(look()) == [("src/deep/er/x", moved)]


def test_a_project_that_becomes_a_folder_of_another_is_told_twice(
    repo: GitRepo, look: Look
) -> None:
    first = repo.commit("root", {"x": github_pat()})
    tree = repo.head("HEAD^{tree}")
    repo.git("rm", "--quiet", "x")
    repo.git("read-tree", "--prefix=lib/", tree)
    second = repo.commit("below")

    assert told(look()) == [("lib/x", second), ("x", first)]


def test_a_folder_that_becomes_the_root_is_told_twice(repo: GitRepo, look: Look) -> None:
    repo.commit("root", {"tests/x": github_pat()})
    repo.git("read-tree", repo.head("HEAD:tests"))
    second = repo.commit("above")

    assert told(look()) == [("x", second)]


@pytest.mark.parametrize("name", [b"a b/c d", b" x", b"l\xe9/\xff", b"line\nbreak/x", b"40000 x"])
def test_paths_of_any_bytes_are_told(repo: GitRepo, look: Look, name: bytes) -> None:
    repo.commit("excluded", {"tests/x": github_pat()})
    path = os.fsdecode(name)
    repo.write(path, github_pat())
    repo.git("add", "--all")
    second = repo.commit("not excluded")

    assert told(look()) == [(path, second)]


def test_the_older_of_two_branches_has_it_first(repo: GitRepo, look: Look) -> None:
    root = repo.commit("excluded", {"tests/x": github_pat()})
    repo.git("checkout", "--quiet", "-b", "side")
    older = repo.commit("older", {"x": github_pat()})
    repo.git("checkout", "--quiet", "-B", "main", root)
    repo.commit("younger", {"x": github_pat(), "y": "1"})

    assert told(look()) == [("x", older)]


def test_a_range_tells_all_paths_that_it_brings(repo: GitRepo, look: Look) -> None:
    repo.commit("before", {"readme": "1"})
    repo.commit("excluded", {"tests/x": github_pat()})
    second = repo.commit("not excluded", {"src/x": github_pat()})

    assert told(look(range="main~2..main")) == [("src/x", second)]


def test_a_tree_and_a_blob_that_only_tags_name_belong_to_no_commit(
    repo: GitRepo, look: Look
) -> None:
    repo.commit("root", {"a": "b"})
    blob = repo.blob(github_pat())
    repo.git("tag", "tree", repo.git("mktree", feed=f"100644 blob {blob}\tinner\n".encode()))
    repo.git("tag", "blob", blob)

    assert [finding.commit for finding in look().findings] == [None]


def test_more_paths_than_can_be_told_end_the_search(
    repo: GitRepo, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leakguard.sources.git.trees._PATHS_AT_MOST", 20)
    entry = f"100644 blob {repo.blob(github_pat())}\tx\n"
    for _ in range(12):
        tree = repo.git("mktree", feed=entry.encode())
        entry = "".join(f"040000 tree {tree}\t{number}\n" for number in range(10))
    repo.git("update-ref", "refs/heads/main", repo.git("commit-tree", "-m", "bomb", tree))
    repo.git("read-tree", "--empty")

    assert 1 <= len(look().findings) <= 20
