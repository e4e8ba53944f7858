"""Is a delivery from the forge? Judged over the bytes that came, before anything is parsed.

GitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
GitLab: https://docs.gitlab.com/user/project/integrations/webhooks/ (token), and
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (signed)
Gitea: https://docs.gitea.com/usage/webhooks, Forgejo: https://forgejo.org/docs/latest/user/webhooks
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from leakguard_service.crypto import same
from leakguard_service.errors import ServiceError
from leakguard_service.hooks.headers import Twice, first, one
from leakguard_service.nouns import ForgeKind

SKEW_SECONDS: Final = 300.0
"""How far a signed delivery's clock may be from ours; the Standard Webhooks libraries' number."""

_SIGNATURES_MOST: Final = 8
"""Of one delivery: a sender that changes its key signs with both, nobody with more."""

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNED: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
_GITEA: Final = ("x-forgejo-signature", "x-gitea-signature", "x-hub-signature-256")


class Forged(ServiceError):
    """Not from the forge, as far as anybody can tell. Its text is for our log, not for senders."""


def verify(
    forge: ForgeKind,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    signing: Sequence[str],
    now: float,
) -> None:
    """Returns when one of the secrets made the delivery's signature, else raises Forged.

    `secrets` are those of the webhook that count now, `signing` are GitLab's signing tokens; empty
    ones count for nothing. `now` is in seconds since 1970.
    """
    try:
        if forge is ForgeKind.GITLAB:
            _gitlab(headers, body, _given(secrets), _given(signing), now)
        elif forge is ForgeKind.GITEA:
            _gitea(headers, body, _given(secrets))
        else:
            _github(headers, body, _given(secrets))
    except Twice as error:
        raise Forged(str(error)) from None


def _given(secrets: Sequence[str]) -> list[bytes]:
    return [secret.encode() for secret in secrets if secret]


def _github(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> None:
    signature = one(headers, "x-hub-signature-256")
    if not signature:
        raise Forged("there is no X-Hub-Signature-256")
    _match(signature, ["sha256=" + _hex(secret, body) for secret in secrets])


def _gitea(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> None:
    name, signature = first(headers, *_GITEA)  # the first decides: no falling back to weaker ones
    if not signature:
        raise Forged("there is no X-Gitea-Signature")
    prefix = "sha256=" if name == "x-hub-signature-256" else ""
    _match(signature, [prefix + _hex(secret, body) for secret in secrets])


def _gitlab(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[bytes],
    signing: Sequence[bytes],
    now: float,
) -> None:
    if signing and any(one(headers, name) for name in _SIGNED):
        _standard(headers, body, signing, now)
        return
    token = one(headers, "x-gitlab-token")
    if not token:
        raise Forged("there is no X-Gitlab-Token")
    _match(token, secrets)


def _standard(
    headers: Mapping[str, str], body: bytes, signing: Sequence[bytes], now: float
) -> None:
    mark, moment, signatures = (one(headers, name) for name in _SIGNED)
    if not (mark and signatures and _TIMESTAMP.fullmatch(moment)):
        raise Forged("the headers of its signature are not complete")
    if abs(now - int(moment)) > SKEW_SECONDS:
        raise Forged("it was signed more than five minutes from now")
    signed = b".".join((_bytes(mark), moment.encode(), body))
    wanted = ["v1," + _base64(_key(secret), signed) for secret in signing]
    for signature in signatures.split(" ", _SIGNATURES_MOST)[:_SIGNATURES_MOST]:
        if _any(signature, wanted):
            return
    raise Forged("the signature is of another key or another body")


def _match(given: str, wanted: Sequence[str | bytes]) -> None:
    if not wanted:
        raise Forged("the connection has no secret")
    if not _any(given, wanted):
        raise Forged("the signature is of another secret or another body")


def _any(given: str, wanted: Sequence[str | bytes]) -> bool:
    """Compares with all of them, so that the time says nothing about which one fits."""
    return any([same(_bytes(given), one_of) for one_of in wanted])  # noqa: C419


def _bytes(value: str) -> bytes:
    """What came over the wire: servers decode headers as Latin-1."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode(errors="backslashreplace")


def _hex(secret: bytes, body: bytes) -> str:
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def _base64(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _key(secret: bytes) -> bytes:
    """The key of a signing token: `whsec_` and base64, else the bytes as they are."""
    if not secret.startswith(b"whsec_"):
        return secret
    try:
        return base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)
    except binascii.Error:
        return secret
