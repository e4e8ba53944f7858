"""Structural tests of tokens: whether the characters of a secret fit together.

A rule names one of CHECKS with its parameters. Every test works offline on the secret alone.
"""

import zlib
from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Final, Literal

from leakguard import encodings, marvin, payloads, private_keys
from leakguard.model import Check

_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def checker(check: Check) -> Callable[[bytes], bool]:
    """The test that a rule asks for: bytes of a secret -> whether it is well-formed.

    Raises ValueError for an unknown name or parameters that do not fit.
    """
    function = CHECKS.get(check.name)
    if function is None:
        raise ValueError(f"there is no check `{check.name}`: use one of {', '.join(CHECKS)}")
    try:
        signature(function).bind(b"", **check.parameters)
    except TypeError as error:
        raise ValueError(f"`{check.name}`: {error}") from error
    return partial(function, **check.parameters)


def crc32_base62(secret: bytes, *, skip: int, digits: int = 6) -> bool:
    """The last `digits` characters are the CRC-32 of what stands between them and `skip`.

    Base 62 with the alphabet 0-9A-Za-z, padded on the left with 0. GitHub's format: "Behind
    GitHub's new authentication token formats", github.blog, 2021; npm uses the same.
    """
    body, tail = secret[skip:-digits], secret[-digits:]
    return tail == base62(zlib.crc32(body), digits)


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
    Recomputed on published samples: the tokens of Atlassian and Bitbucket Cloud (skip and gap 0).
    """
    body = secret[skip : -8 - gap]
    return zlib.crc32(body).to_bytes(4, order).hex().encode() == secret[-8:].lower()


def gitlab_routable(secret: bytes) -> bool:
    """A routable GitLab token: payload, its length, and a CRC-32 of all before in base 36.

    An instance may put a prefix of its own before `gl`, so the sum may begin at any of the
    characters before it. Source: lib/authn/token_field/generator/routable_token.rb in GitLab.
    """
    body, tail = secret[:-7], secret[-7:]
    starts = range(secret.find(b"gl") + 1)
    return any(tail == _in_base(_BASE36, zlib.crc32(body[start:]), 7) for start in starts)


CHECKS: Final[Mapping[str, Callable[..., bool]]] = {
    "crc32-base62": crc32_base62,
    "crc32-hex": crc32_hex,
    "gitlab-routable": gitlab_routable,
    "jwt": payloads.jwt,
    "github-jwt": payloads.github_jwt,
    "json-payload": payloads.json_payload,
    "slack-configuration": payloads.slack_configuration,
    "basic-auth": payloads.basic_auth,
    "azure-key": marvin.azure_key,
    "azure-client-secret": marvin.azure_client_secret,
    "azure-devops-pat": marvin.azure_devops_pat,
    "private-key": private_keys.private_key,
    "openpgp-secret-key": private_keys.openpgp_secret_key,
    "wireguard-private-key": private_keys.wireguard_private_key,
    "bech32": encodings.bech32,
    "base58check": encodings.base58check,
    "nkey-seed": encodings.nkey_seed,
}
"""Every structural test by the name that rule files use."""
