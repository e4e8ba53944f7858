"""What a finding shows and stores in place of its secret: a masked preview and a fingerprint."""

import hashlib
import hmac

from leakguard import limits

_KEY = b"leakguard/v1"


def preview(secret: bytes) -> str:
    """The first and last characters with `…` between: at most a quarter of the secret in all."""
    text = secret.decode(errors="replace")
    count = min(limits.PREVIEW_CHARACTERS, len(text) // (2 * limits.PREVIEW_SHARE))
    head, tail = text[:count], text[len(text) - count :]
    return "…".join("".join(c if c.isprintable() else "?" for c in part) for part in (head, tail))


def identity(key: bytes, family: str, secret: bytes) -> str:
    """64 hex digits that are the same wherever the secret is; empty without a key.

    HMAC-SHA-256 (RFC 2104). Whoever does not have the key can neither guess nor compare.
    """
    if not key:
        return ""
    return hmac.new(key, family.encode() + b"\0" + secret, hashlib.sha256).hexdigest()


def fingerprint(family: str, secret: bytes, path: str) -> str:
    """32 hex digits that stay the same while the secret stays in the file, on whatever line.

    HMAC-SHA-256 (RFC 2104). A secret short enough to be guessed goes through PBKDF2 (RFC 8018)
    first, so that a list of fingerprints is no help in guessing it.
    """
    if len(secret) < limits.GUESSABLE_CHARACTERS:
        secret = hashlib.pbkdf2_hmac("sha256", secret, _KEY, limits.SLOW_HASH_ROUNDS)
    text = b"\0".join((family.encode(), secret, path.encode(errors="surrogateescape")))
    return hmac.new(_KEY, text, hashlib.sha256).hexdigest()[:32]
