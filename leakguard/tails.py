"""Patterns that end in a long secret: RE2 finds where it begins, `re` how far it goes on.

RE2 follows the groups of a pattern with an automaton without a table when the program is large, and
a counted class is large: with `{7,512}` a match takes up to eight times as long as with `{7,24}`.
What such a class takes beyond its first characters is the same whoever counts them.
"""

import re
from collections.abc import Sequence
from functools import cache
from re import _constants as sre
from re import _parser as sre_parser
from typing import Final, NamedTuple

from leakguard.finder import flat
from leakguard.lines import Buffer
from leakguard.pattern import Confirmer, confirmer
from leakguard.pattern_text import LEAVES, Item, expression

Spans = tuple[int, int, int, int]
"""Start and end of a match, start and end of the secret in it; offsets in the buffer."""

_COUNT: Final = re.compile(r"\{(\d+),(\d+)\}\)\Z")
_BRIEF: Final = 24
"""Repeats that RE2 counts itself, at least as many as have to be there."""


class Seeker(NamedTuple):
    """A pattern that is looked for in a stretch of a buffer. Safe to share between threads."""

    confirmer: Confirmer
    rest: "re.Pattern[bytes] | None"
    """What of the secret the confirmer does not count."""

    def find(self, data: Buffer, start: int, stop: int) -> Spans | None:
        """The first match of the whole pattern from `start` on, nothing behind `stop` looked at."""
        match = self.confirmer.regexp.search(data, start, stop)
        if match is None:
            return None
        begin, end = match.span()
        first, last = self.confirmer.span(match)
        if self.rest is not None:
            end = last = self.rest.match(data, end, stop).end()  # type: ignore[union-attr]
        return begin, end, first, last


@cache
def seeker(pattern: str) -> Seeker:
    """The seeker of a pattern, made once. Raises PatternError."""
    count = _COUNT.search(pattern)
    least, most = (int(count[1]), int(count[2])) if count else (0, 0)
    brief = max(least, _BRIEF)
    unit = _last_unit(pattern) if count and most > brief else None
    if unit is None or count is None:
        return Seeker(confirmer(pattern), None)
    short = f"{pattern[: count.start()]}{{{least},{brief}}})"
    rest = re.compile(f"{unit}{{0,{most - brief}}}".encode("latin-1"))
    return Seeker(confirmer(short), rest)


def _last_unit(pattern: str) -> str | None:
    """What a pattern ends with, repeated, as the end of its secret, if a text can be taken apart
    into it in one way only: a byte, or one of several sequences that begin with different bytes.
    """
    tree = sre_parser.parse(pattern.encode(), re.MULTILINE)
    op, value = tree.data[-1]
    if op is not sre.SUBPATTERN or value[0] != tree.state.groupdict.get("secret"):
        return None
    _, on, off, body = value
    kind, repeat = body.data[-1]
    unit = flat(list(repeat[2]), (tree.state.flags | on) & ~off) if kind is sre.MAX_REPEAT else []
    if len(unit) != 1:
        return None
    kind, value = unit[0]
    branches = value if kind is sre.BRANCH else [unit]
    if any(op not in LEAVES for branch in branches for op, _ in branch):
        return None
    return expression(unit) if len(branches) == 1 or _differ(branches) else None


def _differ(branches: Sequence[list[Item]]) -> bool:
    """Whether no two of them begin with the same byte."""
    firsts = [re.compile(expression(branch[:1]).encode("latin-1")) for branch in branches]
    return all(
        sum(first.match(bytes([byte])) is not None for first in firsts) < 2 for byte in range(256)
    )
