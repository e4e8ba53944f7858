"""Signing in through an identity provider: OpenID Connect, and GitHub, which has OAuth only.

The flow is the authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9700), written
out here over the service's own guarded HTTP client, with PyJWT for the id token: Authlib's client
keeps its state in sessions of its framework and brings an HTTP client of its own, and what remains
of the flow is one request and six checks. State, nonce and verifier travel in a sealed cookie.
GitHub: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt

from leakguard_service import crypto
from leakguard_service.errors import Invalid, JobError, NotAllowed, SettingsError
from leakguard_service.forges.http import Client
from leakguard_service.service import Service
from leakguard_service.settings import Settings

SECONDS: Final = 600
"""How long somebody may take at the provider."""

GITHUB: Final = "https://github.com"

_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures by key pairs only: `none` and shared secrets could be made by others."""

_SKEW: Final = 60
"""Seconds that the provider's clock may differ."""

_TIMEOUT: Final = 10.0
"""Seconds for one answer of the provider: somebody waits."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the provider vouches for."""

    subject: str
    """`issuer|sub`."""
    logins: tuple[str, ...]
    """A verified address, then the login name, as far as stated."""
    name: str
    next: str
    """The page that was asked for before."""


def name(settings: Settings) -> str:
    """What the button says; empty when no provider is set up."""
    if not (settings.oidc_issuer and settings.oidc_client_id):
        return ""
    host = urlsplit(settings.oidc_issuer).hostname or ""
    return settings.oidc_name or ("GitHub" if _is_github(settings) else host)


