"""Packs as git writes them, against what git itself reads; and broken ones."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard import limits
from leakguard.sources.git.pack_index import PackError
from leakguard.sources.git.packs import BLOB, COMMIT, TAG, Pack
from tests.gitrepo import GitRepo, make_repository

KINDS = {"commit": COMMIT, "blob": BLOB, "tag": TAG}


def versions(count: int, seed: int = 1) -> Iterator[bytes]:
    """The versions of a file: some lines of it change each time."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    lines = [chance.randbytes(20).hex().encode() for _ in range(60)]
    for _ in range(count):
        lines[chance.randrange(len(lines))] = chance.randbytes(20).hex().encode()
        yield b"\n".join(lines)


def packed(folder: Path, *options: str, count: int = 60) -> GitRepo:
    """A repository whose one pack has chains of deltas, commits, trees and a tag."""
    repo = make_repository(folder, *options)
    stream = bytearray()
    for number, (one, other) in enumerate(zip(versions(count), versions(count, 2), strict=True)):
        stream += b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % number
        stream += b"data 5\nhello\n"
        for name, text in (b"one.txt", one), (b"deep/other.txt", other):
            stream += b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(text), text)
    repo.git("fast-import", "--quiet", feed=bytes(stream))
    repo.git("tag", "--annotate", "--message", "a tag", "v1", "main")
    repo.git("repack", "-adfq", "--depth=20", "--window=20")
    return repo


def index(repo: GitRepo) -> Path:
    (found,) = (repo.path / ".git/objects/pack").glob("*.idx")
    return found


def opened(repo: GitRepo, id_bytes: int = 20) -> Pack:
    return Pack(index(repo), id_bytes)


