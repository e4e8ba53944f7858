"""Keys: what encrypts the database's secrets, what makes tokens, what names secrets found.

Three uses, three keys. The keyring (Fernet, https://github.com/fernet/spec) encrypts webhook
secrets and forge tokens at rest. Each tenant has a random key of its own for the identities of the
secrets found (HMAC-SHA-256, RFC 2104): it is stored encrypted, so changing the keyring changes no
identity. Tokens of the API and of sessions are 256 random bits of which only the SHA-256 is stored.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from leakguard_service.errors import SettingsError
from leakguard_service.settings import Settings

TOKEN_PREFIX: Final = "lgs_"  # noqa: S105 - no token, only how one begins
"""Begins every API token, so that scanners can know one."""


class Keyring:
    """Encrypts with the first key, decrypts with any."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernets = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SettingsError(
                "LEAKGUARD_SECRET_KEY is no Fernet key: make one with"
                " `python3 -c 'import base64,os; print(base64.urlsafe_b64encode("
                "os.urandom(32)).decode())'`"
            ) from error

    def seal(self, text: str) -> str:
        """The text, encrypted; empty stays empty."""
        return self._fernets.encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """What was sealed. Raises SettingsError when the key it was sealed with is not there."""
        if not sealed:
            return ""
        try:
            return self._fernets.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SettingsError(
                "what the database holds was encrypted with another key: give the old key too,"
                " behind the new one, in LEAKGUARD_SECRET_KEY"
            ) from error

    def reseal(self, sealed: str) -> str:
        """The same under the first key."""
        return self._fernets.rotate(sealed.encode()).decode() if sealed else ""


def keyring(settings: Settings) -> Keyring:
    """The keys of the settings, else of `secret.key` in the data folder, made when missing."""
    given = settings.secret_key.get_secret_value()
    if given:
        return Keyring([key.strip() for key in given.split(",") if key.strip()])
    return Keyring(_stored(settings.data_dir / "secret.key").split())


def _stored(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(handle, "w") as stream:
        stream.write(Fernet.generate_key().decode() + "\n")
    return path.read_text()


def new_token(prefix: str = TOKEN_PREFIX) -> str:
    """A token of 256 random bits in URL-safe base64."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token: SHA-256 in hex. 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(one: str | bytes, other: str | bytes) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    left = one.encode() if isinstance(one, str) else one
    right = other.encode() if isinstance(other, str) else other
    return hmac.compare_digest(left, right)


def new_key() -> str:
    """A tenant's key, 32 random bytes in hex."""
    return secrets.token_hex(32)
