"""Text from elsewhere, made fit for a message: one line, no control characters, bounded."""

import re
import unicodedata
from typing import Final

_DIRECTION: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that turn text around, so that a path can look like another (CVE-2021-42574)."""

_ODD: Final = frozenset(("Cc", "Zl", "Zp", "Cs"))
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def line(value: str, most: int = 300) -> str:
    """The text as one line of at most `most` characters; what was cut off is said with an …."""
    plain = "".join(" " if _odd(character) else character for character in value[: 4 * most])
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def path(value: str, most: int = 300) -> str:
    """A path as one line; of a long one, the end is kept: it says more."""
    if len(value) > most:
        value = "…" + value[1 - most :]
    return "".join("?" if _odd(character) else character for character in value)


def first_sentence(text: str) -> str:
    """The first sentence, as one line."""
    return line(_SENTENCE.split(" ".join(text.split()), 1)[0], 500)


def _odd(character: str) -> bool:
    return character in _DIRECTION or unicodedata.category(character) in _ODD
