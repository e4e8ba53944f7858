"""The fixed texts in the rules' patterns: what a token holds, however it is encoded."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from re import _constants as sre
from re import _parser as sre_parser
from typing import Any

from leakguard.model import Confidence, Rule, Severity

_LEAST, _MOST = 4, 8
"""Bytes of a text: with fewer it would stand in every file, unless it is one such as `sk-`; and
more find nothing more."""

_GRAVE_MOST = 5
"""Bytes of those that are written in two ways at once: each has up to nine forms."""

_COMMON = ("aws-access-key-id", "slack-bot-token")
"""Less grave themselves, but what lies around most."""

_CHOICES = 12
"""Texts that a few alternatives may grow to, as in `gh[pousr]_`."""

_WORD = re.compile(rb"""[:="' ]*[A-Z]?[a-z]*[:="' ]*|.*/.*""", re.DOTALL)
"""A word, or a part of an address: any page in base64 has them."""

KEYWORDS = tuple(
    text.encode()
    for text in (
        "-----BEGIN", "PRIVATE KEY", "secret", "SECRET", "Secret", "token", "TOKEN", "Token",
        "_key", "_KEY", "apiKey", "ApiKey", "password", "PASSWORD", "Password",
    )
)  # fmt: skip
"""What stands near the values of rules that have no fixed text of their own."""


def fixed_texts(rules: Iterable[Rule]) -> list[bytes]:
    """For each rule the longest text that all its matches hold, cut to some bytes; sorted.

    Rules without one are found by KEYWORDS, or not at all.
    """
    found = set(KEYWORDS)
    for rule in rules:
        if rule.pattern and not rule.generic and not rule.foreign:
            found.update(_texts(rule.pattern))
    return sorted({text[:_MOST] for text in found})


def grave_texts(rules: Iterable[Rule]) -> list[bytes]:
    """The fixed texts of the rules whose leaks cost most, of those whose form is sure."""
    grave = [
        rule
        for rule in rules
        if rule.confidence is Confidence.HIGH
        and rule.pattern
        and not rule.foreign
        and (rule.severity is Severity.CRITICAL or rule.id in _COMMON)
    ]
    texts = {text[:_GRAVE_MOST] for rule in grave for text in _texts(rule.pattern)}
    return sorted(text for text in texts if len(text) >= _LEAST)


def _texts(pattern: str) -> list[bytes]:
    tree = sre_parser.parse(pattern.encode())
    runs = list(_runs(tree, tree.state.flags))
    best = max(runs, key=lambda run: min(map(len, run)), default=[b""])
    shortest = min(best, key=len)
    if any(_WORD.fullmatch(text) for text in best):
        return []
    is_prefix = shortest[:-1].isalnum() and not shortest.isalnum()
    enough = _LEAST - 1 if is_prefix else _LEAST
    return best if len(shortest) >= enough else []


def _runs(tree: Any, flags: int) -> Iterator[list[bytes]]:
    """Texts that follow one another without a gap, each in all its forms."""
    run = [b""]
    for choice in _choices(tree, flags):
        if choice is not None and len(choice) * len(run) <= _CHOICES:
            run = [first + second for first, second in product(run, choice)]
        else:
            yield run
            run = [b""]
    yield run


def _choices(tree: Any, flags: int) -> Iterator[list[bytes] | None]:
    """What each item can be, None for what is not fixed."""
    for op, value in tree:
        if op is sre.SUBPATTERN:
            yield from _choices(value[3], (flags | value[1]) & ~value[2])
        elif op is not sre.AT:
            yield None if flags & re.IGNORECASE else _choice(op, value, flags)


def _choice(op: Any, value: Any, flags: int) -> list[bytes] | None:
    if op is sre.LITERAL:
        return [bytes([value])]
    if op is sre.IN and all(kind is sre.LITERAL for kind, _ in value):
        return [bytes([byte]) for _, byte in value]
    if op is sre.BRANCH:
        branches = [list(_choices(branch, flags)) for branch in value[1]]
        if all(items and all(item and len(item) == 1 for item in items) for items in branches):
            return [b"".join(item[0] for item in items if item) for items in branches]
    return None