def begin(service: Service, back: str, wanted: str) -> tuple[str, str]:
    """Where to send the browser, and the sealed text that `finish` needs.

    Raises Invalid when no provider is set up, or it does not answer.
    """
    settings = service.settings
    if not name(settings):
        raise Invalid("no identity provider is set up: see LEAKGUARD_OIDC_ISSUER")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    digest = hashlib.sha256(verifier.encode()).digest()
    question = {
        "client_id": settings.oidc_client_id,
        "redirect_uri": back,
        "response_type": "code",
        "scope": "read:user user:email" if _is_github(settings) else "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    where = _endpoints(settings)["authorization_endpoint"]
    kept = [state, nonce, verifier, back, wanted, int(time.time()) + SECONDS]
    joint = "&" if "?" in where else "?"
    return f"{where}{joint}{urlencode(question)}", service.keyring.seal(json.dumps(kept))


def finish(service: Service, flow: str, answer: Mapping[str, str]) -> Claim:
    """Who came back from the provider. Raises NotAllowed (not proven) or Invalid (no answer)."""
    state, nonce, verifier, back, wanted = _opened(service, flow)
    if not crypto.same(answer.get("state", ""), state):
        raise NotAllowed("this sign-in was not begun in this browser: try again")
    if "error" in answer or not answer.get("code"):
        raise NotAllowed("the identity provider did not sign you in")
    settings, ends = service.settings, _endpoints(service.settings)
    issuer = answer.get("iss", "")  # RFC 9207
    if issuer and issuer.rstrip("/") != _issuer(settings):
        raise NotAllowed("another identity provider answered")
    tokens = _exchange(settings, ends["token_endpoint"], answer["code"], verifier, back)
    if _is_github(settings):
        return _github(settings, tokens, wanted)
    return _claim(settings, _verified(settings, ends, tokens, nonce), wanted)


def _opened(service: Service, flow: str) -> tuple[str, str, str, str, str]:
    try:
        state, nonce, verifier, back, wanted, end = json.loads(service.keyring.open(flow))
    except (ValueError, SettingsError):
        raise NotAllowed("this sign-in was not begun in this browser: try again") from None
    if time.time() > end:
        raise NotAllowed("this sign-in took too long: try again")
    return state, nonce, verifier, back, wanted


def _issuer(settings: Settings) -> str:
    return settings.oidc_issuer.rstrip("/")


def _is_github(settings: Settings) -> bool:
    return _issuer(settings) == GITHUB


def _endpoints(settings: Settings) -> Mapping[str, str]:
    """Discovery 1.0, section 4; GitHub's are fixed."""
    if _is_github(settings):
        return {
            "authorization_endpoint": f"{GITHUB}/login/oauth/authorize",
            "token_endpoint": f"{GITHUB}/login/oauth/access_token",
        }
    found = _asked(settings, "GET", f"{_issuer(settings)}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != _issuer(settings):
        raise Invalid("the identity provider names another issuer than LEAKGUARD_OIDC_ISSUER")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    ends = {key: found.get(key) for key in needed}
    if not all(_usable(settings, value) for value in ends.values()):
        raise Invalid("the identity provider names no usable addresses")
    return {key: str(value) for key, value in ends.items()}


def _usable(settings: Settings, value: object) -> bool:
    """https, or http where the issuer itself is spoken to so."""
    if not isinstance(value, str):
        return False
    return value.startswith("https://") or _issuer(settings).startswith("http://")


def _exchange(
    settings: Settings, where: str, code: str, verifier: str, back: str
) -> Mapping[str, Any]:
    """The code for tokens."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
        "client_id": settings.oidc_client_id,
        "client_secret": settings.oidc_client_secret.get_secret_value(),
    }
    body = urlencode({key: value for key, value in fields.items() if value}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return _asked(settings, "POST", where, kind, body)


def _verified(
    settings: Settings, ends: Mapping[str, str], tokens: Mapping[str, Any], nonce: str
) -> Mapping[str, Any]:
    """The claims of the id token, after Core 1.0, section 3.1.3.7."""
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise NotAllowed("the identity provider sent no id token")
    try:
        keys = jwt.PyJWKSet.from_dict(dict(_asked(settings, "GET", ends["jwks_uri"])))
        header = jwt.get_unverified_header(token)
        key = _key(keys, header)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(_ALGORITHMS),
            audience=settings.oidc_client_id,
            leeway=_SKEW,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError):
        raise NotAllowed("the identity provider's answer cannot be verified") from None
    if str(claims["iss"]).rstrip("/") != _issuer(settings):
        raise NotAllowed("the id token is another provider's")
    if claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise NotAllowed("the id token is another service's")
    if not crypto.same(str(claims.get("nonce", "")), nonce):
        raise NotAllowed("the id token belongs to another sign-in")
    return claims


def _key(keys: jwt.PyJWKSet, header: Mapping[str, Any]) -> jwt.PyJWK:
    """The key the token names, else the only one."""
    fitting = [key for key in keys.keys if key.public_key_use in (None, "sig")]
    named = [key for key in fitting if key.key_id == header.get("kid")]
    found = named or (fitting if "kid" not in header else [])
    if len(found) != 1:
        raise ValueError("no key of this name")
    return found[0]


def _claim(settings: Settings, claims: Mapping[str, Any], wanted: str) -> Claim:
    subject = f"{_issuer(settings)}|{claims['sub']}"
    address = claims.get("email") if claims.get("email_verified") is True else None
    given = (address, claims.get("preferred_username"))
    logins = tuple(text for text in given if isinstance(text, str) and text)
    return Claim(subject[:500], logins, str(claims.get("name") or ""), wanted)


def _github(settings: Settings, tokens: Mapping[str, Any], wanted: str) -> Claim:
    """https://docs.github.com/en/rest/users/users and .../users/emails"""
    token = tokens.get("access_token")
    if not isinstance(token, str):
        raise NotAllowed("GitHub did not sign you in")
    headers = {"Authorization": f"Bearer {token}"}
    user = _asked(settings, "GET", "https://api.github.com/user", headers)
    if not isinstance(user.get("id"), int) or not isinstance(user.get("login"), str):
        raise NotAllowed("GitHub did not say who you are")
    mails = _asked(settings, "GET", "https://api.github.com/user/emails", headers)
    verified = [
        row["email"]
        for row in mails.get("list", [])
        if isinstance(row, dict)
        and row.get("verified") is True
        and isinstance(row.get("email"), str)
    ]
    subject = f"{GITHUB}|{user['id']}"
    return Claim(subject, (*verified, user["login"]), str(user.get("name") or ""), wanted)


def _asked(
    settings: Settings,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> Mapping[str, Any]:
    """A JSON answer of the provider; a list as `{"list": ...}`. Raises Invalid without one.

    The operator chose the provider, so it may have a private address.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        answer = Client(settings, own={urlsplit(url).hostname or ""}).request(
            method, url, headers=sent, content=content, timeout=_TIMEOUT, allow_private=True
        )
        found = json.loads(answer.content)
    except JobError as error:
        raise Invalid(f"the identity provider does not answer as it should ({error})") from error
    except ValueError:
        raise Invalid("the identity provider's answer is no JSON") from None
    if isinstance(found, list):
        return {"list": found}
    if not isinstance(found, dict):
        raise Invalid("the identity provider's answer is no object")
    return found
