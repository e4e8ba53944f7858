"""Who signed: the signer's certificate in a CMS or PKCS#7 SignedData (RFC 5652, RFC 2315).

No signature is verified: what counts here is whom a build names as its signer. asn1crypto is
imported where something is signed: most containers are not.
"""

import hashlib
from typing import Any

from leakguard.artifacts.model import Signer

_SHORT = {
    "1.2.840.113549.1.9.1": "E",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "GN",
}
_SPECIAL = '"+,;<>\\'
_MOST_CERTIFICATES = 100
"""A chain has three or four; bundles of whole trust stores have no signer worth naming."""


def signer(cms: bytes) -> Signer | None:
    """The certificate of the first SignerInfo: by issuer and serial number, or by key identifier.

    None when there is none, or when the bytes are no SignedData. Padding behind it is fine.
    """
    try:
        signed = _signed_data(cms)
        infos = signed["signer_infos"]
        if not len(infos):
            return None
        found = _certificate_of(infos[0]["sid"], _certificates(signed))
        return None if found is None else _signer(found)
    except Exception:
        return None


def content(cms: bytes) -> bytes:
    """What was signed, where it stands inside: the octets, or the DER of another type's value.

    Nothing when the signature is detached, or when the bytes are no SignedData.
    """
    from asn1crypto import core

    try:
        inner = _signed_data(cms)["encap_content_info"]["content"]
        if isinstance(inner, core.OctetString | core.ParsableOctetString):
            return bytes(inner)
        return bytes((inner.parsed if isinstance(inner, core.Any) else inner).contents or b"")
    except Exception:
        return b""


def certificate_signer(der: bytes) -> Signer:
    """Of one certificate in DER. Raises ValueError or TypeError for anything else."""
    from asn1crypto import x509

    return _signer(x509.Certificate.load(der))


def _signed_data(cms: bytes) -> Any:
    from asn1crypto import cms as asn1_cms

    info = asn1_cms.ContentInfo.load(bytes(cms))
    if info["content_type"].native != "signed_data":
        raise ValueError("not signed data")
    return info["content"]


def _certificates(signed: Any) -> list[Any]:
    """The X.509 ones; obsolete forms and attribute certificates name no signer."""
    choices = signed["certificates"]
    most = min(len(choices), _MOST_CERTIFICATES)
    return [choices[at].chosen for at in range(most) if choices[at].name == "certificate"]


def _certificate_of(sid: Any, certificates: list[Any]) -> Any:
    wanted = sid.chosen
    if sid.name == "subject_key_identifier":
        return next((it for it in certificates if it.key_identifier == wanted.native), None)
    serial, issuer = wanted["serial_number"].native, wanted["issuer"].dump()
    same = [it for it in certificates if it["tbs_certificate"]["serial_number"].native == serial]
    exact = (it for it in same if it["tbs_certificate"]["issuer"].dump() == issuer)
    return next(exact, same[0] if same else None)


def _signer(certificate: Any) -> Signer:
    body = certificate["tbs_certificate"]
    return Signer(
        subject=_name(body["subject"]),
        sha256=hashlib.sha256(certificate.dump()).hexdigest(),
        self_signed=body["issuer"].dump() == body["subject"].dump(),
    )


def _name(name: Any) -> str:
    """As RFC 4514 section 2 has it, with a blank behind each comma."""
    parts = [" + ".join(_attribute(pair) for pair in part) for part in name.chosen]
    return ", ".join(reversed(parts))


def _attribute(pair: Any) -> str:
    oid = pair["type"].dotted
    try:
        text = str(pair["value"].native)
    except Exception:
        text = bytes(pair["value"].contents or b"").decode("latin-1")
    return f"{_SHORT.get(oid, oid)}={_escaped(text)}"


def _escaped(text: str) -> str:
    text = "".join("\\" + char if char in _SPECIAL else char for char in text)
    text = "".join(char if char.isprintable() else f"\\{ord(char):02X}" for char in text)
    if text.startswith(("#", " ")):
        text = "\\" + text
    return text[:-1] + "\\ " if text.endswith(" ") and len(text) > 1 else text
