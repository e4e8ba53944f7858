"""What letters say about a text: how much of it is known words, how odd its letters are.

The tables come from the words of public packages; training/words.py makes them.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

_FOLDER: Final = Path(__file__).parent
_LETTERS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]")
_RUNS: Final = re.compile(r"[A-Za-z]+")
_LONGEST: Final = 15
"""Letters of the longest word in the table."""
_SCALE: Final = 16
"""Steps of a bit in the table of trigrams."""
_MOST_LETTERS: Final = 64
"""Letters of a run that are looked at."""


class Letters(NamedTuple):
    """What the letters of a text say."""

    known: float
    """Share of its letters that known words cover, 0 to 1; 1 where there is no letter."""
    surprise: float
    """Bits a letter by the trigrams of known words; 0 where there is no letter."""
    longest: int
    """Letters of the longest known word in it."""
    total: int
    """Letters from A to Z in it."""


@lru_cache(1)
def words() -> frozenset[str]:
    """The known words, in small letters."""
    return frozenset((_FOLDER / "words.txt").read_text(encoding="ascii").split())


@lru_cache(1)
def _trigrams() -> bytes:
    return (_FOLDER / "trigrams.bin").read_bytes()


def _code(letter: str) -> int:
    """1 to 26 for a letter, 0 for a border, 27 for anything else."""
    number = ord(letter) - 96
    return number if 1 <= number <= 26 else 27


@lru_cache(8192)
def letters(text: str) -> Letters:
    """What the letters of a text say; its runs of letters are judged one by one."""
    known = total = longest = 0
    bits = 0.0
    for run in _RUNS.findall(text):
        run = run[:_MOST_LETTERS]
        covered, word = _covered(run)
        known, longest = known + covered, max(longest, word)
        total += len(run)
        bits += _bits(run.lower())
    if not total:
        return Letters(1.0, 0.0, 0, 0)
    return Letters(known / total, bits / total, longest, total)


def _bits(run: str) -> float:
    table = _trigrams()
    codes = [0, 0, *map(_code, run)]
    return sum(
        table[(codes[i] * 28 + codes[i + 1]) * 28 + codes[i + 2]] / _SCALE
        for i in range(len(codes) - 2)
    )


def _covered(run: str) -> tuple[int, int]:
    """Letters of a run that known words cover, and the length of the longest of them."""
    table, covered, longest = words(), 0, 0
    for part in _LETTERS.findall(run) or [run]:
        lower = part.lower()
        if lower in table:
            covered, longest = covered + len(lower), max(longest, len(lower))
        else:
            count, word = _segmented(lower)
            covered, longest = covered + count, max(longest, word)
    whole, word = _segmented(run.lower()) if covered < len(run) else (covered, longest)
    return max(covered, whole), max(longest, word)


def _segmented(text: str) -> tuple[int, int]:
    """The most letters that words can cover without overlap, and the longest word used."""
    table = words()
    best: list[tuple[int, int]] = [(0, 0)]
    for end in range(1, len(text) + 1):
        choice = best[end - 1]
        for start in range(max(0, end - _LONGEST), end - 2):
            if text[start:end] in table:
                count, longest = best[start]
                choice = max(choice, (count + end - start, max(longest, end - start)))
        best.append(choice)
    return best[-1]
