"""Certificates and CMS signatures that name someone, without real keys: nobody verifies them."""

from datetime import UTC, datetime

from asn1crypto import algos, cms, core, keys, x509

_SHA256_RSA = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa", "parameters": core.Null()})
_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256", "parameters": core.Null()})
_NO_SIGNATURE = bytes(256)


def make_name(cn: str, **more: str) -> x509.Name:
    """`more` has asn1crypto's names, such as organization_name, in the order of the name."""
    return x509.Name.build({**more, "common_name": cn})


def make_certificate(cn: str, issuer: str | None = None, serial: str = "7", **more: str) -> bytes:
    """DER of a certificate for `cn`, self-signed when no issuer is named."""
    subject = make_name(cn, **more)
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int(serial),
            "signature": _SHA256_RSA,
            "issuer": make_name(issuer) if issuer else subject,
            "validity": {"not_before": _time(2026), "not_after": _time(2046)},
            "subject": subject,
            "subject_public_key_info": _public_key(),
            "extensions": [
                {"extn_id": "key_identifier", "extn_value": core.OctetString(_key_id(cn))}
            ],
        }
    )
    made = x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": _SHA256_RSA,
            "signature_value": _NO_SIGNATURE,
        }
    )
    return bytes(made.dump())


def make_cms(
    cn: str, issuer: str | None = None, content: bytes = b"", by_key: bool = False, **more: str
) -> bytes:
    """DER of a SignedData by `cn`, with the issuer's certificate beside the signer's."""
    leaf = x509.Certificate.load(make_certificate(cn, issuer, **more))
    others = [x509.Certificate.load(make_certificate(issuer, serial="1"))] if issuer else []
    sid = (
        {"subject_key_identifier": core.OctetString(_key_id(cn))}
        if by_key
        else {"issuer_and_serial_number": {"issuer": leaf.issuer, "serial_number": 7}}
    )
    info = cms.SignerInfo(
        {
            "version": "v3" if by_key else "v1",
            "sid": cms.SignerIdentifier(sid),
            "digest_algorithm": _SHA256,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15", "parameters": core.Null()},
            "signature": _NO_SIGNATURE,
        }
    )
    signed = cms.SignedData(
        {
            "version": "v3" if by_key else "v1",
            "digest_algorithms": [_SHA256],
            "encap_content_info": {"content_type": "data", "content": content or None},
            "certificates": [*others, leaf],
            "signer_infos": [info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _time(year: int) -> x509.Time:
    return x509.Time({"utc_time": datetime(year, 1, 1, tzinfo=UTC)})


def _key_id(cn: str) -> bytes:
    return cn.encode().ljust(20, b"\0")[:20]


def _public_key() -> keys.PublicKeyInfo:
    return keys.PublicKeyInfo(
        {
            "algorithm": {"algorithm": "rsa", "parameters": core.Null()},
            "public_key": keys.RSAPublicKey({"modulus": 2**2047 + 1, "public_exponent": 65537}),
        }
    )
