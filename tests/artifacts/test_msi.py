import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings

from leakguard.artifacts import msi
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Unread, Weight
from leakguard.artifacts.msi_tables import stream_name
from tests.artifacts import make_installers
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_ole import compound_file
from tests.artifacts.tools import needs

_FILES = {"a.txt": b"one\n" * 3000, "b.txt": b"two"}
_PROPERTIES = {
    "ProductName": "Orchard", "ProductCode": "{0AC}", "ProductVersion": "5.0.0",
    "Manufacturer": "Acme", "SERVER": "https://orchard.example",
}  # fmt: skip


def _read(data: bytes) -> list[tuple[str, bytes | str, str]]:
    budget = Budget()
    return [
        (member.name, member.reason, "")
        if isinstance(member, Unread)
        else (member.name, bytes(member.content.whole()), member.note)
        for member in msi.members(Content.of(data, budget), budget)
    ]


def test_names_of_streams_are_decoded() -> None:
    for name in ("!_StringPool", "!Property", "Binary.note", "a", "product.cab"):
        assert stream_name(make_installers.msi_name(name)) == name
    assert stream_name("\5SummaryInformation") == "\5SummaryInformation"


def test_the_texts_and_streams_of_a_package() -> None:
    found = {name: data for name, data, _ in _read(make_installers.msi(_FILES, _PROPERTIES))}
    assert list(found)[0] == "texts"
    assert not [name for name in found if name.startswith("!")]
    assert found["product.cab"] == make_installers.cab(_FILES)
    assert found["Binary.note"] == b"binary"


def test_properties_stand_as_pairs_and_long_texts_do_not_shift_the_others() -> None:
    (_, texts, _), *_ = _read(make_installers.msi(_FILES, _PROPERTIES))
    assert isinstance(texts, bytes)
    lines = texts.split(b"\n")
    assert lines[4] == b"SERVER = https://orchard.example"
    assert lines[-2:] == [b"x" * 70_000, b"end"]


def test_a_package_says_who_it_is() -> None:
    build = msi.describe(make_installers.msi(_FILES, _PROPERTIES))
    assert build is not None
    assert (build.kind, build.platform, build.name) == ("msi", "windows", "Orchard")
    assert (build.identifier, build.version) == ("{0AC}", "5.0.0")
    assert [(sign.weight, sign.text) for sign in build.signs] == [(Weight.MEDIUM, "unsigned")]


def test_other_compound_files_give_their_streams() -> None:
    data = compound_file({"WordDocument": "a small text".encode("utf-16-le"), "other": b"x"})
    found = _read(data)
    assert ("WordDocument", b"a small text", "as UTF-16") in found
    assert ("other", b"x", "") in found
    assert msi.describe(data) is None


def test_garbage_is_an_error() -> None:
    with pytest.raises(ArtifactError, match="damaged"):
        _read(make_installers.msi(_FILES)[:700])


@needs("wixl")
def test_a_package_of_wixl(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("planted")
    (tmp_path / "t.wxs").write_text(
        '<?xml version="1.0"?><Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">'
        '<Product Id="*" UpgradeCode="12345678-1234-1234-1234-111111111111" Name="Orchard"'
        ' Version="5.0.1" Manufacturer="Acme" Language="1033"><Package InstallerVersion="200"'
        ' Compressed="yes" Comments="internal build"/><Media Id="1" Cabinet="product.cab"'
        ' EmbedCab="yes"/><Property Id="LONG" Value="' + "y" * 140_000 + '"/>'
        '<Directory Id="TARGETDIR" Name="SourceDir"><Component Id="C1" '
        'Guid="12345678-1234-1234-1234-222222222222"><File Id="F1" Source="a.txt"/></Component>'
        '</Directory><Feature Id="F" Level="1"><ComponentRef Id="C1"/></Feature></Product></Wix>'
    )
    subprocess.run(["wixl", "-o", "t.msi", "t.wxs"], cwd=tmp_path, check=True)
    build = msi.describe((tmp_path / "t.msi").read_bytes())
    assert build is not None
    assert (build.name, build.version) == ("Orchard", "5.0.1")
    assert [sign.text for sign in build.signs] == ["unsigned", "its summary says internal"]


_SAMPLES = [make_installers.msi(_FILES, _PROPERTIES), compound_file(_FILES)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated(_SAMPLES))
def test_survives_mutations(data: bytes) -> None:
    assert_survives(_read, data)
    assert_survives(msi.describe, data)
