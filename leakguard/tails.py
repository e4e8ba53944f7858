"""Patterns that end in a long secret: RE2 finds where it begins, `re` how far it goes on.

RE2 follows the groups of a pattern with an automaton without a table when the program is large, and
a counted class is large: with `{7,512}` a match takes up to eight times as long as with `{7,24}`.
What such a class takes beyond its first characters is the same whoever counts them.
"""

import re
from functools import cache
from re import _constants as sre
from re import _parser as sre_parser
from typing import Final, NamedTuple

from leakguard.lines import Buffer
from leakguard.pattern import Confirmer, confirmer
from leakguard.pattern_text import expression

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
    leaf = _last_leaf(pattern) if count and most > brief else None
    if leaf is None or count is None:
        return Seeker(confirmer(pattern), None)
    short = f"{pattern[: count.start()]}{{{least},{brief}}})"
    rest = re.compile(f"{leaf}{{0,{most - brief}}}".encode("latin-1"))
    return Seeker(confirmer(short), rest)


def _last_leaf(pattern: str) -> str | None:
    """The class of bytes that a pattern ends with, repeated, as the end of its secret; or None."""
    tree = sre_parser.parse(pattern.encode(), re.MULTILINE)
    op, value = tree.data[-1]
    if op is not sre.SUBPATTERN or value[0] != tree.state.groupdict.get("secret"):
        return None
    _, on, off, body = value
    kind, repeat = body.data[-1]
    if kind is not sre.MAX_REPEAT or len(repeat[2].data) != 1:
        return None
    kind, leaf = repeat[2].data[0]
    if kind not in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
        return None
    return expression([(kind, (leaf, (tree.state.flags | on) & ~off))])
