import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings

from leakguard.artifacts import jffs2
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.kinds import kinds_of
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_bundles import Jffs2, opened
from tests.artifacts.make_bundles import jffs2 as made
from tests.artifacts.make_squashfs import lzo
from tests.artifacts.tools import needs

FILES = {
    "readme.txt": b"a short file",
    "etc/app/secret.env": b"KEY=value\n" * 50,
    "large.bin": bytes(range(256)) * 70,
    "empty": b"",
}


@pytest.mark.parametrize("order", ["<", ">"])
def test_reads_both_byte_orders(order: str) -> None:
    image = made(FILES, order)

    assert opened(jffs2.members, image) == FILES
    assert [kind.name for kind in kinds_of(image)] == ["jffs2"]


@pytest.mark.parametrize(
    ("method", "stored", "expected"),
    [
        (0, b"plain", b"plain"),
        (1, b"", bytes(5)),
        (2, b"a\0b\0c\0a\x03", b"abcabca"),
        (2, b"a\0a\x04", b"aaaaaa"),
        (6, zlib.compress(b"text" * 9), b"text" * 9),
        (7, lzo(b"text"), b"text"),
    ],
)
def test_compressions(method: int, stored: bytes, expected: bytes) -> None:
    image = Jffs2()
    image.name(1, "a", 2)
    image.data(2, stored, method=method, size=len(expected))

    assert opened(jffs2.members, bytes(image.out)) == {"a": expected}


def test_names_what_it_cannot_read() -> None:
    image = Jffs2()
    image.name(1, "a", 2)
    image.data(2, b"xxxx", method=3, size=40)
    image.name(1, "b", 3)
    image.data(3, b"text")
    budget = Budget()
    found = list(jffs2.members(Content.of(image.out, budget), budget))

    assert ("a", "compressed with rubinmips, which is not supported") in found
    assert opened(jffs2.members, bytes(image.out))["b"] == b"text"


def test_a_file_has_its_last_version_and_the_former_ones_beside() -> None:
    image = Jffs2()
    image.name(1, "a", 2)
    image.data(2, b"old secret")
    image.data(2, b"", total=0)
    image.data(2, b"new")
    image.data(2, b"more", at=3)

    assert opened(jffs2.members, bytes(image.out)) == {
        "a": b"newmore",
        "a (written over)": b"old secret",
    }


def test_deleted_files_are_given_out() -> None:
    image = Jffs2()
    image.name(1, "etc", 2, kind=4)
    image.name(2, "key", 3)
    image.data(3, b"secret")
    image.name(2, "key", 0)
    image.data(9, b"nameless")

    assert opened(jffs2.members, bytes(image.out)) == {
        "etc/key (deleted)": b"secret",
        "inode-9 (deleted)": b"nameless",
    }


def test_a_renamed_file_is_not_deleted() -> None:
    image = Jffs2()
    image.name(1, "old", 2)
    image.data(2, b"text")
    image.name(1, "new", 2)
    image.name(1, "old", 0)

    assert opened(jffs2.members, bytes(image.out)) == {"new": b"text"}


def test_folders_in_a_circle_end() -> None:
    image = Jffs2()
    image.name(3, "a", 2, kind=4)
    image.name(2, "b", 3, kind=4)
    image.name(3, "x", 4)
    image.data(4, b"text")

    (path,) = opened(jffs2.members, bytes(image.out))
    assert path.endswith("a/b/x")


def test_a_file_of_holes_is_no_bomb() -> None:
    image = Jffs2()
    image.name(1, "a", 2)
    image.data(2, b"x", total=2**32 - 1)
    budget = Budget(Allowance(whole_bytes=10**6))
    (member,) = jffs2.members(Content.of(image.out, budget), budget)

    with pytest.raises(LimitReached):
        member.content.read(1)  # type: ignore[union-attr]


def test_what_is_none() -> None:
    with pytest.raises(ArtifactError, match="no valid node"):
        opened(jffs2.members, b"\x85\x19" * 100)
    assert not kinds_of(b"\x85\x19" * 100)


@needs("mkfs.jffs2")
@pytest.mark.parametrize("options", [["-l"], ["-b"], ["-l", "-X", "lzo", "-x", "zlib"]])
def test_reads_what_mkfs_makes(tmp_path: Path, options: list[str]) -> None:
    source, image = tmp_path / "source", tmp_path / "image"
    for name, data in FILES.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (source / "link").symlink_to("readme.txt")
    subprocess.run(["mkfs.jffs2", "-r", source, "-o", image, *options], check=True)

    assert opened(jffs2.members, image.read_bytes()) == FILES


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([made(FILES), made(FILES, ">")]))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: opened(jffs2.members, data), data)
