"""The syntax tree of a pattern, written in PCRE syntax for Hyperscan. See pattern.py."""

import re
from re import _constants as sre
from typing import Any, Final, TypeAlias

Item: TypeAlias = tuple[Any, Any]
"""An operation of `re._parser` and its value; leaves carry their flags."""

_CATEGORIES = {
    sre.CATEGORY_DIGIT: "0-9",
    sre.CATEGORY_SPACE: r"\t\n\v\f\r ",
    sre.CATEGORY_WORD: "0-9A-Za-z_",
}
_NEGATED = {
    sre.CATEGORY_NOT_DIGIT: r"\x00-/:-\xff",
    sre.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1f!-\xff",
    sre.CATEGORY_NOT_WORD: r"\x00-/:-@\[-^`{-\xff",
}
BORDERS = {
    sre.AT_BOUNDARY: r"\b",
    sre.AT_NON_BOUNDARY: r"\B",
    sre.AT_BEGINNING: "^",
    sre.AT_END: "$",
}


LEAVES: Final = (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY)
"""What matches one byte."""
_SHORT: Final = 4
"""Bytes before a bounded repeat, up to which Hyperscan 5.4.12 may lose matches. See `expression`;
with three bytes it still did, with four it was not seen to."""


def expression(items: list[Item]) -> str:
    """The items in PCRE syntax, matching all that they match and perhaps more.

    Hyperscan loses matches of a pattern like `(?:ab|cd)[a-z]{0,20}key=` where little stands before
    the repeat, unless the repeat has no end. So it gets none there; what matches only by that, the
    confirmer refuses.
    """
    return "".join(map(_write, _opened(items, 0)[0]))


def may_be(op: Any, leaf: tuple[Any, int], byte: int) -> bool:
    """Whether a leaf may match a byte other than a letter."""
    value, flags = leaf
    if op is sre.ANY:
        return bool(flags & re.DOTALL) or byte != ord("\n")
    if op is not sre.IN:
        return (value == byte) is (op is sre.LITERAL)
    holds = any(_holds(kind, detail, byte) for kind, detail in value)
    return holds is not any(kind is sre.NEGATE for kind, _ in value)


def _holds(kind: Any, detail: Any, byte: int) -> bool:
    """Whether a part of a class holds a byte."""
    if kind is sre.LITERAL:
        return bool(detail == byte)
    if kind is sre.RANGE:
        return bool(detail[0] <= byte <= detail[1])
    if kind is sre.CATEGORY:
        text = _CATEGORIES.get(detail) or _NEGATED[detail]
        return re.match(f"[{text}]".encode(), bytes([byte])) is not None
    return False


def _opened(items: list[Item], before: int) -> tuple[list[Item], int]:
    """The items, with repeats that begin within the first bytes open; and the least width so far.

    `before` is the least width of what stands before them, in bytes.
    """
    out: list[Item] = []
    for op, value in items:
        if op is sre.BRANCH:
            branches = [_opened(branch, before) for branch in value]
            out.append((op, [branch for branch, _ in branches]))
            before = min(width for _, width in branches)
        elif op is sre.MAX_REPEAT:
            low, high, body = value
            least = _opened(body, 0)[1] * low
            is_single = len(body) == 1 and body[0][0] in LEAVES
            if is_single and high > max(low, 1) and before + least <= _SHORT:
                high = sre.MAXREPEAT
            out.append((op, (low, high, _opened(body, before)[0])))
            before += least
        else:
            out.append((op, value))
            before += op is not sre.AT
    return out, before


def _write(item: Item) -> str:
    """An item in PCRE syntax, bytes as `\\xHH`."""
    op, value = item
    if op is sre.AT:
        return BORDERS[value]
    if op is sre.BRANCH:
        return f"(?:{'|'.join(''.join(map(_write, branch)) for branch in value)})"
    if op is sre.MAX_REPEAT:
        low, high, body = value
        inner = "".join(map(_write, body))
        return f"(?:{inner}){{{low},{'' if high is sre.MAXREPEAT else high}}}"
    leaf, flags = value
    text = r"[\x00-\xff]" if op is sre.ANY and flags & re.DOTALL else _leaf(op, leaf)
    return f"(?i:{text})" if flags & re.IGNORECASE else text


def _leaf(op: Any, value: Any) -> str:
    if op is sre.ANY:
        return r"[^\n]"
    if op is sre.LITERAL:
        return f"\\x{value:02x}"
    if op is sre.NOT_LITERAL:
        return f"[^\\x{value:02x}]"
    parts = []
    negate = ""
    for kind, detail in value:
        if kind is sre.NEGATE:
            negate = "^"
        elif kind is sre.LITERAL:
            parts.append(f"\\x{detail:02x}")
        elif kind is sre.RANGE:
            parts.append(f"\\x{detail[0]:02x}-\\x{detail[1]:02x}")
        else:
            parts.append(_CATEGORIES.get(detail) or _NEGATED[detail])
    return f"[{negate}{''.join(parts)}]"
