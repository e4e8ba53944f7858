"""Which commits have a blob at a path first, by differences and by trees alike."""

from pathlib import Path

import pytest

from leakguard.sources.git.command import Git
from leakguard.sources.git.copies import first_at, standing_at
from tests.gitrepo import GitRepo, make_repository
from tests.sources.git.test_trees import listing


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path)


def numbered(lines: list[bytes]) -> dict[bytes, int]:
    return {line.partition(b" ")[0]: number for number, line in enumerate(lines)}


def told(repo: GitRepo, *paths: str) -> dict[str, str]:
    """By path the commit that has the blob `wanted` there first."""
    lines, oid = listing(repo, "--all"), repo.blob("wanted")
    found = first_at(Git(str(repo.path)), lines, numbered(lines), {oid: paths})
    return {path: lines[order].decode() for path, order in found.get(oid, {}).items()}


def test_the_first_commit_with_a_path_is_told(repo: GitRepo) -> None:
    first = repo.commit("first", {"a/x": "wanted", "b/x": "other"})
    repo.commit("between", {"z": "1"})
    second = repo.commit("second", {"b/x": "wanted", "c/ö [x]": "wanted"})
    repo.commit("gone and back", {"a/x": "changed"})
    repo.commit("back", {"a/x": "wanted"})

    assert told(repo, "a/x", "b/x", "c/ö [x]") == {"a/x": first, "b/x": second, "c/ö [x]": second}


def test_a_folder_that_moves_as_a_whole_is_followed(repo: GitRepo) -> None:
    first = repo.commit("first", {"a/deep/x": "wanted"})
    repo.git("mv", "a", "b")
    moved = repo.commit("moved")

    assert told(repo, "a/deep/x", "b/deep/x") == {"a/deep/x": first, "b/deep/x": moved}


def test_what_came_in_on_a_branch_is_told_of_the_branch(repo: GitRepo) -> None:
    repo.commit("root", {"y": "wanted"})
    repo.git("checkout", "--quiet", "-b", "side")
    side = repo.commit("side", {"x": "wanted"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", {"z": "1"})
    repo.git("merge", "--quiet", "--no-edit", "side")

    assert told(repo, "x") == {"x": side}


def test_many_paths_are_told_as_few_are(repo: GitRepo) -> None:
    paths = [f"{number}/x" for number in range(30)]
    first = repo.commit("first", dict.fromkeys([*paths, "not asked for"], "wanted"))

    assert told(repo, *paths) == dict.fromkeys(paths, first)


def test_a_path_that_no_commit_has_is_left_out(repo: GitRepo) -> None:
    first = repo.commit("first", {"x": "wanted"})

    assert told(repo, "x", "y") == {"x": first}
    assert first_at(Git(str(repo.path)), [], {}, {repo.blob("wanted"): ["x"]}) == {}


def test_a_corrupt_folder_hides_no_other_path(repo: GitRepo) -> None:
    first = repo.commit("first", {"a/x": "wanted", "x": "wanted"})
    repo.commit("second", {"a/y": "1"})
    lines, tree = listing(repo, "--all"), repo.head("main:a")
    oid = repo.blob("wanted")
    file = repo.path / ".git/objects" / tree[:2] / tree[2:]
    file.chmod(0o644)
    file.write_bytes(b"rubbish")

    found = first_at(Git(str(repo.path)), lines, numbered(lines), {oid: ["a/x", "x"]})

    assert {path: lines[order].decode() for path, order in found[oid].items()} == {
        "a/x": first,
        "x": first,
    }


def standing(repo: GitRepo, *paths: str) -> set[str]:
    """Which of the paths a head has the blob `wanted` at."""
    heads, oid = listing(repo, "--no-walk", "--all"), repo.blob("wanted")
    commits = repo.git("rev-list", "--no-walk", "--all").split("\n")
    return set(standing_at(Git(str(repo.path)), heads, commits, {oid: paths}).get(oid, {}))


def test_what_one_head_has_stands_there(repo: GitRepo) -> None:
    repo.commit("root", {"a": "wanted", "gone": "wanted"})
    repo.git("rm", "--quiet", "gone")
    repo.commit("without")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"b/x": "wanted", "a": "changed"})

    assert standing(repo, "a", "b/x", "gone", "never") == {"a", "b/x"}


def test_a_path_with_a_line_break_stands_where_it_does(repo: GitRepo) -> None:
    repo.commit("root", {"a\nb": "wanted", "c": "wanted"})

    assert standing(repo, "a\nb", "c") == {"a\nb", "c"}
