"""Which repositories are read out of their packs, and what is left to git."""

import os
from pathlib import Path

import pytest

from leakguard import limits
from leakguard.model import Piece, Window
from leakguard.sources import Tally
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.packed import Packed, open_packs
from leakguard.sources.git.repository import open_repository
from tests.gitrepo import GitRepo, make_repository
from tests.sources.conftest import Run
from tests.tokens import github_pat, slack_bot


@pytest.fixture(autouse=True)
def every_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PACKED_OBJECTS", 1)


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = make_repository(tmp_path / "repo")
    repo.commit("first words", {"a.txt": "one\n", "deep/b.txt": "two\n"})
    repo.git("tag", "--annotate", "--message", "tag words", "v1")
    repo.git("repack", "-adq")
    return repo


def packs_of(repo: GitRepo) -> Packed | None:
    return open_packs(open_repository(str(repo.path)).git)


def contents(windows: list[Window]) -> dict[str, bytes]:
    """By key what the pieces hold."""
    return {
        piece.key: bytes(window.data[piece.start : piece.end])
        for window in windows
        for piece in window.pieces
    }


def read(repo: GitRepo, tally: Tally | None = None) -> dict[str, bytes]:
    packed = packs_of(repo)
    assert packed is not None
    return contents(list(packed.windows(tally or Tally(), range(limits.PACKED_PARTS))))


def test_blobs_and_messages_come_in_windows_and_are_counted(repo: GitRepo) -> None:
    tally = Tally()

    found = read(repo, tally)

    assert found == {
        f"blob {repo.head('HEAD:a.txt')} ": b"one\n",
        f"blob {repo.head('HEAD:deep/b.txt')} ": b"two\n",
        f"commit {repo.head()} ": b"first words\n",
        f"tag {repo.head('v1')} ": b"tag words\n",
    }
    assert tally == Tally(blobs=2, bytes=8, commits=1)


def test_each_piece_is_followed_by_a_line_break(repo: GitRepo) -> None:
    packed = packs_of(repo)
    assert packed is not None
    (window,) = packed.windows(Tally(), range(limits.PACKED_PARTS))

    assert len(window.data) == window.length
    for piece in window.pieces:
        assert window.data[piece.end] == ord("\n")
        assert piece == Piece(piece.key, piece.start, piece.end, piece.start, piece.end)


def test_a_blob_larger_than_a_window_has_one_of_its_own(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WINDOW_BYTES", 1000)
    repo.commit("large", {"large.txt": "x" * 1500, "small.txt": "y" * 600})
    repo.git("repack", "-adq")
    packed = packs_of(repo)
    assert packed is not None

    windows = list(packed.windows(Tally(), range(limits.PACKED_PARTS)))

    large = [window for window in windows if window.length > 1000]
    assert [len(window.pieces) for window in large] == [1]
    assert len(contents(windows)) == 7


def test_what_lies_beside_the_packs_is_left_to_git(repo: GitRepo) -> None:
    commit = repo.commit("second", {"c.txt": "three\n"})
    packed = packs_of(repo)
    assert packed is not None

    left = packed.left()

    tree, blob = repo.head("HEAD^{tree}"), repo.head("HEAD:c.txt")
    assert sorted(left) == sorted(oid.encode() for oid in (commit, tree, blob))
    assert packed.left() == []


def test_objects_of_two_packs_and_loose_ones_come_once(repo: GitRepo) -> None:
    first = repo.head("HEAD:a.txt")
    repo.commit("second", {"c.txt": "three\n"})
    repo.git("pack-objects", "--all", "--quiet", ".git/objects/pack/pack", feed=b"")
    packed = packs_of(repo)
    assert packed is not None

    windows = list(packed.windows(Tally(), range(limits.PACKED_PARTS)))

    keys = [piece.key for window in windows for piece in window.pieces]
    assert keys.count(f"blob {first} ") == 1
    assert len(keys) == len(set(keys)) == 6
    assert packed.left() == []


def test_a_repository_with_alternates_is_left_to_git(repo: GitRepo, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    repo.git("clone", "--quiet", "--shared", str(repo.path), str(shared))

    assert open_packs(open_repository(str(shared)).git) is None


def test_a_small_repository_is_left_to_git(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PACKED_OBJECTS", 1000)

    assert packs_of(repo) is None


def test_a_broken_index_leaves_all_to_git(repo: GitRepo) -> None:
    (index,) = (repo.path / ".git/objects/pack").glob("*.idx")
    index.chmod(0o600)
    index.write_bytes(index.read_bytes()[:-100])

    assert packs_of(repo) is None


def test_a_linked_work_tree_has_the_packs_of_its_repository(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))

    packed = open_packs(open_repository(str(tmp_path / "linked")).git)

    assert packed is not None
    assert len(contents(list(packed.windows(Tally(), range(limits.PACKED_PARTS))))) == 4


def test_a_repository_of_sha256_is_read(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", "--object-format=sha256")
    repo.commit("words", {"a.txt": "one\n"})
    repo.git("repack", "-adq")

    assert f"blob {repo.head('HEAD:a.txt')} " in read(repo)


def test_secrets_in_packs_and_beside_them_are_found(repo: GitRepo, run_source: Run) -> None:
    repo.commit("in the pack", {"conf.py": f"token = '{github_pat()}'\n"})
    repo.git("repack", "-adq")
    repo.commit(f"said: {slack_bot()}", {"d.txt": "four\n"})

    report = run_source(HistorySource(open_repository(str(repo.path))))

    found = [(finding.rule_id, finding.path) for finding in report.findings]
    assert ("github-classic-pat", "conf.py") in found
    assert ("slack-bot-token", "<commit message>") in found
    assert report.summary.blobs == 4
    assert report.summary.commits == 3


def test_a_corrupt_object_of_a_pack_is_a_skip(repo: GitRepo, run_source: Run) -> None:
    oid = repo.blob(os.urandom(5000))
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{oid},noise")
    repo.commit("noise")
    repo.git("repack", "-adq")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    lines = repo.git("verify-pack", "-v", str(pack)).splitlines()
    start = next(int(line.split()[4]) for line in lines if line.startswith(oid))
    data = bytearray(pack.read_bytes())
    data[start + 2000] ^= 255
    pack.chmod(0o600)
    pack.write_bytes(data)

    report = run_source(HistorySource(open_repository(str(repo.path))))

    assert [(skip.path, skip.blob) for skip in report.skips if skip.blob == oid] == [("noise", oid)]
    assert report.summary.blobs == 2
