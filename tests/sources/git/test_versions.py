"""Whether a secret stood in a file before."""

import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from leakguard.sources.git.command import Git
from leakguard.sources.git.versions import OldBlobs, Versions, entries, replaced
from tests.gitrepo import GitRepo, make_repository

OLD, OTHER, NEW = "1" * 40, "2" * 40, "3" * 40


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path)


def versions(repo: GitRepo) -> Versions:
    return Versions(Git(str(repo.path)))


def test_the_version_before_a_change_is_asked(repo: GitRepo) -> None:
    repo.commit("1", {"a": "key", "b": "none"})
    commit = repo.commit("2", {"a": "key again", "b": "key"})

    asked = versions(repo)

    assert asked.had(commit, "a", b"key")
    assert not asked.had(commit, "b", b"key")
    assert not asked.had(commit, "new", b"key")


def test_a_removed_file_is_asked_for_every_path(repo: GitRepo) -> None:
    repo.commit("1", {"a": "key", "b": "none"})
    repo.git("rm", "--quiet", "a")
    commit = repo.commit("2", {"b": "key"})

    assert versions(repo).had(commit, "b", b"key")


def test_a_first_commit_has_nothing_before_it(repo: GitRepo) -> None:
    commit = repo.commit("1", {"a": "key"})

    assert not versions(repo).had(commit, "a", b"key")


def test_every_parent_of_a_merge_is_asked(repo: GitRepo) -> None:
    repo.commit("root", {"a": "none"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"a": "from the side"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", {"a": "from main"})
    repo.git("merge", "--quiet", "--strategy=ours", "--no-commit", "side")
    merge = repo.commit("merge", {"a": "from the side and from main and own"})

    asked = versions(repo)

    assert asked.had(merge, "a", b"from the side")
    assert asked.had(merge, "a", b"from main")
    assert not asked.had(merge, "a", b"own")


def test_a_commit_that_is_not_there_had_nothing(repo: GitRepo) -> None:
    assert not versions(repo).had(OLD, "a", b"key")


class Counted(Git):
    """Git that counts how often it is started."""

    started = 0

    def running(
        self, *args: str, stdin: bool = False
    ) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        self.started += 1
        return super().running(*args, stdin=stdin)


def test_many_old_blobs_are_read_by_few_gits(repo: GitRepo) -> None:
    oids = [repo.blob(f"old {number}") for number in range(45)]
    git = Counted(str(repo.path))
    old = OldBlobs(git)

    assert not old.any_holds(oids, b"absent")
    assert old.any_holds([*oids, "4" * 40], b"old 44")
    assert old.any_holds(oids[:5], b"old 4")
    assert old.any_holds(oids[:5], b"old 3")

    assert git.started == 7


def test_old_sides_are_told_by_path_and_removed_ones_apart() -> None:
    raw = (
        f":100644 100644 {OLD} {NEW} M\0a\0"
        f":100644 100644 {OTHER} {NEW} T\0a\0"
        f":100644 000000 {OTHER} {'0' * 40} D\0gone\0"
        f":000000 100644 {'0' * 40} {NEW} A\0line\nbreak\0"
    ).encode()

    assert replaced(raw) == ({"a": (OLD, OTHER)}, (OTHER,))
    assert [entry[3:] for entry in entries(raw)] == [
        ("M", "a"),
        ("T", "a"),
        ("D", "gone"),
        ("A", "line\nbreak"),
    ]


def test_nothing_changed_is_nothing_replaced() -> None:
    assert entries(b"") == []
    assert replaced(b"") == ({}, ())
