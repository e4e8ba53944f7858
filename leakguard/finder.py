"""A rule's pattern as the automaton looks for it; pattern.py looks again at what it finds.

The finder over-approximates: wherever the pattern matches, the finder matches a prefix of that
match (without what the match may begin with but need not). It is cut after FINDER_BYTES and before
an open end, so that the automaton stays small and reports each occurrence once. The syntax tree
comes from the standard library's own parser (`re._parser`, there since Python 3.11).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from re import _constants as sre
from re import _parser as sre_parser
from typing import Any

from leakguard import limits
from leakguard.pattern import PatternError
from leakguard.pattern_text import BORDERS, Item, expression, may_be

_LINE_BREAK = ord("\n")


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
    try:
        tree = sre_parser.parse(pattern.encode(), re.MULTILINE)
    except re.error as error:
        raise PatternError(f"`{pattern}` is no regular expression: {error}") from error
    items = flat(list(tree), tree.state.flags)
    low, high = _width(items)
    if low == 0:
        raise PatternError(f"`{pattern}` matches the empty text")
    in_line = _is_in_line(items)
    before, items = _without_lead(items)
    skipped, items = _from_literal(items, budget)
    cut = prefix(items, budget)
    least, most = _width(cut)
    return Finder(
        expression=expression(cut),
        least=skipped[0] + least,
        most=min(before + skipped[1] + most, limits.BACK_BYTES),
        reach=0 if _is_open(tree) else high,
        fixed=_fixed(cut),
        in_line=in_line,
        whole=_has_text_border(tree, tree.state.flags),
    )


def prefix(items: list[Item], budget: int) -> list[Item]:
    """What every match begins with: of the items the first that take `budget` bytes or more."""
    return _without_tail(_cut(items, budget))


def keyword_finder(keywords: Iterable[str]) -> Finder:
    """The finder of a pattern that says little: where one of the words is, in any case."""
    words = (re.escape(word) for word in keywords)
    return replace(finder(f"(?i:{'|'.join(words)})"), whole=True)


def flat(items: list[Item], flags: int) -> list[Item]:
    """Groups without alternatives dissolved; each leaf marked with the flags that hold for it."""
    out: list[Item] = []
    for op, value in items:
        if op is sre.SUBPATTERN:
            _, on, off, body = value
            out.extend(flat(list(body), (flags | on) & ~off))
        elif op is sre.BRANCH:
            out.append((op, [flat(list(branch), flags) for branch in value[1]]))
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            low, high, body = value
            out.append((sre.MAX_REPEAT, (low, high, flat(list(body), flags))))
        elif op in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
            out.append((op, (value, flags)))
        elif op is sre.AT and value in BORDERS:
            out.append((op, value))
        else:
            what = str(value if op is sre.AT else op).lower()
            raise PatternError(f"`{what}` is not allowed in a pattern: see CONTRIBUTING.md")
    return out


def _width(items: list[Item]) -> tuple[int, int]:
    """Shortest and longest length in bytes, an open repeat taken as OPEN_REPEAT_BYTES."""
    low = high = 0
    for op, value in items:
        if op is sre.BRANCH:
            widths = [_width(branch) for branch in value]
            low += min(w[0] for w in widths)
            high += max(w[1] for w in widths)
        elif op is sre.MAX_REPEAT:
            least, most, body = value
            inner = _width(body)
            low += least * inner[0]
            high += limits.OPEN_REPEAT_BYTES if most is sre.MAXREPEAT else most * inner[1]
        elif op is not sre.AT:
            low, high = low + 1, high + 1
    return low, high


def _is_open(items: Any) -> bool:
    """Whether an open repeat occurs anywhere."""
    return any(
        (op in (sre.MAX_REPEAT, sre.MIN_REPEAT) and value[1] is sre.MAXREPEAT)
        or any(map(_is_open, _bodies(op, value)))
        for op, value in items
    )


def _is_in_line(items: list[Item]) -> bool:
    """Whether only the first and the last item may be a line break, and nothing else before or
    behind it."""
    first, last = (_width(items[at : at + 1 or None])[1] <= 1 for at in (0, -1))
    return not any(map(_may_break, items[1 if first else 0 : -1 if last else None]))


def _may_break(item: Item) -> bool:
    """Whether an item may match a line break, alone or with others."""
    op, value = item
    if op is sre.BRANCH:
        return any(map(_may_break, chain.from_iterable(value)))
    if op is sre.MAX_REPEAT:
        return any(map(_may_break, value[2]))
    return op is not sre.AT and may_be(op, value, _LINE_BREAK)


def _has_text_border(items: Any, flags: int) -> bool:
    """Whether `^` or `$` occurs where it does not mean a line."""
    for op, value in items:
        if op is sre.AT and value in (sre.AT_BEGINNING, sre.AT_END) and not flags & re.MULTILINE:
            return True
        inner = (flags | value[1]) & ~value[2] if op is sre.SUBPATTERN else flags
        if any(_has_text_border(body, inner) for body in _bodies(op, value)):
            return True
    return False


def _bodies(op: Any, value: Any) -> Sequence[Any]:
    """The patterns inside of an item of the syntax tree."""
    if op is sre.BRANCH:
        return list(value[1])
    if op is sre.SUBPATTERN:
        return [value[3]]
    return [value[2]] if op in (sre.MAX_REPEAT, sre.MIN_REPEAT) else []


def _without_lead(items: list[Item]) -> tuple[int, list[Item]]:
    """Longest length of what may but need not come first, and the rest."""
    lead = 0
    for index, (op, value) in enumerate(items):
        rest = items[index:]
        if op is sre.AT and not any(_width([item])[0] == 0 for item in rest[1:2]):
            # A token behind `\\n` does not begin at the border of a word: see decode.py.
            bare = (
                value is sre.AT_BOUNDARY
                and _fixed(rest[1:2])
                and _fixed(rest) >= limits.FINDER_LITERALS
            )
            return lead, rest[1:] if bare else rest
        if op is not sre.AT and _width([(op, value)])[0] > 0:
            return lead, rest
        lead += _width([(op, value)])[1]
    return lead, []


def _from_literal(items: list[Item], budget: int) -> tuple[tuple[int, int], list[Item]]:
    """The items from where they hold fixed characters, and the widths of what is left out.

    A pattern that begins with a wide class (a base64 key with its mark near the end) would fire
    all over; only some of that class is kept, before the mark.
    """
    best, start = _fixed(_cut(items, budget)), 0
    if best >= limits.FINDER_LITERALS:
        return (0, 0), items
    for index in range(1, len(items)):
        fixed = _fixed(_cut(items[index:], budget))
        if fixed > best:
            best, start = fixed, index
    if not start:
        return (0, 0), items
    op, value = items[start - 1]
    kept: list[Item] = []
    if op is sre.MAX_REPEAT and _width(value[2]) == (1, 1):
        times = min(value[0], limits.FINDER_LEAD_BYTES)
        kept = [(op, (times, times, value[2]))]
    low, high = _width(items[:start])
    width = _width(kept)[0]
    return (low - width, high - width), [*kept, *items[start:]]


def _fixed(items: list[Item]) -> int:
    """How many bytes are literals that stand next to one another, at least."""
    best = run = 0
    for op, value in items:
        if op is sre.BRANCH:
            run += min((_fixed(branch) for branch in value), default=0)
        elif op is sre.LITERAL:
            run += 1
        elif op is sre.MAX_REPEAT and value[0]:
            run = max(_fixed(value[2]), run if value[1] == value[0] == 1 else 0)
        elif op is not sre.AT:
            run = 0
        best = max(best, run)
    return best


def _cut(items: list[Item], budget: int) -> list[Item]:
    """The first items that together take `budget` bytes at least, or all."""
    out: list[Item] = []
    for op, value in items:
        if budget <= 0:
            break
        if op is sre.MAX_REPEAT and (inner := _width(value[2])[0]) * value[0] >= budget:
            times = -(-budget // inner)
            out.append((op, (times, times, value[2])))
            break
        out.append((op, value))
        budget -= _width([(op, value)])[0]
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