def listed(repo: GitRepo) -> dict[str, str]:
    """The kinds of all objects, by id, as git lists them."""
    options = ("--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    lines = repo.git("cat-file", *options).splitlines()
    return dict(line.split() for line in lines)


def read(repo: GitRepo, oid: str, kind: str) -> str:
    return repo.git("cat-file", kind, oid)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    return packed(tmp_path_factory.mktemp("history") / "repo")


def test_every_object_but_trees_comes_as_git_reads_it(history: GitRepo) -> None:
    objects = list(opened(history).objects())

    expected = {oid: kind for oid, kind in listed(history).items() if kind != "tree"}
    assert {oid: kind for oid, kind, _ in objects} == {
        oid: KINDS[kind] for oid, kind in expected.items()
    }
    assert len(objects) == len(expected)
    for oid, _, content in objects:
        assert content.decode().removesuffix("\n") == read(history, oid, expected[oid])


def test_most_objects_of_the_history_are_deltas(history: GitRepo) -> None:
    chains = history.git("verify-pack", "-v", str(index(history)))

    assert "chain length = 10" in chains


def test_parts_have_every_object_once(history: GitRepo) -> None:
    pack = opened(history)

    parts = [list(pack.objects(part, 7)) for part in range(7)]

    ids = [oid for part in parts for oid, _, _ in part]
    assert sorted(ids) == sorted(oid for oid, _, _ in pack.objects())
    assert sum(map(bool, parts)) > 1


def test_a_repository_of_sha256_is_read(tmp_path: Path) -> None:
    repo = packed(tmp_path / "repo", "--object-format=sha256", count=5)

    objects = list(opened(repo, 32).objects())

    expected = [oid for oid, kind in listed(repo).items() if kind != "tree"]
    assert sorted(oid for oid, _, _ in objects) == sorted(expected)


def test_large_objects_and_what_is_made_from_them_are_left(
    history: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PACKED_BYTES", 1000)
    pack = opened(history)

    given = {oid for oid, _, _ in pack.objects()}

    blobs = {oid for oid, kind in listed(history).items() if kind == "blob"}
    assert set(pack.left) == blobs
    assert given
    assert not given & blobs


def test_deltas_are_left_when_too_much_is_held(
    history: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PACKED_HELD_BYTES", -1)
    pack = opened(history)

    given = [oid for oid, _, _ in pack.objects()]

    everything = {oid for oid, kind in listed(history).items() if kind != "tree"}
    assert {*given, *pack.left} == everything
    assert len(given) + len(pack.left) == len(everything)
    assert pack.left


def test_deltas_that_name_their_base_are_left(tmp_path: Path) -> None:
    """A thin pack, to which `git index-pack --fix-thin` adds the bases."""
    repo = packed(tmp_path / "repo", count=30)
    middle = repo.head("main~10")
    thin = f"main\n^{middle}\n".encode()
    made = subprocess.run(
        ["git", "pack-objects", "--thin", "--stdout", "--revs", "--quiet"],
        cwd=repo.path,
        input=thin,
        capture_output=True,
        check=True,
    )
    other = make_repository(tmp_path / "other")
    other.git("fetch", "--quiet", str(repo.path), f"{middle}:refs/heads/middle")
    name = other.git("index-pack", "--fix-thin", "--stdin", feed=made.stdout).split()[-1]
    pack = Pack(other.path / f".git/objects/pack/pack-{name}.idx", 20)

    given = {oid for oid, _, _ in pack.objects()}

    assert pack.left
    kinds = listed(other)
    blobs = {oid for oid in pack.ids() if kinds[oid] != "tree"}
    assert blobs <= given | set(pack.left)
    assert not given & set(pack.left)


@pytest.fixture(scope="module")
def copied(history: GitRepo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack and its index that a test may spoil."""
    folder = tmp_path_factory.mktemp("spoilt")
    for suffix in (".idx", ".pack"):
        shutil.copy(index(history).with_suffix(suffix), folder / f"pack{suffix}")
        (folder / f"pack{suffix}").chmod(0o600)
    return folder / "pack.idx"


@pytest.fixture(scope="module")
def headers(history: GitRepo) -> frozenset[int]:
    """The offsets at which a byte may say what an object is, or what it is made from."""
    lines = history.git("verify-pack", "-v", str(index(history))).splitlines()
    starts = [int(line.split()[4]) for line in lines if len(line.split()) in (5, 7)]
    assert len(starts) == len(listed(history))
    return frozenset(start + more for start in starts for more in range(8))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_object_is_left_and_no_other_is_wrong(
    copied: Path, history: GitRepo, headers: frozenset[int], data: st.DataObject
) -> None:
    spoilt = bytearray(index(history).with_suffix(".pack").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(12, len(spoilt) - 21).filter(lambda it: it not in headers))
        spoilt[at] ^= data.draw(st.integers(1, 255))
    copied.with_suffix(".pack").write_bytes(spoilt)
    whole = {each[0]: each for each in opened(history).objects()}

    found = Pack(copied, 20)
    given = {each[0]: each for each in found.objects()}

    assert given.keys() | set(found.left) == whole.keys()
    assert all(each == whole[oid] for oid, each in given.items())


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_bytes_that_are_no_pack_break_nothing(
    copied: Path, history: GitRepo, data: st.DataObject
) -> None:
    spoilt = bytearray(index(history).with_suffix(".pack").read_bytes())
    at = data.draw(st.integers(4, len(spoilt) - 1))
    spoilt[at:] = random.Random(at).randbytes(len(spoilt) - at)  # noqa: S311
    copied.with_suffix(".pack").write_bytes(spoilt)

    with suppress(PackError):
        found = Pack(copied, 20)
        ids = [oid for oid, _, _ in found.objects()]
        assert len(set(ids)) == len(ids)
        assert not set(ids) & set(found.left)


@pytest.mark.parametrize("kept", [0, 3, 11, 40, 2000])
def test_a_pack_that_is_cut_off_is_refused(copied: Path, history: GitRepo, kept: int) -> None:
    copied.with_suffix(".pack").write_bytes(index(history).with_suffix(".pack").read_bytes()[:kept])

    with pytest.raises(PackError):
        Pack(copied, 20)


@pytest.mark.parametrize("kept", [0, 8, 1032, 2000])
def test_an_index_that_is_cut_off_is_refused(tmp_path: Path, history: GitRepo, kept: int) -> None:
    shutil.copy(index(history).with_suffix(".pack"), tmp_path / "pack.pack")
    (tmp_path / "pack.idx").write_bytes(index(history).read_bytes()[:kept])

    with pytest.raises(PackError):
        Pack(tmp_path / "pack.idx", 20)


def test_an_index_of_version_1_is_refused(history: GitRepo, tmp_path: Path) -> None:
    pack = index(history).with_suffix(".pack")
    history.git("index-pack", "--index-version=1", "-o", str(tmp_path / "pack.idx"), str(pack))

    with pytest.raises(PackError):
        Pack(tmp_path / "pack.idx", 20)


def test_large_offsets_are_read(history: GitRepo, tmp_path: Path) -> None:
    """`index-pack` writes the long form of all offsets behind a given one."""
    pack = index(history).with_suffix(".pack")
    shutil.copy(pack, tmp_path / "pack.pack")
    options = ("--index-version=2,0x100", "-o", str(tmp_path / "pack.idx"))
    history.git("index-pack", *options, str(pack))

    found = Pack(tmp_path / "pack.idx", 20)

    assert list(found.objects()) == list(opened(history).objects())
