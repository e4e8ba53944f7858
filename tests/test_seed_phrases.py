"""Seed phrases of wallets: the proposal's own test vectors, and what is none."""

import pytest

from leakguard.seed_phrases import bip39

LEGAL = ["legal", "winner", "thank", "year", "wave", "sausage", "worth", "useful"]


@pytest.mark.parametrize(
    "words",
    [
        ["abandon"] * 11 + ["about"],
        [*LEGAL, "legal", "winner", "thank", "yellow"],
        [*LEGAL, *LEGAL, "legal", "will"],
        ["zoo"] * 23 + ["vote"],
    ],
)
def test_vectors_of_bip_39(words: list[str]) -> None:
    assert bip39(" ".join(words).encode())
    assert bip39(", ".join(words).encode())


@pytest.mark.parametrize(
    "words",
    [
        ["abandon"] * 12,
        ["abandon"] * 10 + ["about"],
        [*LEGAL, "legal", "winner", "thank", "years"],
        ["zoo"] * 11,
    ],
)
def test_wrong_checksum_count_or_word_is_no_seed_phrase(words: list[str]) -> None:
    assert not bip39(" ".join(words).encode())
