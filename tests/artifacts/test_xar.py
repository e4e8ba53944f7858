import base64
import datetime
import lzma

import pytest
from asn1crypto import keys, x509
from hypothesis import given, settings

from leakguard.artifacts import xar
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Unread, Weight
from tests.artifacts import make_installers
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

_FILES = {"a.txt": b"one\n" * 5000, "folder/inner/b.txt": b"two", "z": b"three"}


def _read(data: bytes) -> dict[str, bytes | str]:
    budget = Budget()
    return {
        member.name: member.reason if isinstance(member, Unread) else bytes(member.content.whole())
        for member in xar.members(Content.of(data, budget), budget)
    }


def _certificate() -> str:
    name = x509.Name.build({"common_name": "Acme Installer", "organization_name": "Acme Ltd"})
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    validity = {"not_before": x509.Time("utc_time", now), "not_after": x509.Time("utc_time", now)}
    key = keys.RSAPublicKey({"modulus": 65537 * 65539, "public_exponent": 3})
    algorithm = {"algorithm": "sha256_rsa"}
    body = {
        "version": "v3", "serial_number": 7, "signature": algorithm, "issuer": name,
        "validity": validity, "subject": name,
        "subject_public_key_info": keys.PublicKeyInfo.wrap(key, "rsa"),
    }  # fmt: skip
    certificate = x509.Certificate(
        {"tbs_certificate": body, "signature_algorithm": algorithm, "signature_value": b"\0"}
    )
    return base64.b64encode(certificate.dump()).decode()


@pytest.mark.parametrize("method", ["gzip", "bzip2", "xz", "none"])
def test_files_come_out_with_their_paths(method: str) -> None:
    assert _read(make_installers.xar(_FILES, method)) == _FILES


def test_a_stream_is_read_forwards_and_in_part() -> None:
    data, budget, at = make_installers.xar(_FILES), Budget(), 0

    def read(size: int) -> bytes:
        nonlocal at
        at += size
        return data[at - size : at]

    found = [
        (member.name, member.content.read(2))
        for member in xar.members(Content(read, budget), budget)
        if not isinstance(member, Unread)
    ]
    assert found == [("a.txt", b"on"), ("folder/inner/b.txt", b"tw"), ("z", b"th")]


def test_a_document_type_is_refused() -> None:
    doctype = '<!DOCTYPE xar [<!ENTITY a "b">]>'
    with pytest.raises(ArtifactError, match="document type"):
        _read(make_installers.xar(_FILES, doctype=doctype))


def test_a_cut_archive_is_an_error() -> None:
    with pytest.raises((ArtifactError, EOFError)):
        _read(make_installers.xar(_FILES)[:-20])


def test_a_package_says_who_it_is() -> None:
    build = xar.describe(make_installers.pkg(_FILES))
    assert build is not None
    assert (build.kind, build.platform, build.name) == ("pkg", "macos", "Orchard")
    assert (build.identifier, build.version) == ("com.acme.orchard", "5.0")
    assert [(sign.weight, sign.text) for sign in build.signs] == [(Weight.MEDIUM, "unsigned")]


def test_a_signed_package_names_its_signer() -> None:
    build = xar.describe(make_installers.pkg(_FILES, _certificate()))
    assert build is not None
    assert build.signer is not None
    assert "CN=Acme Installer" in build.signer.subject
    assert not build.signs


def test_other_archives_are_no_build() -> None:
    assert xar.describe(make_installers.xar(_FILES)) is None
    assert xar.describe(make_installers.pbzx(b"abc")) is None


def test_pbzx_is_one_stream() -> None:
    data = bytes(range(256)) * 20
    assert _read(make_installers.pbzx(data)) == {"": data}


def test_a_damaged_chunk_of_pbzx_is_an_error() -> None:
    data = bytearray(make_installers.pbzx(b"abc" * 1000))
    data[60] ^= 0xFF
    with pytest.raises((ArtifactError, EOFError, lzma.LZMAError)):
        _read(bytes(data))


_SAMPLES = [
    make_installers.pkg(_FILES, _certificate()),
    make_installers.xar(_FILES, "xz"),
    make_installers.pbzx(b"abc" * 2000),
]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated(_SAMPLES))
def test_survives_mutations(data: bytes) -> None:
    assert_survives(_read, data)
    assert_survives(xar.describe, data)
