"""Encodings of keys that carry their own checksum.

Only this module knows bech32, base58check and NATS nkeys; checksums.py names them for rule files.
"""

import base64
import binascii
import hashlib
from typing import Final

_BASE58: Final = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_NKEY_SEED: Final = 18 << 3
_NKEY_ROLES: Final = frozenset(index << 3 for index in (13, 2, 14, 0, 20, 23))


def bech32(secret: bytes) -> bool:
    """The last 6 characters are the bech32 checksum of the rest, all in one case.

    BIP-173, without its limit of 90 characters, as age-encryption.org/v1 uses it.
    """
    if secret not in (secret.lower(), secret.upper()):
        return False
    human, mark, data = secret.lower().rpartition(b"1")
    values = [_BECH32.find(character) for character in data]
    if not human or not mark or -1 in values:
        return False
    return _polymod([*(c >> 5 for c in human), 0, *(c & 31 for c in human), *values]) == 1


def _polymod(values: list[int]) -> int:
    """The remainder of BIP-173's code; 1 for a valid string."""
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATORS):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder


def base58check(secret: bytes) -> bool:
    """The last 4 bytes of the base58 number are the start of SHA-256 twice over the rest.

    Bitcoin wiki, "Base58Check encoding"; BIP-32 for extended keys.
    """
    number = 0
    for character in secret:
        digit = _BASE58.find(character)
        if digit < 0:
            return False
        number = number * len(_BASE58) + digit
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def nkey_seed(secret: bytes) -> bool:
    """A NATS seed: base32 of "seed", a role, 32 bytes and a CRC-16 (low byte first).

    github.com/nats-io/nkeys (strkey.go, crc16.go).
    """
    try:
        raw = base64.b32decode(secret + b"=" * (-len(secret) % 8))
    except ValueError:
        return False
    role = (raw[0] & 7) << 5 | raw[1] >> 3
    is_seed = raw[0] & 0xF8 == _NKEY_SEED and role in _NKEY_ROLES
    return is_seed and binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")
