"""Checks of the keys that Microsoft stamps with a signature and a Marvin32 checksum.

All facts come from github.com/microsoft/security-utilities (IdentifiableMetadata.cs,
IdentifiableSecrets.cs), recomputed on published samples where there are any; Marvin32 itself from
github.com/microsoft/SymCrypt (marvin32.c).
"""

import base64
import binascii
import zlib
from typing import Final

from leakguard.payloads import unbase64

_MASK: Final = 0xFFFFFFFF
_CLIENT_ALPHABET: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~"
_CLIENT_SEED: Final = b"AadPwd00"
_REDIS_SEED: Final = b"Access00"
_REDIS_LETTERS: Final = bytes.maketrans(b"+/", b"PF")
"""What Azure Cache for Redis puts in place of the two signs of base64."""
_ANNOTATED_SEED: Final = b"Default0"
_ANNOTATED_BODY: Final = 80
"""Characters of an annotated key before its checksum: 60 bytes."""
_ANNOTATED_TAILS: Final = (4, 6)
"""Characters of the checksum in the short and the long form."""
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAT_CHECKSUM: Final = (22, 8, 7, 2)
"""Bytes of an old Azure DevOps token that hold its checksum, low byte first."""
_PAT_SEEDS: Final = (0xE0B9692D, 0x1019F92E)
"""Of a user's token and of an application's."""


def azure_key(secret: bytes, *, seeds: str) -> bool:
    """The last 4 bytes of the base64 are the Marvin32 of the others, low byte first.

    `seeds` names the seeds to try, 8 characters each, parted by spaces.
    """
    try:
        raw = unbase64(secret)
    except ValueError:
        return False
    found = int.from_bytes(raw[-4:], "little")
    return any(marvin32(raw[:-4], seed.encode()) == found for seed in seeds.split())


def azure_redis_key(secret: bytes) -> bool:
    """A key of Azure Cache for Redis: checksum first, then letters in place of `+` and `/`."""
    try:
        body = unbase64(secret)[:-4]
    except ValueError:
        return False
    total = marvin32(body, _REDIS_SEED).to_bytes(4, "little")
    whole = binascii.b2a_base64(body + total, newline=False)
    return secret in (whole, whole.translate(_REDIS_LETTERS))


def azure_annotated_key(secret: bytes) -> bool:
    """What follows 60 bytes of base64 is their Marvin32, low byte first, as far as there is room.

    Some services write it in base64, others in base 62, filled up with zeros on the right.
    """
    body, tail = secret[:_ANNOTATED_BODY], secret[_ANNOTATED_BODY:].rstrip(b"=")
    try:
        total = marvin32(unbase64(body), _ANNOTATED_SEED).to_bytes(4, "little")
    except ValueError:
        return False
    texts = (binascii.b2a_base64(raw) for raw in (total, unbase64(_base62(total))))
    return len(tail) in _ANNOTATED_TAILS and any(text.startswith(tail) for text in texts)


def _base62(total: bytes) -> bytes:
    number, text = int.from_bytes(total, "big"), ""
    while number:
        number, digit = divmod(number, len(_BASE62))
        text = _BASE62[digit] + text
    return text.ljust(max(_ANNOTATED_TAILS), "0").encode()


def azure_client_secret(secret: bytes) -> bool:
    """The last 3 characters are the first 3 of 6 digits of the Marvin32 of the rest, in base 66."""
    number = marvin32(secret[:-3], _CLIENT_SEED)
    digits = bytearray()
    for _ in range(6):
        number, digit = divmod(number, len(_CLIENT_ALPHABET))
        digits.append(_CLIENT_ALPHABET[digit])
    return digits[::-1][:3] == secret[-3:]


def azure_devops_pat(secret: bytes) -> bool:
    """An old Azure DevOps token: 4 of 32 bytes are the CRC-32 of the other 28, xor a constant."""
    try:
        raw = base64.b32decode(secret.upper() + b"=" * (-len(secret) % 8))
    except ValueError:
        return False
    if len(raw) <= max(_PAT_CHECKSUM):
        return False
    found = int.from_bytes(bytes(raw[index] for index in _PAT_CHECKSUM), "little")
    body = bytes(byte for index, byte in enumerate(raw) if index not in _PAT_CHECKSUM)
    return zlib.crc32(body) ^ found in _PAT_SEEDS


def marvin32(data: bytes, seed: bytes) -> int:
    """The Marvin hash of `data`, its two halves folded to 32 bits by xor. `seed` has 8 bytes."""
    high, low = int.from_bytes(seed[:4], "big"), int.from_bytes(seed[4:], "big")
    padded = data + b"\x80" + b"\x00" * (3 - len(data) % 4)
    for start in range(0, len(padded), 4):
        low = (low + int.from_bytes(padded[start : start + 4], "little")) & _MASK
        low, high = _mix(low, high)
    low, high = _mix(low, high)
    return low ^ high


def _mix(low: int, high: int) -> tuple[int, int]:
    """One round over the state."""
    high ^= low
    low = (_rotate(low, 20) + high) & _MASK
    high = _rotate(high, 9) ^ low
    low = (_rotate(low, 27) + high) & _MASK
    return low, _rotate(high, 19)


def _rotate(word: int, count: int) -> int:
    """`word` of 32 bits, rotated to the left by `count` bits."""
    return (word << count | word >> 32 - count) & _MASK
