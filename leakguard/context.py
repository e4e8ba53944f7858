"""Whose a value is, by what stands around it: for credentials that have no form of their own.

A rule with `near` has there how its vendor is called, and as its pattern nothing but the form of
the value: 32 hex digits are a key of Algolia where Algolia is named nearby. The automaton looks for
any value behind a word such as `key` (ANCHORS); around what it finds, the names of all vendors are
looked for at once.
"""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

from leakguard import limits
from leakguard.lines import Buffer, lines_after, lines_before
from leakguard.model import Rule
from leakguard.pattern import any_of, confirmer

_VALUE: Final = (
    r"(?P<secret>[A-Za-z_+/=.~-]{0,7}[0-9][A-Za-z0-9_+/=.~-]{9}"
    r"|[A-Za-z_+/=.~-]{8,23}[0-9][A-Za-z0-9_+/=.~-])"
)
"""The beginning of a value: nearly every random one has a digit among its first 24 characters,
names in code do not. RE2 takes a hundred times as long when it has to find the end as well."""

_REST: Final = re.compile(rb"[A-Za-z0-9_+/=.~-]*")

NAMED: Final = (
    r"(?i:key|token|secret|passwo?r?d|auth|value|bearer)[\w.-]{0,16}"
    r"""["'`\\)\]]{0,3}(?:: ?[Ss]tr(?:ing)?)?[ \t]{0,3}[-|?=:>,( ]{1,2}[ \t"'`>(\\]{0,4}"""
    r"(?:(?i:bearer|token|basic|is) )?"
) + _VALUE
"""A value behind a name: an assignment, a mapping, a header, a parameter, an argument, an XML
attribute, a sentence. Wider forms (more words, a value in any call) cost as much as all rules."""

ANCHORS: Final = (NAMED,)
"""Where the automaton looks for values, whoever they belong to."""

_END: Final = r"(?:[^A-Za-z0-9_-]|$)"


class Owned(NamedTuple):
    """A value with an owner: the number of the rule, and the secret's offsets in the value."""

    rule: int
    start: int
    end: int


class Contexts:
    """The rules of a set that have `near`; for one thread."""

    def __init__(self, rules: Sequence[Rule], numbers: Sequence[int]) -> None:
        self._rules = rules
        self._numbers = numbers
        self._owner = lru_cache(limits.SEEN_STRETCHES)(self._nearest)

    def owner(self, data: Buffer, start: int, value: tuple[int, int], end: int) -> Owned | None:
        """Whose the value that begins so is, by the nearest name around it.

        `start` and `end` are the blob's. Names on CONTEXT_LINES lines before and behind it count.
        """
        first, last = value
        last = _REST.match(data, last, min(end, last + limits.CONTEXT_VALUE_BYTES)).end()  # type: ignore[union-attr]
        left = max(start, first - limits.CONTEXT_NAME_BYTES)
        right = min(end, last + limits.CONTEXT_NAME_BYTES)
        left = lines_before(data, left, first, limits.CONTEXT_LINES)
        right = lines_after(data, last, right, limits.CONTEXT_LINES)
        return self._owner(
            bytes(data[left:first]), bytes(data[first:last]), bytes(data[last:right])
        )

    @cached_property
    def _names(self) -> Any:
        """The names of all vendors, to be looked for at once; compiled for the first value."""
        return any_of(self._rules[number].near for number in self._numbers)

    def _nearest(self, before: bytes, value: bytes, after: bytes) -> Owned | None:
        found = self._names.Match(before + b"\n" + after) or ()
        owned = [
            (self._distance(rule, before, after), not rule.words, *span, number)
            for number in map(self._numbers.__getitem__, found)
            if (span := self._form(rule := self._rules[number], before, value + after[:1]))
        ]
        if not owned:
            return None
        *_, start, end, number = min(owned)
        return Owned(number, start, end)

    def _form(self, rule: Rule, before: bytes, text: bytes) -> tuple[int, int] | None:
        """Where the secret is, when the value has the rule's form and the name the rule's words."""
        line = before[before.rfind(b"\n") + 1 :]
        if rule.words and not confirmer(f"(?i:{rule.words})").regexp.search(line):
            return None
        pattern = confirmer(rule.pattern + _END)
        match = pattern.regexp.match(text)
        return (match.start(pattern.secret), match.end(pattern.secret)) if match else None

    def _distance(self, rule: Rule, before: bytes, after: bytes) -> int:
        """Bytes to the nearest name; other lines are far, and what comes behind is farther."""
        name = confirmer(f"(?i:{rule.near})").regexp
        ends: list[int] = [match.end() for match in name.finditer(before)]
        if ends:
            return len(before) - ends[-1] + _FAR * before.count(b"\n", ends[-1])
        match = name.search(after)
        where: int = match.start() if match else len(after)
        return where + _FAR * (after.count(b"\n", 0, where) + 1)


_FAR: Final = 200
"""Bytes that a line break counts: a name on the line is nearer than one above it."""
