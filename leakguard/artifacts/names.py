"""When an identifier, a product's name or a signer is the one that somebody wrote down. Pure.

Nothing tells upper from lower case.
"""

import re
from fnmatch import fnmatchcase

from leakguard.artifacts.model import Signer

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SEPARATORS = re.compile(r"[\s._-]+")
_ATTRIBUTE = re.compile(r"\A\s*[A-Za-z][A-Za-z0-9.]*=")
_BEHIND = (".", ":", "/")


def covers(own: str, identifier: str) -> bool:
    """Whether an identifier is the own one, below it, or what the glob says."""
    own, identifier = own.strip().casefold(), identifier.casefold()
    if any(sign in own for sign in "*?["):
        return fnmatchcase(identifier, own)
    if own.endswith((*_BEHIND, "-")):
        return identifier.startswith(own)
    return bool(own) and (
        identifier == own or identifier.startswith(tuple(own + sign for sign in _BEHIND))
    )


def is_same_name(one: str, other: str) -> bool:
    """Whether two names of products are the same."""
    return bool(one.strip()) and _name(one) == _name(other)


def has_signed(text: str, signer: Signer) -> bool:
    """Whether a text of `Ownership.signers` means this signer."""
    if _DIGEST.fullmatch(plain(text)):
        return plain(text) == signer.sha256.lower()
    if not _ATTRIBUTE.match(text):
        return has_words(text, signer.subject)
    attributes = {part.strip().casefold() for part in _attributes(signer.subject)}
    return all(part.strip().casefold() in attributes for part in _attributes(text))


def plain(text: str) -> str:
    """A SHA-256, also with colons, as lower-case hex digits; anything else as it is."""
    digits = re.sub(r"[\s:]", "", text).lower()
    return digits if _DIGEST.fullmatch(digits) else text.strip()


def _name(text: str) -> str:
    return _SEPARATORS.sub("-", text.strip()).casefold()


def has_words(words: str, text: str) -> bool:
    """Whether the words stand in a text, not as parts of longer ones."""
    pattern = rf"(?<!\w){re.escape(words.strip())}(?!\w)"
    return bool(words.strip() and re.search(pattern, text, re.IGNORECASE))


def _attributes(subject: str) -> list[str]:
    """`CN=Acme, O=Acme Ltd` taken apart; a comma within a value has `\\` before it (RFC 4514)."""
    return [part for part in re.split(r"(?<!\\)[,+]", subject) if part.strip()]
