"""Keystores: whether a private key is in them, and whose certificate it has.

JKS and JCEKS (OpenJDK, JavaKeyStore.java and JceKeyStore.java), BKS (Bouncy Castle,
BcKeyStoreSpi.java), PKCS #12 (RFC 7292). No password is tried: what is encrypted stays unknown.
"""

from contextlib import suppress
from typing import Any, NamedTuple

from leakguard import limits
from leakguard.artifacts.cms import certificate_signer
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.metadata import clean
from leakguard.artifacts.model import Build, Signer

_JKS = b"\xfe\xed\xfe\xed"
_JCEKS = b"\xce\xce\xce\xce"
_PRIVATE = "a keystore with a private key"
_SYMMETRIC = "a keystore with a secret key"
_MOST = 10_000
"""Entries that are looked at; the trust store of a JDK has 150."""
_BKS_CERTIFICATE, _BKS_KEY, _BKS_SECRET, _BKS_SEALED = 1, 2, 3, 4


class _Key(NamedTuple):
    """The first key of a keystore, and the certificate it belongs to (DER)."""

    alias: str
    internal: str
    certificate: bytes = b""


class _Reader:
    """Numbers, texts and bytes as java.io.DataInputStream has them. Raises EOFError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise EOFError
        self._at += size
        return part

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def block(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        return self.take(self.number(2)).decode("utf-8", "replace")


_DEBUG_ALIAS = "androiddebugkey"
"""The key of Android's build tools, made anew on each machine; its password is in their manual:
https://developer.android.com/studio/publish/app-signing#debug-mode"""


def describe(data: Buffer) -> Build | None:
    """The first private or secret key; None for a trust store, which has certificates only.

    A PKCS #12 file whose content is all encrypted is named without saying that a key is in it:
    keys stand beside the encrypted certificates, unless they are secret keys.
    """
    if len(data) > limits.ARTIFACT_METADATA_BYTES:
        return None
    raw = bytes(data)
    if raw[:4] in (_JKS, _JCEKS):
        return _build("jks", _java_key(_Reader(raw)))
    if raw.startswith(b"\0\0\0"):
        with suppress(EOFError):  # other files begin with such numbers too
            return _build("bks", _bouncy_key(_Reader(raw)))
        return None
    return _build("pkcs12", _pkcs12_key(raw))


def _build(kind: str, key: _Key | None) -> Build | None:
    if key is None:
        return None
    return Build(
        kind=kind,
        name=clean(key.alias),
        signer=_signer(key.certificate),
        internal="" if key.alias.lower() == _DEBUG_ALIAS else key.internal,
        app=False,
    )


def _signer(certificate: bytes) -> Signer | None:
    try:
        return certificate_signer(certificate) if certificate else None
    except Exception:
        return None


def _java_key(source: _Reader) -> _Key | None:
    source.take(4)
    version, count = source.number(), source.number()
    for _ in range(min(count, _MOST)):
        tag, alias = source.number(), source.text()
        source.take(8)
        if tag == 1:
            source.block()
            return _Key(alias, _PRIVATE, _chain(source, typed=version == 2))
        if tag != 2:  # a Java object, whose end shows only to Java
            return _Key(alias, _SYMMETRIC) if tag == 3 else None
        if version == 2:
            source.text()
        source.block()
    return None


def _chain(source: _Reader, *, typed: bool) -> bytes:
    """The first certificate of a chain; nothing when it is empty or cut off."""
    try:
        if not source.number():
            return b""
        if typed:
            source.text()
        return source.block()
    except EOFError:
        return b""


def _bouncy_key(source: _Reader) -> _Key | None:
    if source.number() not in (1, 2):
        return None
    source.block()
    source.take(4)
    for _ in range(_MOST):
        kind = source.number(1)
        if kind not in (_BKS_CERTIFICATE, _BKS_KEY, _BKS_SECRET, _BKS_SEALED):
            return None
        alias = source.text()
        source.take(8)
        chain = _bouncy_chain(source)
        if kind != _BKS_CERTIFICATE:
            return _Key(alias, _PRIVATE if chain else _SYMMETRIC, chain)
        source.text()
        source.block()
    return None


def _bouncy_chain(source: _Reader) -> bytes:
    """The first certificate beside an entry; all of them are passed over."""
    first = b""
    for _ in range(min(source.number(), _MOST)):
        source.text()
        certificate = source.block()
        first = first or certificate
    return first


def _pkcs12_key(data: bytes) -> _Key | None:
    from asn1crypto import pkcs12

    safes = pkcs12.Pfx.load(data).authenticated_safe
    encrypted = False
    for at in range(min(len(safes), _MOST)):
        if safes[at]["content_type"].native != "data":
            encrypted = True
            continue
        for bag in pkcs12.SafeContents.load(safes[at]["content"].native):
            if bag["bag_id"].native in ("key_bag", "pkcs8_shrouded_key_bag"):
                return _Key(_friendly_name(bag), _PRIVATE)
            if bag["bag_id"].native == "secret_bag":
                return _Key(_friendly_name(bag), _SYMMETRIC)
    return _Key("", "") if encrypted else None


def _friendly_name(bag: Any) -> str:
    try:
        for attribute in bag["bag_attributes"]:
            if attribute["type"].native == "friendly_name":
                return str(attribute["values"][0].native)
    except Exception:
        return ""
    return ""
