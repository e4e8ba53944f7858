import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings

from leakguard.artifacts import squashfs
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_bundles import opened
from tests.artifacts.make_squashfs import COMPRESSORS
from tests.artifacts.make_squashfs import squashfs as made
from tests.artifacts.tools import needs

FILES = {
    "readme.txt": b"a short file",
    "etc/app/secret.env": b"KEY=value\n" * 50,
    "large.bin": bytes(range(256)) * 70,
    "sparse": bytes(3 * 4096) + b"end",
    "empty": b"",
}
SAMPLES = [made(FILES, *each) for each in COMPRESSORS.values()]


@pytest.mark.parametrize("name", COMPRESSORS)
def test_reads_every_compression(name: str) -> None:
    assert opened(squashfs.members, made(FILES, *COMPRESSORS[name])) == FILES


def test_reads_files_without_fragments() -> None:
    image = made(FILES, 1, zlib.compress, fragments=False)

    assert opened(squashfs.members, image) == FILES


def member(image: bytes, budget: Budget) -> Content:
    """The only file of an image."""
    (found,) = squashfs.members(Content.of(image, budget), budget)
    assert isinstance(found, Member)
    return found.content


def test_a_damaged_block_is_no_end() -> None:
    image = bytearray(made({"a": b"a" * 4096}, 1, zlib.compress))
    image[96:100] = b"\0\0\0\0"

    with pytest.raises(ArtifactError, match="damaged block"):
        member(bytes(image), Budget()).read(10)


def test_a_folder_in_itself_is_entered_once() -> None:
    image = made({"a/b/x": b"text"}, 1, lambda data: data)
    entry = struct.Struct("<HhHH").pack  # of `b` in `a`: the inodes of x, b, a and / are in a row
    assert opened(squashfs.members, image) == {"a/b/x": b"text"}

    looped = image.replace(entry(32, 0, 1, 0) + b"b", entry(64, 0, 1, 0) + b"b")

    assert looped != image
    assert opened(squashfs.members, looped) == {}


def test_a_sparse_file_cannot_be_a_bomb() -> None:
    image = made({"a": bytes(100 * 4096)}, 1, lambda data: data)
    content = member(image, Budget(Allowance(total_bytes=6000)))

    assert content.read(4096) == bytes(4096)
    with pytest.raises(LimitReached):
        content.read(4096)


def test_other_versions_and_methods_are_named() -> None:
    image = bytearray(SAMPLES[0])
    struct.pack_into("<H", image, 28, 3)
    with pytest.raises(ArtifactError, match="squashfs 3, which is not supported"):
        opened(squashfs.members, bytes(image))

    image = bytearray(SAMPLES[0])
    struct.pack_into("<H", image, 20, 9)
    with pytest.raises(ArtifactError, match="method 9, which is not supported"):
        opened(squashfs.members, bytes(image))


@needs("mksquashfs")
@pytest.mark.parametrize("compressor", ["gzip", "xz", "lzo", "lz4", "zstd"])
def test_reads_what_mksquashfs_makes(tmp_path: Path, compressor: str) -> None:
    source, image = tmp_path / "source", tmp_path / "image"
    files = {**FILES, **{f"many/{at}.txt": b"%d\n" % at * 99 for at in range(700)}}
    for name, data in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (source / "link").symlink_to("readme.txt")
    options = ["-comp", compressor, "-b", "64K", "-no-progress"]
    command = ["mksquashfs", str(source), str(image), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if "not supported" in done.stderr:
        pytest.skip(done.stderr)

    assert opened(squashfs.members, image.read_bytes()) == files


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated(SAMPLES))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: opened(squashfs.members, data), data)
