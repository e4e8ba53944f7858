"""What is written for Hyperscan finds every match, also where Hyperscan by itself does not."""

import random
import re

import hyperscan
import pytest

from leakguard.finder import finder

NAMES = ["ab", "cd", "nr", "abc", "bcde", "x_ab"]


def hits(expression: str, text: bytes) -> list[int]:
    """Where Hyperscan says that the expression ends."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode()], ids=[0], elements=1, flags=hyperscan.HS_FLAG_MULTILINE
    )
    found: list[int] = []
    database.scan(
        text, match_event_handler=lambda _id, _start, end, _flags, _context: found.append(end)
    )
    return found


@pytest.mark.parametrize("seed", range(60))
def test_no_match_is_lost_behind_a_short_name(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time
    names = chance.sample(NAMES, chance.randint(2, 3))
    most = chance.choice([14, 16, 20, 60])
    pattern = rf"(?i:{'|'.join(names)})\w{{0,{most}}}licensekey=(?P<secret>[0-9]{{8}})"
    fills = ("q" * chance.choice([0, 0, 1, most]) for _ in range(12))
    lines = (f" {chance.choice(names)}{fill}licensekey=40719382" for fill in fills)
    text = ("zz " * 30 + "\n".join(lines)).encode()

    made = finder(pattern)

    found = hits(made.expression, text)
    for match in re.finditer(pattern.encode(), text):
        low, high = match.start() + made.least, match.start() + made.most
        assert any(low <= end <= high for end in found), (pattern, match)


def test_a_repeat_further_on_keeps_its_bounds() -> None:
    assert "{0,20}" in finder("abcde[a-z]{0,20}key=(?P<secret>[0-9]{8})").expression
    assert "{0,20}" not in finder("ab[a-z]{0,20}key=(?P<secret>[0-9]{8})").expression
