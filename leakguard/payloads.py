"""Structural tests of tokens that carry something readable: JSON, a JWT, a user and a password.

Only this module looks inside base64 to decide whether a token is one; `checksums.py` names the
tests for rule files.
"""

import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from leakguard.pattern import search

_MACAROON_V2: Final = 2
_MACAROON_LOCATION: Final = 1
_MACAROON_IDENTIFIER: Final = 2
_SLACK_IDS: Final = re.compile(rb"[23]-[0-9](?:-[0-9A-Z]{6,20}){2,5}-[0-9a-f]{32,128}")


def jwt(secret: bytes) -> bool:
    """A JSON Web Token: header and payload are JSON objects, and the header names `alg`.

    RFC 7519 section 3 and RFC 7515 section 4.1.1. A token with `alg` none carries no signature
    and opens nothing.
    """
    parts = secret.split(b".")
    header = _json_object(parts[0])
    return (
        len(parts) == 3
        and header is not None
        and isinstance(header.get("alg"), str)
        and header["alg"].lower() != "none"
        and _json_object(parts[1]) is not None
    )


def github_jwt(secret: bytes) -> bool:
    """A GitHub installation token of the long form: `ghs_`, the app's id, `_`, a JWT.

    GitHub changelog of 2026-04-24.
    """
    return jwt(secret.split(b"_", 2)[-1])


def json_payload(secret: bytes, *, skip: int, key: str, end: str = "") -> bool:
    """Base64 of a JSON object that has `key` stands between `skip` and the last `end`.

    Sentry organisation tokens (RFC 0091 of getsentry/rfcs), 1Password service account tokens.
    """
    body = secret[skip:]
    value = _json_object(body.rpartition(end.encode())[0] if end else body)
    return value is not None and key in value


def slack_configuration(secret: bytes) -> bool:
    """The part behind the last `-` is base64 of ids and a hex number, parted by `-`.

    Seen in every configuration token and refresh token that Slack's documentation shows whole:
    a kind, a version, the ids of team, user and app, and the secret proper.
    """
    try:
        text = unbase64(secret.rpartition(b"-")[2])
    except ValueError:
        return False
    return _SLACK_IDS.fullmatch(text) is not None


def basic_auth(secret: bytes) -> bool:
    """Base64 of `user:password` in printable characters, neither of them empty (RFC 7617)."""
    try:
        user, colon, password = unbase64(secret).decode().partition(":")
    except ValueError:
        return False
    return bool(user and colon and password) and (user + password).isprintable()


def base64_text(secret: bytes, *, pattern: str, skip: int = 0) -> bool:
    """Base64 of a text that matches `pattern` as a whole stands after `skip`.

    Recomputed on published samples: access tokens of Intercom, reference tokens of JFrog, keys of
    NVIDIA NGC, personal access tokens of Jira and Confluence Data Center.
    """
    try:
        text = unbase64(secret[skip:])
    except ValueError:
        return False
    return search(pattern).fullmatch(text) is not None


def macaroon(secret: bytes, *, skip: int, location: str) -> bool:
    """A macaroon of version 2 begins after `skip`: the location, then an identifier that fits in.

    github.com/rescrv/libmacaroons, doc/format.txt; PyPI's tokens (pypi.org/help#apitoken). Where
    it ends is not looked at: more may follow in the text around it.
    """
    body = secret[skip:]
    try:
        raw = unbase64(body[: len(body) // 4 * 4])
    except ValueError:
        return False
    head = bytes((_MACAROON_V2, _MACAROON_LOCATION, len(location))) + location.encode()
    identifier = raw[len(head) : len(head) + 2]
    return (
        raw.startswith(head)
        and identifier[:1] == bytes((_MACAROON_IDENTIFIER,))
        and len(head) + len(identifier) + identifier[-1] < len(raw)
    )


def _json_object(part: bytes) -> Mapping[str, Any] | None:
    """The JSON object in a base64url part, or None."""
    try:
        value = json.loads(unbase64(part))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def unbase64(text: bytes) -> bytes:
    """The bytes of standard or URL-safe base64, padded or not (RFC 4648 sections 4 and 5).

    Raises ValueError when it is neither.
    """
    plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
