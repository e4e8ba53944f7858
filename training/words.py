"""Makes words.txt and trigrams.bin of leakguard/generic from public packages.

python -m training.words PACKAGE... : each a wheel, an npm tarball or a folder.
"""

import math
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from training.corpus import is_text, texts

FOLDER = Path(__file__).parent.parent / "leakguard" / "generic"
WORDS = 26_000
SHORT_WORDS = ((600, 2), (4000, 3))
"""Words of two and three letters cover chance text, so only so many of the commonest words count
that are so short: rank, letters."""
LEAST_PACKAGES = 3
"""Packages that a word must stand in: a name that one project made up is no word."""
_WORD = re.compile(rb"(?<![0-9])(?:[A-Z]?[a-z]+|[A-Z]{2,}(?![a-z]))(?![0-9])")
_LETTERS = range(2, 16)


def main(packages: Iterable[str]) -> None:
    """Writes both tables."""
    spread: Counter[str] = Counter()
    for package in packages:
        spread.update(_words_of(Path(package)))
    ranked = [word for word, count in spread.most_common(WORDS) if count >= LEAST_PACKAGES]
    limits = {length: rank for rank, length in SHORT_WORDS}
    kept = [w for rank, w in enumerate(ranked) if rank < limits.get(len(w), len(ranked))]
    (FOLDER / "words.txt").write_text("\n".join(kept) + "\n", encoding="ascii")
    (FOLDER / "trigrams.bin").write_bytes(_trigrams({word: spread[word] for word in ranked}))


def _words_of(package: Path) -> set[str]:
    counts: Counter[str] = Counter()
    for _, data in texts(package):
        if is_text(data):
            counts.update(w.decode().lower() for w in _WORD.findall(data) if len(w) in _LETTERS)
    return {word for word, count in counts.items() if count > 1}


def _trigrams(words: dict[str, int]) -> bytes:
    """Bits of each letter after two others, times 16, capped; 28 codes a place."""
    counts: Counter[tuple[int, int, int]] = Counter()
    pairs: Counter[tuple[int, int]] = Counter()
    for word, spread in words.items():
        codes = [0, 0, *(ord(letter) - 96 for letter in word)]
        weight = 1 + math.log2(spread)
        for a, b, c in zip(codes, codes[1:], codes[2:], strict=False):
            counts[a, b, c] += weight
            pairs[a, b] += weight
    smooth = 0.5
    return bytes(
        min(
            255,
            round(-16 * math.log2((counts[a, b, c] + smooth) / (pairs[a, b] + 28 * smooth * 4))),
        )
        for a in range(28)
        for b in range(28)
        for c in range(28)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
