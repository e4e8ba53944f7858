"""The names that a file had before: renames count, copies do not."""

from pathlib import Path

import pytest

from leakguard.model import Place
from leakguard.sources.git.command import Git
from leakguard.sources.git.renames import FileRenames, Renames
from tests.gitrepo import GitRepo, make_repository

TEXT = "".join(f"line {number}\n" for number in range(30))


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = make_repository(tmp_path / "repo")
    made.commit("first", {"a.py": TEXT, "other.py": "x\n"})
    return made


def former(repo: GitRepo, path: str, commit: str | None = None) -> list[str]:
    return list(Renames(Git(str(repo.path))).former(Place(path, commit=commit)))


def moved(repo: GitRepo, old: str, new: str, text: str = "") -> str:
    (repo.path / new).parent.mkdir(parents=True, exist_ok=True)
    repo.git("mv", "--", old, new)
    return repo.commit("moved", {new: text} if text else None)


def test_all_names_the_last_one_first(repo: GitRepo) -> None:
    moved(repo, "a.py", "src/b.py")
    repo.commit("between", {"src/b.py": TEXT + "more\n"})
    moved(repo, "src/b.py", "src/c.py", "# new\n" + TEXT)

    assert former(repo, "src/c.py") == ["src/b.py", "a.py"]
    assert former(repo, "other.py") == []
    assert former(repo, "none.py") == []


def test_commit_says_from_where_to_look_back(repo: GitRepo) -> None:
    first = moved(repo, "a.py", "b.py")
    moved(repo, "b.py", "c.py")

    assert former(repo, "b.py", first) == ["a.py"]
    assert former(repo, "c.py", first) == []


def test_what_is_staged_counts_for_what_is_in_no_commit(repo: GitRepo) -> None:
    last = moved(repo, "a.py", "b.py")
    repo.git("mv", "b.py", "c.py")

    assert former(repo, "c.py") == ["b.py", "a.py"]
    assert former(repo, "c.py", last) == []


def test_copy_was_nowhere_before(repo: GitRepo) -> None:
    repo.commit("copied", {"b.py": TEXT})

    assert former(repo, "b.py") == []


def test_there_and_back_ends(repo: GitRepo) -> None:
    moved(repo, "a.py", "b.py")
    moved(repo, "b.py", "a.py")

    assert former(repo, "a.py") == ["b.py", "a.py"]


def test_what_lies_in_an_archive_goes_with_it(repo: GitRepo) -> None:
    repo.commit("archive", {"old.zip": bytes(range(256)) * 9})
    moved(repo, "old.zip", "new.zip")

    assert former(repo, "new.zip!in/a.py") == ["old.zip!in/a.py"]


def test_names_that_git_could_take_for_something_else(repo: GitRepo) -> None:
    moved(repo, "a.py", "-x*\n b.py")

    assert former(repo, "-x*\n b.py") == ["a.py"]
    assert former(repo, "<commit message>", repo.head()) == []


def test_repository_without_commits_has_no_renames(tmp_path: Path) -> None:
    empty = make_repository(tmp_path / "empty")
    empty.stage({"a.py": TEXT})

    assert former(empty, "a.py") == []


def test_files_are_looked_up_in_the_repository_they_lie_in(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(repo, "a.py", "src/b.py")
    repo.git("mv", "src/b.py", "src/c.py")

    monkeypatch.chdir(repo.path / "src")
    assert FileRenames("").former(Place("c.py")) == ["b.py", "../a.py"]
    monkeypatch.chdir(repo.path.parent)
    assert FileRenames("").former(Place("repo/src/c.py")) == ["repo/src/b.py", "repo/a.py"]
    assert FileRenames("repo").former(Place("src/c.py!x")) == ["src/b.py!x", "a.py!x"]
    found = FileRenames("").former(Place(str(repo.path / "src" / "c.py")))
    assert found == ["repo/src/b.py", "repo/a.py"]


def test_files_outside_of_repositories_were_nowhere_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    there = FileRenames(str(tmp_path))

    assert there.former(Place("a.py")) == ()
    assert there.former(Place("no/such/folder/a.py")) == ()
    monkeypatch.setenv("PATH", "")
    assert FileRenames(str(tmp_path)).former(Place("a.py")) == ()
