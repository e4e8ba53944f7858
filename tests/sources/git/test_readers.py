"""Several gits side by side read what one reads, in an order that does not change."""

from pathlib import Path

import pytest

from leakguard import limits
from leakguard.errors import SourceError
from leakguard.model import Skip, Window
from leakguard.sources import Tally
from leakguard.sources.git.command import Git
from leakguard.sources.git.objects import Objects
from leakguard.sources.git.readers import read_objects
from tests.gitrepo import GitRepo, make_repository


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OBJECTS_PER_READER", 3)
    monkeypatch.setattr(limits, "WINDOW_BYTES", 2000)
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 500)
    monkeypatch.setattr(limits, "CONTEXT_BYTES", 60)


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def lines(repo: GitRepo) -> list[bytes]:
    sizes = [10, 900, 9000, 1, 0, 1999, 2500, 30, 1200, 1300, 7000]
    return [repo.blob(f"{number}" * size).encode() for number, size in enumerate(sizes)]


def told(item: Window | Skip) -> object:
    """What an item says, to be compared."""
    return item if isinstance(item, Skip) else (item.pieces, bytes(item.data[: item.length]))


def owned(items: list[Window | Skip]) -> dict[str, bytes]:
    blobs: dict[str, bytes] = {}
    for item in items:
        if isinstance(item, Skip):
            continue
        for piece in item.pieces:
            part = bytes(item.data[piece.own_start : piece.own_end])
            blobs[piece.key] = blobs.get(piece.key, b"") + part
    return blobs


def test_they_read_and_count_what_one_reads(repo: GitRepo, lines: list[bytes]) -> None:
    git, one, many = Git(str(repo.path)), Tally(), Tally()

    alone = list(Objects(git, one).windows(lines))
    together = list(read_objects(git, lines, many))

    assert owned(together) == owned(alone)
    assert many == one
    assert many.blobs == len(lines)


def test_the_order_is_the_same_each_time(repo: GitRepo, lines: list[bytes]) -> None:
    git = Git(str(repo.path))

    orders = [[told(item) for item in read_objects(git, lines, Tally())] for _ in range(5)]

    assert all(order == orders[0] for order in orders)


def test_segments_of_one_blob_follow_one_another(repo: GitRepo, lines: list[bytes]) -> None:
    items = list(read_objects(Git(str(repo.path)), lines, Tally()))

    keys = [item.pieces[0].key for item in items if isinstance(item, Window)]
    changes = sum(before != after for before, after in zip(keys, keys[1:], strict=False))
    assert changes == len(set(keys)) - 1


def test_missing_object_is_a_skip_of_its_reader(repo: GitRepo, lines: list[bytes]) -> None:
    lines.insert(7, b"1" * 40)
    tally = Tally()

    items = list(read_objects(Git(str(repo.path)), lines, tally))

    assert [item.blob for item in items if isinstance(item, Skip)] == ["1" * 40]
    assert tally.blobs == len(lines) - 1


def test_what_a_reader_raises_is_raised(tmp_path: Path, lines: list[bytes]) -> None:
    with pytest.raises(SourceError, match="there is no such folder"):
        list(read_objects(Git(str(tmp_path / "nowhere")), lines, Tally()))


def test_readers_that_are_given_up_end(repo: GitRepo, lines: list[bytes]) -> None:
    windows = read_objects(Git(str(repo.path)), lines * 50, Tally())

    next(windows)
    windows.close()  # type: ignore[attr-defined]

    assert not list(windows)
