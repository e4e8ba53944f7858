import bz2
import random
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings

from leakguard.artifacts import nsis
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.inflate import inflated
from leakguard.artifacts.model import Unread
from leakguard.artifacts.nsis_bzip2 import Bzip2
from leakguard.artifacts.nsis_methods import Nsis
from tests.artifacts import make_nsis
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.tools import needs

_FILES = {"a.txt": b"one\n" * 5000, "folder/b.txt": b"two", "c.bin": bytes(range(256)) * 10}


def _read(data: bytes) -> dict[str, bytes | str]:
    budget = Budget()
    return {
        member.name: member.reason if isinstance(member, Unread) else bytes(member.content.whole())
        for member in nsis.members(Content.of(data, budget), budget)
    }


@pytest.mark.parametrize("solid", [True, False])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("method", make_nsis.NSIS_PACKERS)
def test_files_come_out_with_the_paths_of_the_script(method: str, wide: bool, solid: bool) -> None:
    found = _read(make_nsis.nsis(_FILES, method, solid=solid, wide=wide))
    header = found.pop("header")
    assert found == {f"$INSTDIR/{name}": data for name, data in _FILES.items()}
    assert header == b"$INSTDIR\na.txt\nfolder\\b.txt\nc.bin"


@pytest.mark.parametrize("solid", [True, False])
def test_a_file_that_is_not_read_is_passed_over(solid: bool) -> None:
    budget = Budget()
    content = Content.of(make_nsis.nsis(_FILES, solid=solid), budget)
    assert len(list(nsis.members(content, budget))) == 1 + len(_FILES)


def test_a_cut_installer_gives_what_is_there() -> None:
    data, budget = make_nsis.nsis(_FILES, "stored")[:-3000], Budget()
    members = nsis.members(Content.of(data, budget), budget)
    assert [next(members).name for _ in range(2)] == ["header", "$INSTDIR/a.txt"]
    with pytest.raises((ArtifactError, EOFError)):
        list(members)


def test_garbage_is_an_error() -> None:
    with pytest.raises((ArtifactError, EOFError)):
        _read(make_nsis.nsis(_FILES)[:40])


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_stored_blocks_between_compressed_ones(step: int) -> None:
    noise, text = random.Random(1).randbytes(3000), b"some text "  # noqa: S311 - the same each time
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert first.endswith(b"\0\0\xff\xff")  # an empty stored block: NSIS has no second length
    stored = first[:-4] + len(noise).to_bytes(2, "little") + noise
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=text + noise)
    data, at = stored + packer.compress(noise[:300]) + packer.flush(), 0

    def read(_: int) -> bytes:
        nonlocal at
        at += step
        return data[at - step : at]

    more, found = inflated(read, Nsis(), Budget()), b""
    while part := more(500):
        found += part
    assert found == text + noise + noise[:300]


@pytest.mark.parametrize("size", [1, 5000, 300_000])
def test_bzip2_without_its_signs(size: int) -> None:
    """Made of real bzip2 by taking out what NSIS leaves out, bit by bit."""
    chance = random.Random(size)  # noqa: S311 - the same each time
    data = bytes(chance.choice(b"aaaaaab\0\xff") for _ in range(size)) + b"q" * 700
    real = bz2.compress(data)
    bits = "".join(f"{byte:08b}" for byte in real[4:])
    end = bits.rindex(f"{0x177245385090:048b}")
    own = f"{0x31:08b}" + bits[48 + 32 + 1 : end] + f"{0x17:08b}"
    packed = int(own.ljust(-(-len(own) // 8) * 8, "0"), 2).to_bytes(-(-len(own) // 8), "big")
    content = Content.of(packed, Budget())
    more, found = inflated(content.read, Bzip2(), Budget()), b""
    while part := more(100_000):
        found += part
    assert found == data


@needs("makensis")
@pytest.mark.parametrize("method", ["zlib", "/SOLID zlib", "bzip2", "/SOLID lzma", "lzma"])
def test_installers_of_makensis(method: str, tmp_path: Path) -> None:
    noise = random.Random(2).randbytes(100_000)  # noqa: S311 - the same each time
    (tmp_path / "noise.bin").write_bytes(noise)
    (tmp_path / "t.nsi").write_text(
        f"SetCompressor {method}\nUnicode true\nOutFile out.exe\nInstallDir $TEMP\\x\nSection\n"
        "SetOutPath $INSTDIR\\inner\nFile noise.bin\nWriteUninstaller $INSTDIR\\un.exe\n"
        'WriteRegStr HKLM "Software\\Orchard" "Key" "planted"\nSectionEnd\n'
        "Section Uninstall\nSectionEnd\n"
    )
    subprocess.run(["makensis", "-V1", "t.nsi"], cwd=tmp_path, check=True)
    data = (tmp_path / "out.exe").read_bytes()
    found = _read(data[data.index(b"\xef\xbe\xad\xdeNullsoftInst") - 4 :])
    assert found["$INSTDIR/inner/noise.bin"] == noise
    header = found["header"]
    assert isinstance(header, bytes)
    assert b"\nplanted\n" in header


_SAMPLES = [
    make_nsis.nsis(_FILES, method, solid=solid)
    for method in make_nsis.NSIS_PACKERS
    for solid in (True, False)
]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated(_SAMPLES))
def test_survives_mutations(data: bytes) -> None:
    assert_survives(_read, data)
