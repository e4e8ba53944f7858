import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings

from leakguard.artifacts import dmg
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Unread, Weight
from leakguard.artifacts.udif_adc import adc
from tests.artifacts import make_dmg
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_certificates import make_cms
from tests.artifacts.tools import needs

_FILES = {
    "App.app/Contents/Info.plist": b"<plist/>",
    "App.app/Contents/Resources/big.bin": bytes(range(256)) * 2000,
    "read me.txt": b"one\n" * 3000,
}
_VOLUME = make_dmg.hfs_volume(_FILES)


def _read(data: bytes, budget: Budget | None = None) -> dict[str, bytes | str]:
    budget = budget or Budget()
    return {
        member.name: member.reason if isinstance(member, Unread) else bytes(member.content.whole())
        for member in dmg.members(Content.of(data, budget), budget)
    }


@pytest.mark.parametrize("method", make_dmg.PACKERS)
def test_files_come_out_with_their_paths(method: str) -> None:
    found = _read(make_dmg.dmg(_VOLUME, method))
    volume = found.pop("volume")
    assert found == _FILES
    assert isinstance(volume, bytes)
    assert b"one" not in volume


def test_tables_in_a_resource_fork() -> None:
    found = _read(make_dmg.dmg(_VOLUME, fork=True))
    assert found["read me.txt"] == _FILES["read me.txt"]


def test_what_no_file_has_is_in_the_volume() -> None:
    deleted = b"deleted".ljust(4096, b"\0")
    volume = _read(make_dmg.dmg(_VOLUME + deleted))["volume"]
    assert isinstance(volume, bytes)
    assert b"deleted" in volume


def test_a_file_that_is_not_read_is_in_the_volume() -> None:
    budget = Budget()
    content = Content.of(make_dmg.dmg(_VOLUME), budget)
    *_, volume = dmg.members(content, budget)
    assert not isinstance(volume, Unread)
    assert _FILES["read me.txt"] in bytes(volume.content.whole())


def test_another_file_system_is_in_the_volume() -> None:
    assert _read(make_dmg.dmg(b"NXSB" + bytes(508))) == {"volume": b"NXSB" + bytes(508)}


@pytest.mark.parametrize("table", ["apple", "apple, larger blocks", "guid"])
def test_partitions_are_found(table: str) -> None:
    if table == "apple":
        entry = b"PM\0\0" + struct.pack(">III", 1, 8, len(_VOLUME) // 512)
        front = b"ER\2\0".ljust(512, b"\0") + entry
    elif table == "apple, larger blocks":
        entry = b"PM\0\0" + struct.pack(">III", 1, 2, len(_VOLUME) // 2048)
        front = b"ER\x08\0".ljust(2048, b"\0") + entry
    else:
        header = b"EFI PART".ljust(72, b"\0") + struct.pack("<QII", 2, 1, 128)
        entry = (b"\1" * 32 + struct.pack("<Q", 8)).ljust(128, b"\0")
        front = bytes(512) + header.ljust(512, b"\0") + entry
    found = _read(make_dmg.dmg(front.ljust(4096, b"\0") + _VOLUME))
    assert found["App.app/Contents/Info.plist"] == b"<plist/>"


def test_a_damaged_run_costs_only_what_is_in_it() -> None:
    data, budget, found = bytearray(make_dmg.dmg(_VOLUME)), Budget(), b""
    data[10] ^= 0xFF
    for member in dmg.members(Content.of(bytes(data), budget), budget):
        if isinstance(member, Unread):
            assert member == ("volume", "a run of the disk image is damaged")
        else:
            found += bytes(member.content.whole())
    assert _FILES["read me.txt"] in found


def test_an_image_without_tables_is_an_error() -> None:
    with pytest.raises(ArtifactError, match="no tables"):
        _read(b"koly".ljust(512, b"\0"))
    with pytest.raises(ArtifactError, match="no trailer"):
        _read(b"x" * 600)


def test_a_disk_larger_than_allowed_ends() -> None:
    data = make_dmg.dmg(_VOLUME)
    with pytest.raises(LimitReached):
        _read(data, Budget(Allowance(total_bytes=100_000)))


def test_an_unsigned_image_says_so() -> None:
    build = dmg.describe(make_dmg.dmg(_VOLUME))
    assert build is not None
    assert (build.kind, build.platform, build.signer) == ("dmg", "macos", None)
    assert [sign.weight for sign in build.signs] == [Weight.LOW]


def test_a_signed_image_names_its_signer() -> None:
    blob = make_dmg.super_blob(make_cms("Developer ID Application: Acme"))
    build = dmg.describe(make_dmg.dmg(_VOLUME, signature=blob))
    assert build is not None
    assert build.signer is not None
    assert "CN=Developer ID Application: Acme" in build.signer.subject
    assert not build.signs


def test_a_limit_ends_the_volume_too() -> None:
    budget = Budget(Allowance(total_bytes=300_000))
    *_, volume = dmg.members(Content.of(make_dmg.dmg(_VOLUME), budget), budget)
    assert not isinstance(volume, Unread)
    with pytest.raises(LimitReached):
        volume.content.whole()


def test_adc_copies_from_behind() -> None:
    assert adc(b"\x82abc" + b"\x00\x02" + b"\x43\x00\x00", 100) == b"abcabc" + b"c" * 7
    with pytest.raises(ArtifactError):
        adc(b"\x80a\x00\x09", 100)


def test_images_of_another_builder(tmp_path: Path) -> None:
    dpp = pytest.importorskip("dpp")
    for method in ("raw", "zlib", "bzip2"):
        builder = dpp.DmgBuilder()
        builder.compression = method
        builder.add_partition("disk image", _VOLUME)
        builder.build(str(tmp_path / "t.dmg"))
        found = _read((tmp_path / "t.dmg").read_bytes())
        assert {name: found[name] for name in _FILES} == _FILES


@needs("xorriso")
def test_an_image_that_is_made_elsewhere_than_on_a_mac(tmp_path: Path) -> None:
    for name, data in _FILES.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    command = ["xorriso", "-outdev", "hfs.img", "-hfsplus", "on", "-map", "root", "/", "-commit"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    found = _read(make_dmg.dmg((tmp_path / "hfs.img").read_bytes()))

    assert {name: found[name] for name in _FILES} == _FILES


_SMALL = make_dmg.hfs_volume({"a/b.txt": b"one\n" * 900, "c": b"two"})
_SAMPLES = [
    *(make_dmg.dmg(_SMALL, method) for method in make_dmg.PACKERS),
    make_dmg.dmg(_SMALL, fork=True),
]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated(_SAMPLES))
def test_survives_mutations(data: bytes) -> None:
    assert_survives(_read, data)
    assert_survives(dmg.describe, data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([_SMALL]))
def test_survives_mutated_volumes(data: bytes) -> None:
    whole = data[: len(data) // 512 * 512]
    assert_survives(_read, make_dmg.dmg(whole, "raw"))
