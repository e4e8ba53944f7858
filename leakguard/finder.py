"""A rule's pattern as the automaton looks for it; pattern.py looks again at what it finds.

The finder over-approximates: wherever the pattern matches, the finder matches a prefix of that
match (without what the match may begin with but need not). It is cut after FINDER_BYTES and before
an open end, so that the automaton stays small and reports each occurrence once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from re import _constants as sre

from leakguard import limits
from leakguard.pattern import PatternError
from leakguard.pattern_text import Item, expression
from leakguard.pattern_tree import (
    fixed_bytes,
    has_text_border,
    is_in_line,
    is_open,
    parsed,
    width_of,
)


@dataclass(frozen=True, slots=True)
class Finder:
    """What the automaton looks for, and what its hits say about the match. Widths are bytes."""

    expression: str
    """For Hyperscan, with HS_FLAG_MULTILINE."""
    least: int
    """Shortest distance from a match's start to a hit."""
    most: int
    """Longest distance from a match's start to its first hit."""
    reach: int
    """Longest match, or 0 when it has no bound."""
    fixed: int = limits.FINDER_LITERALS
    """Fixed bytes in a row that the automaton looks for."""
    in_line: bool = False
    """Whether a match holds no line break, or only as its first or last byte."""
    whole: bool = False
    """A hit only says that the blob is worth searching: for keywords, or since the pattern speaks
    of the beginning or the end of the text."""

    @property
    def is_open(self) -> bool:
        """Whether a match may begin at any distance before a hit: `most` is then a guess."""
        return ",}" in self.expression  # literals are written as \xHH


def finder(pattern: str, budget: int = limits.FINDER_BYTES) -> Finder:
    """The finder of a pattern, cut after `budget` bytes.

    Raises PatternError for look-around, back references and patterns that may match nothing.
    """
    tree = parsed(pattern)
    items = tree.items
    low, high = width_of(items)
    if low == 0:
        raise PatternError(f"`{pattern}` matches the empty text")
    before, items = _without_lead(items)
    skipped, items = _from_literal(items, budget)
    cut = prefix(items, budget)
    least, most = width_of(cut)
    return Finder(
        expression=expression(cut),
        least=skipped[0] + least,
        most=min(before + skipped[1] + most, limits.BACK_BYTES),
        reach=0 if is_open(tree.raw) else high,
        fixed=fixed_bytes(cut),
        in_line=is_in_line(tree.items),
        whole=has_text_border(tree.raw, tree.flags),
    )


def prefix(items: list[Item], budget: int) -> list[Item]:
    """What every match begins with: of the items the first that take `budget` bytes or more."""
    return _without_tail(_cut(items, budget))


def keyword_finder(keywords: Iterable[str]) -> Finder:
    """The finder of a pattern that says little: where one of the words is, in any case."""
    words = (re.escape(word) for word in keywords)
    return replace(finder(f"(?i:{'|'.join(words)})"), whole=True)


def _without_lead(items: list[Item]) -> tuple[int, list[Item]]:
    """Longest length of what may but need not come first, and the rest."""
    lead = 0
    for index, (op, value) in enumerate(items):
        rest = items[index:]
        if op is sre.AT and not any(width_of([item])[0] == 0 for item in rest[1:2]):
            # A token behind `\\n` does not begin at the border of a word: see decode.py.
            bare = (
                value is sre.AT_BOUNDARY
                and fixed_bytes(rest[1:2])
                and fixed_bytes(rest) >= limits.FINDER_LITERALS
            )
            return lead, rest[1:] if bare else rest
        if op is not sre.AT and width_of([(op, value)])[0] > 0:
            return lead, rest
        lead += width_of([(op, value)])[1]
    return lead, []


def _from_literal(items: list[Item], budget: int) -> tuple[tuple[int, int], list[Item]]:
    """The items from where they hold fixed characters, and the widths of what is left out.

    A pattern that begins with a wide class (a base64 key with its mark near the end) would fire
    all over; only some of that class is kept, before the mark.
    """
    best, start = fixed_bytes(_cut(items, budget)), 0
    if best >= limits.FINDER_LITERALS:
        return (0, 0), items
    for index in range(1, len(items)):
        fixed = fixed_bytes(_cut(items[index:], budget))
        if fixed > best:
            best, start = fixed, index
    if not start:
        return (0, 0), items
    op, value = items[start - 1]
    kept: list[Item] = []
    if op is sre.MAX_REPEAT and width_of(value[2]) == (1, 1):
        times = min(value[0], limits.FINDER_LEAD_BYTES)
        kept = [(op, (times, times, value[2]))]
    low, high = width_of(items[:start])
    width = width_of(kept)[0]
    return (low - width, high - width), [*kept, *items[start:]]


def _cut(items: list[Item], budget: int) -> list[Item]:
    """The first items that together take `budget` bytes at least, or all."""
    out: list[Item] = []
    for op, value in items:
        if budget <= 0:
            break
        if op is sre.MAX_REPEAT and (inner := width_of(value[2])[0]) * value[0] >= budget:
            times = -(-budget // inner)
            out.append((op, (times, times, value[2])))
            break
        out.append((op, value))
        budget -= width_of([(op, value)])[0]
    return out


def _without_tail(items: list[Item]) -> list[Item]:
    """The items without an open or optional end: the shortest form that decides."""
    items = list(items)
    while items:
        op, value = items[-1]
        if op is sre.AT or (op is sre.MAX_REPEAT and value[0] == 0):
            items.pop()
        elif op is sre.MAX_REPEAT and value[1] != value[0]:
            items[-1] = (op, (value[0], value[0], value[2]))
        elif op is sre.BRANCH and all(branches := [_without_tail(branch) for branch in value]):
            items[-1] = (op, branches)
            return items
        elif op is sre.BRANCH:  # one of them may match nothing
            items.pop()
        else:
            return items
    return items
