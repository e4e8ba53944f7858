"""Patterns that count far, looked for with as few states as can be.

RE2 makes a state of its automaton when a text first leads to it, and a counted class has one for
each number. What such a class takes beyond its first characters is the same whoever counts them: at
the end of a pattern RE2 counts the beginning of a long secret, `re` goes on. And where a match may
begin at any byte there is a state for each pair of a number and a beginning that may turn into
another match: so RE2 looks for the head of a pattern first, and for all of it from there.
"""

import re
from collections.abc import Sequence
from functools import cache
from re import _constants as sre
from typing import Any, Final, NamedTuple

from leakguard.finder import prefix
from leakguard.lines import Buffer
from leakguard.pattern import Confirmer, confirmer, search
from leakguard.pattern_text import LEAVES, Item, expression
from leakguard.pattern_tree import flat, parsed

Spans = tuple[int, int, int, int]
"""Start and end of a match, start and end of the secret in it; offsets in the buffer."""

_COUNT: Final = re.compile(r"\{(\d+),(\d+)\}\)\Z")
_BRIEF: Final = 24
"""Repeats that RE2 counts itself, at least as many as have to be there."""
_HEAD: Final = 6
"""Least bytes of a head."""
_FAR: Final = range(100, 2048)
"""Longest match, in bytes, of patterns whose head is looked for first. Below it states are few,
above it are blocks such as private keys, whose matches take longer than their states."""
_TRIES: Final = 8
"""Heads from which on a pattern is looked for: a text full of them is not read from each."""


class Plan(NamedTuple):
    """How to look for a pattern that counts far. Made with the automaton: it takes a while."""

    short: str
    """The pattern, less what of the secret is left for `rest`."""
    rest: str
    """What `re` goes on with, bytes as `\\xHH`; empty for nothing."""
    head: str
    """What every match begins with, and more; empty for a pattern that is looked for at once."""


class Seeker(NamedTuple):
    """A pattern that is looked for in a stretch of a buffer. Safe to share between threads."""

    confirmer: Confirmer
    rest: "re.Pattern[bytes] | None"
    """What of the secret the confirmer does not count."""
    head: Any
    """The RE2 object of what every match begins with; None for a pattern that needs none."""

    def find(self, data: Buffer, start: int, stop: int) -> Spans | None:
        """The first match of the whole pattern from `start` on, nothing behind `stop` looked at."""
        match = self._first(data, start, stop)
        if match is None:
            return None
        begin, end = match.span()
        first, last = self.confirmer.span(match)
        if self.rest is not None:
            end = last = self.rest.match(data, end, stop).end()  # type: ignore[union-attr]
        return begin, end, first, last

    def _first(self, data: Buffer, start: int, stop: int) -> Any:
        regexp, head = self.confirmer.regexp, self.head
        if head is None:
            return regexp.search(data, start, stop)
        for _ in range(_TRIES):
            found = head.search(data, start, stop)
            if found is None:
                return None
            start = found.start()
            if (match := regexp.match(data, start, stop)) is not None:
                return match
            start += 1
        return regexp.search(data, start, stop)


def plan(pattern: str, reach: int) -> Plan | None:
    """How to look for a pattern that counts far; None for others.

    Its longest match has `reach` bytes; 0 stands for no bound.
    """
    short, rest = pattern, ""
    count = _COUNT.search(pattern)
    least, most = (int(count[1]), int(count[2])) if count else (0, 0)
    brief = max(least, _BRIEF)
    if count and most > brief and (unit := _last_unit(pattern)):
        short = f"{pattern[: count.start()]}{{{least},{brief}}})"
        rest = f"{unit}{{0,{most - brief}}}"
    if reach not in _FAR:
        return Plan(short, rest, "") if rest else None
    return Plan(short, rest, expression(prefix(parsed(pattern).items, _HEAD)))


@cache
def seeker(pattern: str, planned: Plan | None) -> Seeker:
    """The seeker of a pattern, made once. Raises PatternError."""
    short, rest, head = planned or Plan(pattern, "", "")
    return Seeker(
        confirmer(short),
        re.compile(rest.encode("latin-1")) if rest else None,
        search(head) if head else None,
    )


def _last_unit(pattern: str) -> str | None:
    """What a pattern ends with, repeated, as the end of its secret, if a text can be taken apart
    into it in one way only: a byte, or one of several sequences that begin with different bytes.
    """
    raw, flags, _ = parsed(pattern)
    op, value = raw.data[-1]
    if op is not sre.SUBPATTERN or value[0] != raw.state.groupdict.get("secret"):
        return None
    _, on, off, body = value
    kind, repeat = body.data[-1]
    unit = flat(list(repeat[2]), (flags | on) & ~off) if kind is sre.MAX_REPEAT else []
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
