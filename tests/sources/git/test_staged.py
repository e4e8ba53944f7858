"""The index: what a commit would add, and everything that is in it."""

import os
from pathlib import Path

import pytest

from leakguard.model import Report, Verdict
from leakguard.sources.git.repository import open_repository
from leakguard.sources.git.staged import IndexSource, StagedSource
from tests.gitrepo import GitRepo, make_repository
from tests.sources.conftest import Run, Scan
from tests.tokens import github_pat


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def staged(run_source: Run) -> Scan:
    """Scans what the next commit adds."""
    return lambda repo: run_source(StagedSource(open_repository(str(repo.path))))


@pytest.fixture
def index(run_source: Run) -> Scan:
    """Scans the whole index, or the paths given."""

    def scan_index(repo: GitRepo, *paths: str) -> Report:
        chosen = frozenset(paths) if paths else None
        return run_source(IndexSource(open_repository(str(repo.path)), chosen))

    return scan_index


def places(report: Report) -> list[tuple[str, int]]:
    return [(finding.path, finding.line) for finding in report.findings]


def conflict(repo: GitRepo) -> None:
    """A merge that stopped: `f` differs in both branches, `g` is only in the merged one."""
    repo.commit("root", {"f": "1\n"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"f": f"{github_pat(1)}\n", "g": f"{github_pat(2)}\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", {"f": "2\n"})
    repo.git("merge", "--quiet", "--no-commit", "--strategy-option=patience", "side", "--no-ff")


def test_a_first_commit_adds_everything_in_the_index(repo: GitRepo, staged: Scan) -> None:
    repo.stage({"a": github_pat(1), "b": f"\n{github_pat(2)}"})
    repo.write("c", github_pat(3))

    report = staged(repo)

    assert places(report) == [("a", 1), ("b", 2)]
    assert report.findings[0].blob == repo.head(":a")
    assert (report.findings[0].commit, report.findings[0].on_branch) == (None, None)


def test_only_what_the_commit_adds_is_reported(repo: GitRepo, staged: Scan) -> None:
    repo.commit("root", {"old": f"{github_pat(1)}\n", "same": github_pat(5)})
    repo.stage({"old": f"{github_pat(1)}\n{github_pat(2)}\n", "new": github_pat(3)})

    report = staged(repo)

    assert places(report) == [("new", 1), ("old", 2)]
    assert report.summary.blobs == 2


def test_the_index_counts_and_not_the_work_tree(repo: GitRepo, staged: Scan) -> None:
    repo.stage({"a": github_pat()})
    repo.write("a", "clean again")
    repo.stage({"b": "clean"})
    repo.write("b", github_pat(2))

    assert places(staged(repo)) == [("a", 1)]


def test_a_moved_secret_is_not_added_but_a_copied_one_is(repo: GitRepo, staged: Scan) -> None:
    repo.commit("root", {"old": github_pat(1), "kept": f"{github_pat(2)}\n"})
    repo.git("mv", "old", "new")
    repo.stage(
        {"kept": f"{github_pat(2)}\nmore\n", "copy": github_pat(2), "new": github_pat(1) + "."}
    )

    assert places(staged(repo)) == [("copy", 1)]


def test_a_type_change_from_link_to_file_is_staged_content(repo: GitRepo, staged: Scan) -> None:
    os.symlink("target", repo.path / "thing")
    repo.git("add", "thing")
    repo.commit("link")
    os.unlink(repo.path / "thing")
    repo.stage({"thing": github_pat()})

    assert places(staged(repo)) == [("thing", 1)]


def test_a_merge_reports_only_what_no_parent_has(repo: GitRepo, staged: Scan) -> None:
    with pytest.raises(Exception, match="merge"):
        conflict(repo)
    repo.stage({"f": f"{github_pat(1)}\n{github_pat(3)}\n"})

    assert places(staged(repo)) == [("f", 2)]


def test_a_path_in_conflict_is_a_skip_until_it_is_resolved(repo: GitRepo, staged: Scan) -> None:
    with pytest.raises(Exception, match="merge"):
        conflict(repo)

    report = staged(repo)

    assert report.verdict is Verdict.INCOMPLETE
    assert [(s.path, s.reason) for s in report.skips] == [
        ("f", "in conflict: no version of it is staged yet")
    ]


def test_all_stages_of_a_conflict_are_in_the_index(repo: GitRepo, index: Scan) -> None:
    with pytest.raises(Exception, match="merge"):
        conflict(repo)

    report = index(repo)

    assert places(report) == [("f", 1), ("g", 1)]
    assert report.summary.blobs == 4


def test_a_linked_work_tree_has_a_merge_of_its_own(
    repo: GitRepo, staged: Scan, tmp_path: Path
) -> None:
    repo.commit("root", {"f": "1\n"})
    repo.git("branch", "side")
    repo.git("worktree", "add", "--quiet", tmp_path / "linked", "side")
    linked = GitRepo(tmp_path / "linked", repo.seconds)
    linked.commit("side", {"g": "2\n"})
    repo.commit("main", {"h": github_pat(1)})
    linked.git("merge", "--quiet", "--no-commit", "--no-ff", "main")
    linked.stage({"g": github_pat(2)})

    assert places(staged(linked)) == [("g", 1)]
    assert staged(repo).verdict is Verdict.CLEAN


def test_submodules_are_no_blobs_and_are_noted(repo: GitRepo, staged: Scan, index: Scan) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib/sub")
    repo.stage({"f": "1"})

    assert staged(repo).verdict is Verdict.CLEAN
    report = index(repo)
    assert report.verdict is Verdict.CLEAN
    assert report.notes == ("the submodule lib/sub is a repository of its own and was not scanned",)


def test_a_staged_blob_that_is_missing_is_a_skip_with_its_path(
    repo: GitRepo, staged: Scan, index: Scan
) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{'1' * 40},gone/file")

    for report in (staged(repo), index(repo)):
        assert report.verdict is Verdict.INCOMPLETE
        assert [(skip.path, skip.reason) for skip in report.skips] == [
            ("gone/file", "the object is missing")
        ]


def test_a_file_whose_adding_is_only_intended_is_no_skip(
    repo: GitRepo, staged: Scan, index: Scan
) -> None:
    repo.commit("root", {"f": "1"})
    repo.write("later", github_pat())
    repo.git("add", "--intent-to-add", "later")

    assert staged(repo).verdict is Verdict.CLEAN
    assert index(repo).verdict is Verdict.CLEAN


def test_the_index_can_be_limited_to_paths(repo: GitRepo, index: Scan) -> None:
    repo.stage({"a": github_pat(1), "dir/b": github_pat(2), "c": github_pat(3)})

    assert places(index(repo, "dir/b", "c", "unknown")) == [("c", 1), ("dir/b", 1)]


def test_one_blob_at_two_paths_is_told_at_both(repo: GitRepo, staged: Scan, index: Scan) -> None:
    repo.stage({"a": github_pat(), "b": github_pat()})

    assert places(staged(repo)) == places(index(repo)) == [("a", 1), ("b", 1)]


def test_touched_are_all_paths_that_the_commit_changes(repo: GitRepo) -> None:
    repo.commit("root", {"gone": "1", "kept": "2", "changed": "3"})
    repo.git("rm", "--quiet", "gone")
    repo.stage({"changed": "4", "new": "5"})

    source = StagedSource(open_repository(str(repo.path)))

    assert source.touched == {"gone", "changed", "new"}
    assert source.changed.keys() == {"changed", "new"}
    assert source.notes() == []


def test_a_scan_of_a_repository_reads_what_only_the_index_has(repo: GitRepo, scan: Scan) -> None:
    repo.commit("root", {"f": "1"})
    repo.stage({"staged": github_pat()})
    os.unlink(repo.path / "staged")

    report = scan(repo.path)

    assert places(report) == [("staged", 1)]
    assert report.summary.blobs == 3  # what only the index has is read for it once more


def test_a_committed_blob_that_is_staged_at_another_path_is_looked_at_there(
    repo: GitRepo, scan: Scan
) -> None:
    repo.commit("root", {"old": github_pat()})
    repo.stage({"new": github_pat()})

    report = scan(repo.path)

    assert places(report) == [("new", 1), ("old", 1)]
