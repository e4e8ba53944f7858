"""Copies are locked, counted, mended and thrown away."""

import errno
import os
import threading
from pathlib import Path

import pytest

from leakguard_service.errors import Later
from leakguard_service.repos import cache as caching
from leakguard_service.repos.cache import Cache
from leakguard_service.repos.clean import Clean, keep
from leakguard_service.repos.failures import is_damaged
from leakguard_service.repos.fetch import fetch
from leakguard_service.repos.git import local
from leakguard_service.settings import Settings
from tests.service.repos.conftest import Forge

MAIN = "refs/heads/main"


def test_a_copy_stays(forge: Forge, settings: Settings) -> None:
    cache = Cache(settings)
    with cache.open(1) as copy:
        fetch(copy, forge.access, [MAIN], settings)
    with cache.open(1) as copy:
        assert b"refs/remotes/forge/main" in local(copy, "for-each-ref")
    assert (copy.folder.parent.stat().st_mode & 0o777) == 0o700


def test_one_at_a_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "_WAIT_SECONDS", 0.1)
    cache = Cache(settings)
    failures: list[Later] = []

    def other() -> None:
        try:
            with Cache(settings).open(1):
                raise AssertionError
        except Later as error:
            failures.append(error)

    with cache.open(1), cache.open(2):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "in use" in str(failures[0])
    assert failures[0].waited


def test_the_longest_unused_go_first_but_none_in_use(settings: Settings) -> None:
    cache = Cache(settings.model_copy(update={"cache_bytes": 190_000}))
    for number in (1, 2, 3):
        with cache.open(number) as copy:
            (copy.folder / "filling").write_bytes(os.urandom(100_000))
        os.utime(copy.folder / "size", (number, number))
    folders = settings.data_dir / "repos"
    with Cache(settings).open(1), cache.open(4) as copy:
        (copy.folder / "filling").write_bytes(os.urandom(100_000))
    assert sorted(path.name for path in folders.iterdir() if path.is_dir()) == ["1", "4"]


def test_leftovers_of_a_killed_process_are_removed(forge: Forge, settings: Settings) -> None:
    with Cache(settings).open(1) as copy:
        fetch(copy, forge.access, [MAIN], settings)
        left = [
            copy.git_dir / "packed-refs.lock",
            copy.git_dir / "refs/remotes/forge/main.lock",
            copy.git_dir / "objects/pack/tmp_pack_abc",
        ]
        for path in left:
            path.write_text("")
    (copy.folder / "busy").touch()
    with Cache(settings).open(1) as copy:
        assert not any(path.exists() for path in left)
        assert b"refs/remotes/forge/main" in local(copy, "for-each-ref")
        fetch(copy, forge.access, [MAIN], settings)
    assert not (copy.folder / "busy").exists()


@pytest.mark.parametrize("harm", ["ref", "config", "pack"])
def test_what_cannot_be_mended_begins_anew(forge: Forge, settings: Settings, harm: str) -> None:
    with Cache(settings).open(1) as copy:
        fetch(copy, forge.access, [MAIN], settings)
    if harm == "ref":
        (copy.git_dir / "refs/remotes/forge/main").write_text("")
    elif harm == "config":
        (copy.git_dir / "config").unlink()
    else:
        for path in (copy.git_dir / "objects/pack").iterdir():
            path.unlink()
    (copy.folder / "busy").touch()
    with Cache(settings).open(1) as copy:
        assert local(copy, "for-each-ref") == b""
        fetch(copy, forge.access, [MAIN], settings)


def test_an_unfinished_copy_begins_anew(settings: Settings) -> None:
    folder = settings.data_dir / "repos/1/copy.git"
    folder.mkdir(parents=True)
    (folder / "HEAD").write_text("half")
    with Cache(settings).open(1) as copy:
        assert local(copy, "for-each-ref") == b""


def test_a_full_disk_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(caching, "_create", full)
    with pytest.raises(Later, match="is full: make room"), Cache(settings).open(1):
        raise AssertionError


def test_many_packs_become_one(
    forge: Forge, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "_PACKS_MOST", 2)
    with Cache(settings).open(1) as copy:
        forge.commit({"large": b"\0" * 6_000_000})
        for number in range(4):
            oid = forge.commit({"a": f"{number}"})
            fetch(copy, forge.access, [MAIN], settings)
        assert len(list((copy.git_dir / "objects/pack").glob("*.pack"))) > 2
    assert len(list((copy.git_dir / "objects/pack").glob("*.pack"))) == 1
    with Cache(settings).open(1) as copy:
        assert local(copy, "rev-parse", "HEAD").decode().strip() == oid
        assert b"?" in local(copy, "rev-list", "--objects", "--missing=print", "--all")
        assert not is_damaged(copy)
        fetch(copy, forge.access, [MAIN], settings)


def test_removing(settings: Settings) -> None:
    cache = Cache(settings)
    with cache.open(1) as copy:
        pass
    cache.remove(1)
    cache.remove(2)
    assert not copy.folder.exists()


def test_lists_of_clean_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakguard_service.repos.clean._RECENT_MOST", 10)
    ids = [f"{number:040x}" for number in range(1, 31)]
    lines = [f"{oid} path".encode() for oid in ids]
    for start in range(0, 25, 5):
        keep(tmp_path, Clean(tmp_path, "k").offer(ids[start : start + 5]))
        assert Clean(tmp_path, "k").without(lines) == lines[start + 5 :]
    monkeypatch.setattr("leakguard_service.repos.clean._MANY", 1)
    assert Clean(tmp_path, "k").without(lines) == lines[25:]
    assert Clean(tmp_path, "other").without(lines) == lines
    assert Clean(tmp_path, "k").offer([]) == ""
    assert Clean(tmp_path, "k").without([f"{ids[0]} a.br".encode()]) == [f"{ids[0]} a.br".encode()]


def test_a_list_that_was_cut_off(tmp_path: Path) -> None:
    ids = [f"{number:040x}" for number in range(1, 4)]
    clean = Clean(tmp_path, "k")
    clean.recent.write_bytes(b"".join(map(bytes.fromhex, ids))[:-7])
    keep(tmp_path, clean.offer([f"{9:040x}"]))
    assert Clean(tmp_path, "k").without([oid.encode() for oid in ids]) == [ids[2].encode()]
