"""Checks of wallet seed phrases: words of a list, the last of which holds a checksum.

Only this module knows BIP-39. Its English list is bip39_english.txt, as the proposal has it; it is
read when the first phrase is judged.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

_WORD_BITS: Final = 11
_WORDS: Final = (12, 15, 18, 21, 24)
_BITS_FOR_CHECKSUM_BIT: Final = 32
"""Bits of entropy for each bit of the checksum; the sum of both is a whole number of words."""


def bip39(secret: bytes) -> bool:
    """12 to 24 words of the English list, whose last bits are the start of the rest's SHA-256.

    github.com/bitcoin/bips, bip-0039.mediawiki. Words may be parted by spaces and commas.
    """
    words = secret.replace(b",", b" ").split()
    if len(words) not in _WORDS:
        return False
    number = 0
    for word in words:
        place = _places().get(word)
        if place is None:
            return False
        number = number << _WORD_BITS | place
    size = len(words) * _WORD_BITS // (_BITS_FOR_CHECKSUM_BIT + 1)
    entropy = (number >> size).to_bytes(size * _BITS_FOR_CHECKSUM_BIT // 8, "big")
    return number & (1 << size) - 1 == hashlib.sha256(entropy).digest()[0] >> 8 - size


@cache
def _places() -> Mapping[bytes, int]:
    """The number of each word, from 0."""
    words = Path(__file__).with_name("bip39_english.txt").read_bytes().split()
    return {word: place for place, word in enumerate(words)}
