"""Windows app packages: identity and signature."""

import io
import zipfile

import pytest
from hypothesis import given, settings

from leakguard.artifacts import msix
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Build, Weight
from leakguard.artifacts.tree import KeptTree
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_windows import make_cms, make_msix


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def described(members: dict[str, bytes]) -> Build:
    (found,) = msix.describe_tree(KeptTree(list(members), members))
    return found


def test_a_package_says_its_identity() -> None:
    found = described(unpacked(make_msix({"a.txt": b"x"})))
    assert (found.kind, found.platform) == ("msix", "windows")
    assert (found.name, found.identifier, found.version) == ("Orchard", "Acme.Orchard", "5.0.0.0")


def test_without_a_signature_it_is_not_for_the_public() -> None:
    (sign,) = described(unpacked(make_msix({}))).signs
    assert sign.weight is Weight.HARD
    assert "Publisher=CN=Acme" in sign.proof


def test_a_self_signed_package_is_a_medium_sign_and_another_none() -> None:
    found = described(unpacked(make_msix({}, signer_cn="Acme")))
    assert [sign.weight for sign in found.signs] == [Weight.MEDIUM]
    members = {**unpacked(make_msix({})), "AppxSignature.p7x": b"PKCX" + make_cms("Acme", "Root")}
    assert described(members).signs == ()
    assert described(members).signer is not None


def test_a_bundle_says_its_identity_too() -> None:
    manifest = (
        b'<Bundle xmlns="http://schemas.microsoft.com/appx/2013/bundle">'
        b'<Identity Name="Acme.Orchard" Publisher="CN=Acme" Version="5.1.0.0"/></Bundle>'
    )
    found = described({"AppxMetadata/AppxBundleManifest.xml": manifest, "x64.msix": b""})
    assert (found.name, found.version) == ("Acme.Orchard", "5.1.0.0")


def test_a_translated_name_gives_way_to_the_identity() -> None:
    members = unpacked(make_msix({}))
    manifest = members["AppxManifest.xml"].replace(b">Orchard<", b">ms-resource:AppName<")
    assert described({**members, "AppxManifest.xml": manifest}).name == "Acme.Orchard"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(encoding: str) -> None:
    text = '<!DOCTYPE a [<!ENTITY b "c">]><Package><Identity Name="&b;"/></Package>'
    members = {"AppxManifest.xml": text.encode(encoding), "AppxBlockMap.xml": b""}
    with pytest.raises(ArtifactError, match="DTD"):
        described(members)


def test_another_zip_is_none() -> None:
    assert msix.describe_tree(KeptTree(["AppxManifest.xml"], {})) == []


MEMBERS = unpacked(make_msix({}, signer_cn="Acme"))


@given(mutated([MEMBERS["AppxManifest.xml"]]), mutated([MEMBERS["AppxSignature.p7x"]]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_damaged_packages_end_quietly(manifest: bytes, signature: bytes) -> None:
    members = {**MEMBERS, "AppxManifest.xml": manifest, "AppxSignature.p7x": signature}
    assert_survives(lambda _: msix.describe_tree(KeptTree(list(members), members)), manifest)
