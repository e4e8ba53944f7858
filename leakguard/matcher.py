"""Rules -> automaton; windows -> hits. Only this module and cache.py know Hyperscan.

The automaton runs over whole windows and says where a finder ends; scanner.py makes candidates of
that.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import hyperscan

from leakguard import checksums, limits
from leakguard.context import ANCHORS
from leakguard.errors import RuleError
from leakguard.filters import rejected
from leakguard.model import Rule, Window
from leakguard.pattern import Finder, PatternError, confirmer, finder

Hits = list[tuple[int, int]]
"""Pairs of (offset in the window at which a finder ends, number of its rule)."""


class Matcher:
    """A compiled rule set. Never changes; threads may share it, each with a Scanner of its own."""

    def __init__(
        self, rules: Sequence[Rule], finders: Sequence[Finder | None], database: Any
    ) -> None:
        self.rules = rules
        self.finders = tuple(finders)
        self.database = database
        self.partners: dict[str, list[int]] = {}
        """Rules that are looked for beside the candidates of the rule with this id."""
        self.contextual = [
            number
            for number, found in enumerate(finders)
            if found is not None and not found.expression
        ]
        """Rules whose values are looked for by the anchors, whose numbers follow the rules'."""
        for number, found in enumerate(finders):
            if found is None and (partner := rules[number].partner):
                self.partners.setdefault(partner.rule, []).append(number)
        self._judges: dict[int, Callable[[bytes], bool]] = {}

    def hits(self, window: Window, scratch: Any) -> Hits:
        """Where the automaton fires, ordered by offset. Runs without the interpreter's lock."""
        found: Hits = []
        if window.length and self.database is not None:
            view = memoryview(window.data)[: window.length]
            self.database.scan(view, match_event_handler=_collect, context=found, scratch=scratch)
        found.sort()
        return found

    def scratch(self) -> Any:
        """Working memory for one thread's calls of `hits`."""
        return hyperscan.Scratch(self.database) if self.database is not None else None

    def accepts(self, number: int, secret: bytes) -> bool:
        """Whether a secret passes the filters, entropy, check and allow list of its rule."""
        judge = self._judges.get(number)
        if judge is None:
            judge = self._judges[number] = _judge(self.rules[number])
        return judge(secret)


def _collect(number: int, _start: int, end: int, _flags: int, found: Hits) -> None:
    found.append((end, number))


def _judge(rule: Rule) -> Callable[[bytes], bool]:
    allowed = [confirmer(pattern).regexp for pattern in rule.allow]
    check = checksums.checker(rule.check) if rule.check else None

    def judge(secret: bytes) -> bool:
        return (
            rejected(rule, secret) is None
            and entropy(secret) >= rule.entropy
            and not any(regexp.search(secret) for regexp in allowed)
            and (check is None or check(secret))
        )

    return judge


def entropy(secret: bytes) -> float:
    """Shannon entropy of the bytes, in bits per byte; 0 for nothing."""
    length = len(secret)
    shares = [secret.count(byte) / length for byte in set(secret)]
    return -sum(share * math.log2(share) for share in shares)


def load_matcher(rules: Sequence[Rule]) -> Matcher:
    """Compiles the rules. Takes about a second for some hundred; see cache.py.

    Raises RuleError for a pattern that Hyperscan refuses in every form.
    """
    finders = [_finder(rule) for rule in rules]
    if any(rule.near for rule in rules):
        finders += map(finder, ANCHORS)
    numbers = [number for number, found in enumerate(finders) if found and found.expression]
    try:
        return Matcher(rules, finders, _compile(finders, numbers))
    except hyperscan.HyperscanError:
        for number in _refused(finders, numbers):
            finders[number] = _smaller_finder(rules[number])
    return Matcher(rules, finders, _compile(finders, numbers))


def _finder(rule: Rule) -> Finder | None:
    """None for a rule that is looked for around its partner, an empty one for one with `near`."""
    if rule.near:
        return Finder(expression="", least=0, most=0, reach=0)
    return None if rule.partner else finder(rule.pattern)


def _refused(finders: Sequence[Finder | None], numbers: Sequence[int]) -> list[int]:
    """The numbers of the finders that Hyperscan refuses; by halves, since one by one is slow."""
    try:
        _compile(finders, numbers)
    except hyperscan.HyperscanError:
        half = len(numbers) // 2
        if not half:
            return list(numbers)
        return _refused(finders, numbers[:half]) + _refused(finders, numbers[half:])
    return []


def _smaller_finder(rule: Rule) -> Finder:
    """The longest finder of a rule that Hyperscan accepts by itself."""
    budget = limits.FINDER_BYTES
    while budget:
        try:
            found = finder(rule.pattern, budget)
            _compile([found], [0])
        except hyperscan.HyperscanError:
            budget //= 2
        except PatternError as error:
            raise RuleError(f"{rule.file}: rule {rule.id}: {error}") from error
        else:
            return found
    raise RuleError(
        f"{rule.file}: rule {rule.id}: Hyperscan refuses `{rule.pattern}`: make it begin with"
        " fixed characters or bound its repeats"
    )


def _compile(finders: Sequence[Finder | None], numbers: Sequence[int]) -> Any:
    if not numbers:
        return None
    expressions = [found.expression.encode() for n in numbers if (found := finders[n])]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=expressions,
        ids=list(numbers),
        elements=len(numbers),
        flags=hyperscan.HS_FLAG_MULTILINE,
    )
    return database
