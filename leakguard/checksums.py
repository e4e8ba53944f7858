"""Structural tests of tokens: whether the characters of a secret fit together.

A rule names one of CHECKS with its parameters. Every test works offline on the secret alone.
"""

import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Final, Literal

from leakguard import encodings, limits, marvin, payloads, private_keys, seed_phrases
from leakguard.model import Check

_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE62_LOWER_FIRST: Final = _BASE36 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PROBE: Final = b"A" * 64
"""What a check is tried on, so that parameters of a wrong kind are told before a scan."""
_CRC_BASE64_CHARACTERS: Final = 6
"""What base64 makes of four bytes, without its padding."""


def checker(check: Check) -> Callable[[bytes], bool]:
    """The test that a rule asks for: bytes of a secret -> whether it is well-formed.

    Raises ValueError for an unknown name or parameters that do not fit.
    """
    function = CHECKS.get(check.name)
    if function is None:
        raise ValueError(f"there is no check `{check.name}`: use one of {', '.join(CHECKS)}")
    try:
        signature(function).bind(b"", **check.parameters)
        function(_PROBE, **check.parameters)
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"`{check.name}`: {error}") from error
    return partial(function, **check.parameters)


def crc32_base62(
    secret: bytes, *, skip: int = 0, digits: int = 6, first: Literal["upper", "lower"] = "upper"
) -> bool:
    """The last `digits` characters are the CRC-32 of what stands between them and `skip`.

    Base 62, padded on the left with 0; digits come first, then the letters that `first` names.
    GitHub's format: "Behind GitHub's new authentication token formats", github.blog, 2021; npm
    uses the same (GitHub changelog of 2021-09-23), and so does Polar (polarsource/polar,
    server/polar/kit/crypto.py). Recomputed on published samples: Vercel, SaladCloud, and Apify,
    whose sum covers the prefix and is written with lower-case letters first.
    """
    body, tail = secret[skip:-digits], secret[-digits:]
    alphabet = _BASE62 if first == "upper" else _BASE62_LOWER_FIRST
    return tail == _in_base(alphabet, zlib.crc32(body), digits)


def base62(number: int, digits: int) -> bytes:
    """`number` in base 62, padded on the left with 0 to `digits` characters."""
    return _in_base(_BASE62, number, digits)


def _in_base(alphabet: str, number: int, digits: int) -> bytes:
    text = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        text = alphabet[digit] + text
    return text.rjust(digits, alphabet[0]).encode()


def crc32_hex(
    secret: bytes, *, skip: int = 0, gap: int = 0, order: Literal["big", "little"] = "big"
) -> bool:
    """The last 8 characters are the CRC-32, in hex, of what stands after `skip` and before `gap`.

    `gap` counts characters between the body and the tail, `order` is that of the four bytes.
    Cloudflare says "40 characters and a checksum" (developers.cloudflare.com, API token formats);
    Grafana's are little-endian (grafana/grafana, pkg/components/satokengen). Recomputed on
    published samples: these two, Atlassian and Bitbucket Cloud, Canva (skip and gap 0), Zuplo.
    """
    body = secret[skip : -8 - gap]
    return zlib.crc32(body).to_bytes(4, order).hex().encode() == secret[-8:].lower()


def crc32_base64(secret: bytes, *, skip: int = 0) -> bool:
    """The last 6 characters are base64 of the CRC-32, low byte first, of what stands before them.

    Recomputed on published samples: secrets of Confluent Cloud (skip 4, their prefix).
    """
    tail = secret[-_CRC_BASE64_CHARACTERS:]
    total = zlib.crc32(secret[skip:-_CRC_BASE64_CHARACTERS]).to_bytes(4, "little")
    return tail == binascii.b2a_base64(total)[:_CRC_BASE64_CHARACTERS]


def middle_mark(secret: bytes, *, skip: int, mark: str) -> bool:
    """`mark` stands in the very middle of what follows `skip`.

    Recomputed on published samples: OpenAI's keys of every kind, whose mark is base64 of "OpenAI".
    """
    body, middle = secret[skip:], mark.encode()
    side, odd = divmod(len(body) - len(middle), 2)
    return not odd and side > 0 and body.startswith(middle, side)


def gitlab_routable(secret: bytes) -> bool:
    """A routable GitLab token: payload, its length, and a CRC-32 of all before in base 36.

    An instance may put a prefix of its own before `gl`, so the sum may begin at any of the
    characters before it. Source: lib/authn/token_field/generator/routable_token.rb in GitLab.
    """
    body, tail = secret[:-7], secret[-7:]
    starts = range(secret.find(b"gl") + 1)
    return any(tail == _in_base(_BASE36, zlib.crc32(body[start:]), 7) for start in starts)


def marker_digest(secret: bytes, *, salt: str, digest: str) -> bool:
    """A name that the settings have as its hash only: see data/markers.py."""
    return name_digest(secret.translate(None, b" _.-").lower(), bytes.fromhex(salt)) == digest


def name_digest(text: bytes, salt: bytes) -> str:
    """PBKDF2 (RFC 8018) of a name in lower case without what joins its words, in hex."""
    return hashlib.pbkdf2_hmac("sha256", text, salt, limits.MARKER_ROUNDS).hex()


CHECKS: Final[Mapping[str, Callable[..., bool]]] = {
    "crc32-base62": crc32_base62,
    "crc32-hex": crc32_hex,
    "crc32-base64": crc32_base64,
    "middle-mark": middle_mark,
    "gitlab-routable": gitlab_routable,
    "jwt": payloads.jwt,
    "github-jwt": payloads.github_jwt,
    "json-payload": payloads.json_payload,
    "slack-configuration": payloads.slack_configuration,
    "basic-auth": payloads.basic_auth,
    "base64-text": payloads.base64_text,
    "macaroon": payloads.macaroon,
    "azure-key": marvin.azure_key,
    "azure-redis-key": marvin.azure_redis_key,
    "azure-annotated-key": marvin.azure_annotated_key,
    "azure-client-secret": marvin.azure_client_secret,
    "azure-devops-pat": marvin.azure_devops_pat,
    "private-key": private_keys.private_key,
    "openpgp-secret-key": private_keys.openpgp_secret_key,
    "wireguard-private-key": private_keys.wireguard_private_key,
    "bech32": encodings.bech32,
    "base58check": encodings.base58check,
    "nkey-seed": encodings.nkey_seed,
    "bip39": seed_phrases.bip39,
    "marker-digest": marker_digest,
}
"""Every structural test by the name that rule files use."""
