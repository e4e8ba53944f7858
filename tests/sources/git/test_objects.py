"""Objects come out of git whole, in windows, at their own lines and columns."""

from pathlib import Path

import pytest

from leakguard import limits
from leakguard.model import Skip, Window
from leakguard.sources import Tally
from leakguard.sources.git.command import Git
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.objects import Objects, object_line, split_key, unescaped
from leakguard.sources.git.repository import open_repository
from tests.evidence import assert_true_to_git
from tests.gitrepo import GitRepo, make_repository
from tests.sources.conftest import Run
from tests.tokens import github_pat


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WINDOW_BYTES", 2000)
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 500)
    monkeypatch.setattr(limits, "CONTEXT_BYTES", 60)


def read(repo: GitRepo, oids: list[str]) -> tuple[dict[str, bytes], list[Skip], Tally]:
    """What comes out, put together again from the owned parts of pieces."""
    blobs: dict[str, bytes] = {}
    skips, tally = [], Tally()
    lines = [object_line(oid, f"path of {oid}") for oid in oids]
    for item in Objects(Git(str(repo.path)), tally).windows(lines):
        if isinstance(item, Skip):
            skips.append(item)
            continue
        assert isinstance(item, Window)
        for piece in item.pieces:
            part = bytes(item.data[piece.own_start : piece.own_end])
            blobs[piece.key] = blobs.get(piece.key, b"") + part
            assert item.data[piece.end] == ord("\n")
            assert piece.end < item.length <= len(item.data)
    return blobs, skips, tally


@pytest.mark.usefixtures("small_windows")
def test_blobs_of_every_size_around_a_window_come_out_whole(repo: GitRepo) -> None:
    sizes = [0, 1, 10, 1700, *range(1900, 2010), 3999, 4000, 4001, 9000, 5, 0]
    contents = [bytes((number + i) % 251 for i in range(size)) for number, size in enumerate(sizes)]
    oids = [repo.blob(content) for content in contents]

    blobs, skips, tally = read(repo, oids)

    assert not skips
    assert blobs == {
        f"blob {oid} path of {oid}": content for oid, content in zip(oids, contents, strict=True)
    }
    assert tally.blobs == len(oids)
    assert tally.bytes == sum(sizes)


def test_missing_objects_are_skips_with_their_paths_between_the_others(repo: GitRepo) -> None:
    first, last = repo.blob("first"), repo.blob("last")
    absent = "1" * len(first)

    blobs, skips, tally = read(repo, [first, absent, last])

    assert list(blobs.values()) == [b"first", b"last"]
    assert skips == [Skip(f"path of {absent}", "the object is missing", absent)]
    assert tally.blobs == 2


def test_trees_are_passed_over_and_messages_are_without_their_headers(repo: GitRepo) -> None:
    commit = repo.commit("subject\n\nbody", {"f": "1"})
    repo.git("tag", "--annotate", "--message", "release", "v1")
    tag, tree = repo.head("v1"), repo.head("HEAD^{tree}")

    blobs, skips, tally = read(repo, [commit, tree, tag])

    assert list(blobs.values()) == [b"subject\n\nbody\n", b"release\n"]
    assert (skips, tally.commits, tally.blobs) == ([], 1, 0)


def test_a_commit_without_a_message_has_nothing_to_look_at(repo: GitRepo) -> None:
    tree = repo.git("mktree", feed=b"")
    content = f"tree {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n".encode()
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", feed=content)

    assert read(repo, [oid])[0] == {}


@pytest.mark.usefixtures("small_windows")
def test_messages_and_trees_larger_than_a_window(repo: GitRepo, run_source: Run) -> None:
    repo.commit("root", {f"file-with-a-long-name-{number}": "1" for number in range(100)})
    message = "subject\n\n" + "line\n" * 900 + f"é {github_pat()}\n"
    commit = repo.commit(message)

    source = HistorySource(open_repository(str(repo.path)))
    report = run_source(source)

    (finding,) = report.findings
    assert (finding.line, finding.column, finding.commit) == (903, 3, commit)
    assert (report.summary.commits, report.summary.blobs) == (2, 1)
    assert_true_to_git(repo.path, report)


def test_a_huge_blob_has_its_lines_and_columns(repo: GitRepo, run_source: Run) -> None:
    border = limits.WINDOW_BYTES - 1 - limits.OVERLAP_BYTES
    second = 2 * border - limits.CONTEXT_BYTES
    places = [border - 90, border - 45, border, second - 42, second, 20 * limits.MIB]
    data = bytearray(b"\xc3\xa9." * (7 * limits.MIB))
    data[: limits.MIB : 100] = b"\n" * len(range(0, limits.MIB, 100))
    for number, place in enumerate(places):
        data[place : place + 42] = f"\n{github_pat(number)}\n".encode()
    repo.commit("root", {"huge": bytes(data), "small": github_pat(9)})

    report = run_source(HistorySource(open_repository(str(repo.path))))

    found = [finding for finding in report.findings if finding.path == "huge"]
    lines = [data.count(b"\n", 0, place) + 2 for place in places]
    assert [(f.line, f.column, f.end_column) for f in found] == [(line, 1, 41) for line in lines]
    assert len(report.findings) == 7
    assert report.summary.bytes == len(data) + 40
    assert report.summary.blobs == 2


@pytest.mark.parametrize(
    "path",
    ["plain", " blank", "\ttab", "a\nb", "cr\r", "back\\x20slash", "\\", "\\x0a", "é\udcff", "  "],
)
def test_the_path_of_a_key_can_be_read_back(repo: GitRepo, path: str) -> None:
    oid = repo.blob("content")

    (window,) = Objects(Git(str(repo.path)), Tally()).windows([object_line(oid, path)])

    assert isinstance(window, Window)
    kind, found, escaped = split_key(window.pieces[0].key)
    assert (kind, found, unescaped(escaped)) == ("blob", oid, path)


def test_nothing_to_read_starts_no_git(tmp_path: Path) -> None:
    assert not list(Objects(Git(str(tmp_path / "nowhere")), Tally()).windows([]))


def test_a_scan_that_is_given_up_leaves_no_git_behind(repo: GitRepo) -> None:
    oids = [repo.blob(f"{number} " * limits.MIB) for number in range(9)]
    windows = Objects(Git(str(repo.path)), Tally()).windows([object_line(oid, "") for oid in oids])

    next(windows)
    windows.close()

    assert not list(windows)
