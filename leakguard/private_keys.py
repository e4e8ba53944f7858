"""Checks of private keys: whether a base64 body is a key, and whether a passphrase protects it.

Only this module looks into DER, OpenSSH's key format and OpenPGP packets.
"""

import re
from typing import Final

from leakguard.payloads import unbase64

_JOINT: Final = re.compile(
    rb"""["'][ \t]*[+.]?[ \t]*\\?\s+[+.]?[ \t]*["']|\\+[nrt"']|[^A-Za-z0-9+/]"""
)
"""What stands between two lines of base64 in source code: quotes, operators, escapes, spaces."""
_HEAD_CHARACTERS: Final = 56
"""Base64 characters that are enough for the first fields of every format, in whole quads."""
_DER_SEQUENCE: Final = 0x30
_DER_INTEGER: Final = b"\x02\x01"
_OPENSSH: Final = b"openssh-key-v1\x00"
_OPENSSH_PLAIN: Final = b"\x00\x00\x00\x04none"
_PGP_SECRET_KEY_TAG: Final = 5
_WIREGUARD_BYTES: Final = 32


def private_key(secret: bytes, *, protected: str = "no") -> bool:
    """The body of a PEM private key, as a file has it or inside a text of source code.

    PKCS #1, SEC 1 and PKCS #8 are DER sequences that begin with a small version number (RFC 8017
    A.1.2, RFC 5915, RFC 5958); encrypted PKCS #8 begins with a sequence (RFC 5958 section 3);
    OpenSSH names its cipher first (openssh-portable, PROTOCOL.key). With `protected` "yes" only
    those that need a passphrase, else only those that do not.
    """
    head = _head(secret)
    if head.startswith(_OPENSSH):
        return head.startswith(_OPENSSH_PLAIN, len(_OPENSSH)) == (protected == "no")
    if len(head) < 8 or head[0] != _DER_SEQUENCE:
        return False
    content = head[2 + (head[1] & 0x7F if head[1] & 0x80 else 0) :]
    if protected == "yes":
        return content[:1] == bytes([_DER_SEQUENCE])
    return content.startswith(_DER_INTEGER) and content[2] <= 1


def openpgp_secret_key(secret: bytes) -> bool:
    """The first packet is a secret key (RFC 9580 sections 4.2 and 5.5.1.3)."""
    first = _head(secret)[:1] or b"\x00"
    is_new_format = bool(first[0] & 0x40)
    tag = first[0] & 0x3F if is_new_format else first[0] >> 2 & 0x0F
    return bool(first[0] & 0x80) and tag == _PGP_SECRET_KEY_TAG


def wireguard_private_key(secret: bytes) -> bool:
    """32 bytes of base64 in the form that X25519 gives a private key (RFC 7748 section 5)."""
    try:
        raw = unbase64(secret)
    except ValueError:
        return False
    return len(raw) == _WIREGUARD_BYTES and raw[0] & 7 == 0 and raw[-1] & 0xC0 == 0x40


def _head(secret: bytes) -> bytes:
    """The first bytes of a base64 body, whatever stands between its lines; empty if it is none."""
    text = _JOINT.sub(b"", secret)[:_HEAD_CHARACTERS]
    try:
        return unbase64(text)
    except ValueError:
        return b""
