"""The work tree: what differs from the index, or is not in it."""

import os
from pathlib import Path

import pytest

from leakguard.errors import SourceError
from leakguard.model import Report, Verdict
from leakguard.sources.git.repository import open_repository
from leakguard.sources.git.worktree import WorktreeSource
from tests.gitrepo import GitRepo, make_repository
from tests.sources.conftest import Run, Scan
from tests.tokens import github_pat


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = make_repository(tmp_path / "repo")
    repo.commit("root", {"sub/tracked": "1\n", "other": "2\n", ".gitignore": "*.log\nbuild/\n"})
    return repo


@pytest.fixture
def worktree(run_source: Run) -> Scan:
    return lambda repo: run_source(WorktreeSource(open_repository(str(repo.path))))


def paths(report: Report) -> list[str]:
    return [finding.path for finding in report.findings]


def test_changed_and_untracked_files_are_read_and_nothing_else(
    repo: GitRepo, worktree: Scan
) -> None:
    repo.write("sub/tracked", f"1\n{github_pat(1)}\n")
    repo.write("new/file", github_pat(2))

    report = worktree(repo)

    assert paths(report) == ["new/file", "sub/tracked"]
    assert report.summary.blobs == 2
    assert {finding.blob for finding in report.findings} == {None}


def test_ignored_files_are_not_read(repo: GitRepo, worktree: Scan) -> None:
    repo.write("x.log", github_pat(1))
    repo.write("build/out", github_pat(2))
    repo.write(".git/info/exclude", "secret\n")
    repo.write("secret", github_pat(3))

    assert worktree(repo).summary.blobs == 0


def test_deleted_files_are_no_skips(repo: GitRepo, worktree: Scan) -> None:
    os.unlink(repo.path / "other")

    assert worktree(repo).verdict is Verdict.CLEAN


def test_a_file_in_place_of_a_folder_and_a_folder_in_place_of_a_file(
    repo: GitRepo, worktree: Scan
) -> None:
    os.unlink(repo.path / "sub/tracked")
    os.rmdir(repo.path / "sub")
    repo.write("sub", github_pat(1))
    os.unlink(repo.path / "other")
    repo.write("other/inner", github_pat(2))

    assert paths(worktree(repo)) == ["other/inner", "sub"]


def test_links_are_read_as_links(repo: GitRepo, worktree: Scan, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(github_pat(1))
    os.symlink(tmp_path / "outside", repo.path / "link")
    os.symlink(github_pat(2), repo.path / "token")
    os.symlink("loop", repo.path / "loop")

    report = worktree(repo)

    assert paths(report) == ["token"]
    assert not report.skips


def test_a_link_in_place_of_a_tracked_folder_leads_nowhere(
    repo: GitRepo, worktree: Scan, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/tracked").write_text(github_pat())
    os.unlink(repo.path / "sub/tracked")
    os.rmdir(repo.path / "sub")
    os.symlink(tmp_path / "outside", repo.path / "sub")

    assert worktree(repo).verdict is Verdict.CLEAN


def test_a_repository_in_the_work_tree_is_noted(repo: GitRepo, worktree: Scan) -> None:
    make_repository(repo.path / "nested/inner").commit("root", {"leak": github_pat()})

    report = worktree(repo)

    assert report.verdict is Verdict.CLEAN
    assert report.notes == (
        "nested/inner is a git repository of its own and was not scanned: give its path to scan it",
    )


def test_a_linked_work_tree_has_files_of_its_own(
    repo: GitRepo, worktree: Scan, tmp_path: Path
) -> None:
    repo.write("only/in/main", github_pat(1))
    repo.git("worktree", "add", "--quiet", "--detach", tmp_path / "linked")
    (tmp_path / "linked/here").write_text(github_pat(2))

    assert paths(worktree(GitRepo(tmp_path / "linked"))) == ["here"]


def test_a_folder_that_git_cannot_open_is_a_skip(
    repo: GitRepo, worktree: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = "warning: could not open directory 'locked/': Permission denied"
    _wrap_git(tmp_path, f'echo "{warning}" >&2', monkeypatch)

    report = worktree(repo)

    assert report.verdict is Verdict.INCOMPLETE
    assert {skip.reason for skip in report.skips} == {warning.removeprefix("warning: ")}


def test_an_index_that_git_cannot_read_is_a_source_error(repo: GitRepo, worktree: Scan) -> None:
    repo.write(".git/index", b"rubbish" * 20)

    with pytest.raises(SourceError, match=r"the files of .* cannot be listed: "):
        worktree(repo)


def _wrap_git(folder: Path, before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a `git` first on PATH that does something before it starts the real one."""
    path = os.environ["PATH"]
    program = folder / "bin/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{before}\nPATH="{path}" exec git "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{path}")
