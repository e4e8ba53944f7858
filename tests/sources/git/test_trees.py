"""Which paths lead to wanted blobs, by a listing of real objects."""

from pathlib import Path

from leakguard.sources.git.command import Git
from leakguard.sources.git.trees import Holders
from tests.gitrepo import GitRepo, make_repository


def listing(repo: GitRepo, *revisions: str) -> list[bytes]:
    options = ("--objects", "--in-commit-order", "--reverse", "--date-order")
    return repo.git("rev-list", *options, *revisions).encode(errors="surrogateescape").split(b"\n")


def test_each_path_has_the_line_of_its_first_commit(tmp_path: Path) -> None:
    repo = make_repository(tmp_path)
    repo.commit("before", {"other": "1"})
    first = repo.commit("first", {"a/x": "wanted"})
    second = repo.commit("second", {"b/c/x": "wanted", "y": "wanted"})
    repo.commit("after", {"b/z": "2"})
    lines, oid = listing(repo, "main"), repo.head("main:y")

    holders = Holders(Git(str(tmp_path)), lines, [oid])

    found = {path: lines[order].decode() for path, order in holders.paths()[oid].items()}
    assert found == {"a/x": first, "b/c/x": second, "y": second}
    assert set(holders.paths_in([first])[oid]) == {"a/x"}


def test_what_no_line_names_is_nowhere(tmp_path: Path) -> None:
    repo = make_repository(tmp_path)
    repo.commit("root", {"a": "1"})
    git, oid = Git(str(tmp_path)), repo.blob("2")

    assert Holders(git, listing(repo, "main"), [oid]).paths() == {}
    assert Holders(git, listing(repo, "main"), []).paths() == {}
    assert Holders(git, [], [oid]).paths() == {}


def test_a_corrupt_tree_ends_the_search_and_raises_nothing(tmp_path: Path) -> None:
    repo = make_repository(tmp_path)
    repo.commit("root", {"a/x": "1"})
    lines, tree, oid = listing(repo, "main"), repo.head("main:a"), repo.head("main:a/x")
    file = tmp_path / ".git/objects" / tree[:2] / tree[2:]
    file.chmod(0o644)
    file.write_bytes(b"rubbish")

    assert Holders(Git(str(tmp_path)), lines, [oid]).paths() == {}
