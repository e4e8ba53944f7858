"""From what a user names to what is scanned."""

import io
import os
import sys
from pathlib import Path

import pytest

from leakguard.errors import SourceError, UsageError
from leakguard.model import Report
from leakguard.sources.files import FilesSource, StreamSource
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.staged import IndexSource, StagedSource
from leakguard.sources.git.worktree import WorktreeSource
from leakguard.sources.select import Selection, pick_source
from tests.gitrepo import GitRepo, make_repository
from tests.sources.conftest import Scan
from tests.tokens import github_pat


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """A secret in history, index, work tree, and an ignored file."""
    repo = make_repository(tmp_path / "repo")
    repo.commit("root", {"history": github_pat(1), ".gitignore": "ignored\n"})
    repo.stage({"index": github_pat(2)})
    repo.write("sub/untracked", github_pat(3))
    repo.write("ignored", github_pat(4))
    return repo


def kinds(**chosen: object) -> list[type]:
    return [type(source) for source in pick_source(Selection(**chosen))]  # type: ignore[arg-type]


def paths(report: Report) -> list[str]:
    return [finding.path for finding in report.findings]


def test_a_repository_is_scanned_with_history_index_and_work_tree(
    repo: GitRepo, scan: Scan
) -> None:
    assert kinds(paths=(str(repo.path),)) == [HistorySource, IndexSource, WorktreeSource]
    assert paths(scan(repo.path)) == ["history", "index", "sub/untracked"]


def test_the_working_folder_is_the_default(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)

    assert kinds() == [HistorySource, IndexSource, WorktreeSource]


def test_no_git_reads_files_and_the_ignored_ones_too(repo: GitRepo, scan: Scan) -> None:
    report = scan(repo.path, no_git=True)

    names = ["history", "ignored", "index", "sub/untracked"]
    assert paths(report) == [f"{repo.path}/{name}" for name in names]


def test_a_folder_inside_of_a_repository_is_only_files(repo: GitRepo, scan: Scan) -> None:
    assert kinds(paths=(str(repo.path / "sub"),)) == [FilesSource]
    assert paths(scan(repo.path / "sub")) == [f"{repo.path}/sub/untracked"]


def test_options_for_git_find_the_repository_around_a_folder(repo: GitRepo, scan: Scan) -> None:
    assert paths(scan(repo.path / "sub", staged=True)) == ["index"]
    assert paths(scan(repo.path / "sub", branch="main")) == ["history"]


def test_a_bare_repository_and_a_git_folder_have_only_history(
    repo: GitRepo, tmp_path: Path
) -> None:
    repo.git("clone", "--quiet", "--bare", repo.path, tmp_path / "bare.git")

    assert kinds(paths=(str(tmp_path / "bare.git"),)) == [HistorySource]
    assert kinds(paths=(str(repo.path / ".git"),)) == [HistorySource]


@pytest.mark.parametrize(
    "chosen", [{"since": "2020-01-01"}, {"branch": "main"}, {"range": "main..HEAD"}]
)
def test_a_choice_of_commits_leaves_index_and_work_tree_out(
    repo: GitRepo, chosen: dict[str, str]
) -> None:
    assert kinds(paths=(str(repo.path),), **chosen) == [HistorySource]


def test_staged_is_one_source(repo: GitRepo) -> None:
    assert kinds(paths=(str(repo.path),), staged=True) == [StagedSource]


def test_several_paths_are_scanned_together(repo: GitRepo, scan: Scan, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(github_pat(8))
    (tmp_path / "b").write_text(github_pat(9))

    report = scan(tmp_path / "a", repo.path, tmp_path / "b")

    assert len(report.findings) == 5


@pytest.mark.usefixtures("repo")
def test_a_named_link_is_followed(scan: Scan, tmp_path: Path) -> None:
    os.symlink("repo", tmp_path / "to-repo")
    os.symlink("repo/sub", tmp_path / "to-folder")
    os.symlink("repo/sub/untracked", tmp_path / "to-file")

    assert len(scan(tmp_path / "to-repo").findings) == 3
    assert paths(scan(tmp_path / "to-folder")) == [f"{tmp_path}/to-folder/untracked"]
    assert paths(scan(tmp_path / "to-file")) == [f"{tmp_path}/to-file"]


def test_standard_input_is_a_stream(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(github_pat().encode())))

    assert kinds(paths=("-",)) == [StreamSource]
    assert paths(scan("-")) == ["<stdin>"]


def test_listed_files_are_read_as_they_are_named(scan: Scan, tmp_path: Path) -> None:
    names = [os.fsencode(tmp_path / name) for name in ("a b", "line\nbreak", "gone")]
    for number, name in enumerate(names[:2]):
        Path(os.fsdecode(name)).write_text(github_pat(number))

    report = scan(files_from=io.BytesIO(b"\0".join((*names, b"", b""))))

    assert paths(report) == [os.fsdecode(name) for name in names[:2]]
    assert [(s.path, s.reason) for s in report.skips] == [
        (os.fsdecode(names[2]), "cannot be read: No such file or directory")
    ]


def test_a_listed_repository_is_only_its_files(repo: GitRepo) -> None:
    assert kinds(files_from=io.BytesIO(os.fsencode(repo.path))) == [FilesSource]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"paths": ("nowhere",)}, "nowhere: there is no such file or folder"),
        ({"paths": ("nowhere",), "staged": True}, "nowhere: there is no such folder"),
        ({"no_git": True, "staged": True}, "do not go with --no-git or --files-from"),
        ({"files_from": io.BytesIO(), "unreachable": True}, "do not go with --no-git"),
        ({"staged": True, "range": "a..b"}, "--staged does not go with another choice"),
        ({"staged": True, "unreachable": True}, "--staged does not go with another choice"),
        ({"unreachable": True, "range": "a..b"}, "--unreachable does not go with --range"),
        ({"unreachable": True, "branch": "a"}, "--unreachable does not go with --branch"),
        ({"unreachable": True, "since": "a"}, "--unreachable does not go with --since"),
        ({"range": "a..b", "branch": "a"}, "--range does not go with --branch"),
        ({"paths": ("-",), "staged": True}, "standard input is no git repository"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(
    chosen: dict[str, object], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=message):
        kinds(**chosen)


def test_an_option_for_git_needs_a_repository(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be scanned as a git repository"):
        kinds(paths=(str(tmp_path),), staged=True)


def test_a_broken_repository_is_not_taken_for_the_one_around_it(repo: GitRepo) -> None:
    (repo.path / "broken/.git").mkdir(parents=True)

    with pytest.raises(SourceError, match=r"broken is no sound git repository: git takes .*/repo "):
        kinds(paths=(str(repo.path / "broken"),))


def test_a_repository_that_names_a_work_tree_elsewhere_does_not_lead_there(
    repo: GitRepo, tmp_path: Path
) -> None:
    (tmp_path / "private").mkdir()
    repo.git("config", "core.worktree", tmp_path / "private")

    with pytest.raises(SourceError, match="is no sound git repository: git takes .*/private"):
        kinds(paths=(str(repo.path),))
