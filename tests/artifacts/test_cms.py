"""Who signed, from the certificate that the first SignerInfo points to."""

import hashlib

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import x509
from hypothesis import given, settings

from leakguard.artifacts import cms
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_certificates import make_certificate, make_cms

SAMPLES = [
    make_cms("Acme", "Root", b"content"),
    make_cms("Acme", by_key=True),
    make_cms("Größe, Söhne", organization_name="A+B"),
]


@pytest.mark.parametrize("by_key", [False, True])
def test_the_signer_is_the_one_of_the_certificates_that_signed(by_key: bool) -> None:
    found = cms.signer(make_cms("Acme", "Root", by_key=by_key))
    assert found is not None
    assert (found.subject, found.self_signed) == ("CN=Acme", False)
    assert found.sha256 == hashlib.sha256(make_certificate("Acme", "Root")).hexdigest()


def test_a_certificate_that_names_itself_as_issuer_is_self_signed() -> None:
    found = cms.signer(make_cms("Acme"))
    assert found is not None
    assert found.self_signed


def test_the_subject_reads_from_the_most_specific_part_and_is_escaped() -> None:
    made = make_certificate(
        "#1 Söhne", country_name="DE", organization_name="Acme, Ltd", email_address="a@b.test"
    )
    found = cms.certificate_signer(made)
    assert found.subject == r"E=a@b.test, CN=\#1 Söhne, O=Acme\, Ltd, C=DE"


def test_padding_behind_the_signature_does_not_matter() -> None:
    assert cms.signer(make_cms("Acme") + bytes(7)) == cms.signer(make_cms("Acme"))


def test_content_is_what_was_signed_or_nothing() -> None:
    assert cms.content(make_cms("Acme", content=b"<plist/>")) == b"<plist/>"
    assert cms.content(make_cms("Acme", content=b"<plist/>", by_key=True)) == b"<plist/>"
    assert cms.content(make_cms("Acme")) == b""


def test_without_the_signers_certificate_nobody_is_named() -> None:
    made = asn1_cms.ContentInfo.load(make_cms("Acme"))
    other = x509.Certificate.load(make_certificate("Other", serial="8"))
    made["content"]["certificates"] = [other]
    assert cms.signer(made.dump()) is None


@pytest.mark.parametrize(
    "data", [b"", b"0", b"MZ", make_certificate("Acme"), b"\x30\x80" * 50_000, b"\x24\x80" * 20_000]
)
def test_what_is_no_signature_has_no_signer_and_no_content(data: bytes) -> None:
    assert cms.signer(data) is None
    assert cms.content(data) == b""


@given(mutated(SAMPLES))
@settings(max_examples=EXAMPLES, deadline=None)
def test_damaged_signatures_end_quietly(data: bytes) -> None:
    assert_survives(cms.signer, data)
    assert_survives(cms.content, data)
    cms.signer(data)
