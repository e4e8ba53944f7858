"""The syntax tree of a pattern, taken apart and measured.

It comes from the standard library's own parser (`re._parser`, there since Python 3.11).
"""

import re
from collections.abc import Sequence
from itertools import chain
from re import _constants as sre
from re import _parser as sre_parser
from typing import Any, NamedTuple

from leakguard import limits
from leakguard.pattern import PatternError
from leakguard.pattern_text import BORDERS, Item, may_be

_LINE_BREAK = ord("\n")


class Tree(NamedTuple):
    """A pattern as the parser has it, and without its groups."""

    raw: Any
    flags: int
    items: list[Item]


def parsed(pattern: str) -> Tree:
    """Raises PatternError for what is no pattern, for look-around and back references."""
    try:
        raw = sre_parser.parse(pattern.encode(), re.MULTILINE)
    except re.error as error:
        raise PatternError(f"`{pattern}` is no regular expression: {error}") from error
    return Tree(raw, raw.state.flags, flat(list(raw), raw.state.flags))


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


def width_of(items: list[Item]) -> tuple[int, int]:
    """Shortest and longest length in bytes, an open repeat taken as OPEN_REPEAT_BYTES."""
    low = high = 0
    for op, value in items:
        if op is sre.BRANCH:
            widths = [width_of(branch) for branch in value]
            low += min(w[0] for w in widths)
            high += max(w[1] for w in widths)
        elif op is sre.MAX_REPEAT:
            least, most, body = value
            inner = width_of(body)
            low += least * inner[0]
            high += limits.OPEN_REPEAT_BYTES if most is sre.MAXREPEAT else most * inner[1]
        elif op is not sre.AT:
            low, high = low + 1, high + 1
    return low, high


def fixed_bytes(items: list[Item]) -> int:
    """How many bytes are literals that stand next to one another, at least."""
    best = run = 0
    for op, value in items:
        if op is sre.BRANCH:
            run += min((fixed_bytes(branch) for branch in value), default=0)
        elif op is sre.LITERAL:
            run += 1
        elif op is sre.MAX_REPEAT and value[0]:
            run = max(fixed_bytes(value[2]), run if value[1] == value[0] == 1 else 0)
        elif op is not sre.AT:
            run = 0
        best = max(best, run)
    return best


def is_open(items: Any) -> bool:
    """Whether an open repeat occurs anywhere."""
    return any(
        (op in (sre.MAX_REPEAT, sre.MIN_REPEAT) and value[1] is sre.MAXREPEAT)
        or any(map(is_open, _bodies(op, value)))
        for op, value in items
    )


def is_in_line(items: list[Item]) -> bool:
    """Whether only the first and the last item may be a line break, and nothing else before or
    behind it."""
    first, last = (width_of(items[at : at + 1 or None])[1] <= 1 for at in (0, -1))
    return not any(map(_may_break, items[1 if first else 0 : -1 if last else None]))


def _may_break(item: Item) -> bool:
    """Whether an item may match a line break, alone or with others."""
    op, value = item
    if op is sre.BRANCH:
        return any(map(_may_break, chain.from_iterable(value)))
    if op is sre.MAX_REPEAT:
        return any(map(_may_break, value[2]))
    return op is not sre.AT and may_be(op, value, _LINE_BREAK)


def has_text_border(items: Any, flags: int) -> bool:
    """Whether `^` or `$` occurs where it does not mean a line."""
    for op, value in items:
        if op is sre.AT and value in (sre.AT_BEGINNING, sre.AT_END) and not flags & re.MULTILINE:
            return True
        inner = (flags | value[1]) & ~value[2] if op is sre.SUBPATTERN else flags
        if any(has_text_border(body, inner) for body in _bodies(op, value)):
            return True
    return False


def _bodies(op: Any, value: Any) -> Sequence[Any]:
    """The patterns inside of an item of the syntax tree."""
    if op is sre.BRANCH:
        return list(value[1])
    if op is sre.SUBPATTERN:
        return [value[3]]
    return [value[2]] if op in (sre.MAX_REPEAT, sre.MIN_REPEAT) else []
