"""Rules -> automaton; windows -> hits. Only this module and cache.py know Hyperscan.

The automaton runs over whole windows and says where a finder ends; scanner.py makes candidates of
that.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import hyperscan

from leakguard import checksums, limits
from leakguard.context import ANCHORS
from leakguard.errors import RuleError
from leakguard.filters import rejected
from leakguard.finder import Finder, finder, keyword_finder
from leakguard.model import Rule, Window
from leakguard.pattern import PatternError, confirmer
from leakguard.seekers import Plan, plan

Hits = list[tuple[int, int]]
"""Pairs of (offset in the window at which a finder ends, number of its rule); numbers from ENCODED
on are those of encodings."""

ENCODED = 1 << 20
"""More than there are rules in any set."""


class Matcher:
    """A compiled rule set. Never changes; threads may share it, each with a Scanner of its own."""

    def __init__(
        self,
        rules: Sequence[Rule],
        finders: Sequence[Finder | None],
        database: Any,
        plans: Mapping[int, Plan],
    ) -> None:
        self.rules = rules
        self.finders = tuple(finders)
        self.database = database
        self.plans = plans
        """By number, how patterns are looked for that count far."""
        self.partners: dict[str, list[int]] = {}
        """Rules that are looked for beside the candidates of the rule with this id."""
        self.contextual = [
            number
            for number, found in enumerate(finders)
            if found is not None and not found.expression
        ]
        """Rules whose values are looked for by the anchors, whose numbers follow the rules'."""
        self.notes: tuple[str, ...] = ()
        """What could not be translated of the rules: see `Ruleset`."""
        self.unaided: list[int] = []
        """Rules without a finder that are asked for every blob: see `Scanner`."""
        for number, found in enumerate(finders):
            if found is not None:
                continue
            if partner := rules[number].partner:
                self.partners.setdefault(partner.rule, []).append(number)
            else:
                self.unaided.append(number)
        self._judges: dict[int, Callable[[bytes], str | None]] = {}

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
        return self.refusal(number, secret) is None

    def refusal(self, number: int, secret: bytes) -> str | None:
        """Why a secret does not pass, or None."""
        judge = self._judges.get(number)
        if judge is None:
            judge = self._judges[number] = _judge(self.rules[number])
        return judge(secret)


def _collect(number: int, _start: int, end: int, _flags: int, found: Hits) -> None:
    found.append((end, number))


def _judge(rule: Rule) -> Callable[[bytes], str | None]:
    allowed = [confirmer(pattern).regexp for pattern in rule.allow]
    check = checksums.checker(rule.check) if rule.check else None

    def judge(secret: bytes) -> str | None:
        why = rejected(rule, secret)
        if why is None and rule.entropy and not _is_random(rule, secret):
            why = f"entropy below {rule.entropy:g}"
        if why is None and any(regexp.search(secret) for regexp in allowed):
            why = "allow pattern of the rule"
        if why is None and rule.check and check and not check(secret):
            why = f"check {rule.check.name}"
        return why

    return judge


def _is_random(rule: Rule, secret: bytes) -> bool:
    """Whether the entropy is enough; other tools want more than their rules say, not as much."""
    found = entropy(secret)
    return found > rule.entropy if rule.foreign else found >= rule.entropy


def entropy(secret: bytes) -> float:
    """Shannon entropy of the bytes, in bits per byte; 0 for nothing."""
    length = len(secret)
    shares = [secret.count(byte) / length for byte in set(secret)]
    return -sum(share * math.log2(share) for share in shares)


def load_matcher(rules: Sequence[Rule]) -> Matcher:
    """Compiles the rules. Takes about a second for some hundred; see cache.py.

    Raises RuleError for a pattern that Hyperscan refuses in every form.
    """
    # 10 ms that a scan with a compiled cache need not spend
    from leakguard.decode import finders as encoded_finders
    from leakguard.literals import fixed_texts, grave_texts

    finders = [_finder(rule) for rule in rules]
    if any(rule.near for rule in rules):
        finders += map(finder, ANCHORS)
    numbers = [number for number, found in enumerate(finders) if found and found.expression]
    encoded = list(encoded_finders(fixed_texts(rules), grave_texts(rules)))
    try:
        return Matcher(rules, finders, _compile(finders, numbers, encoded), _plans(rules, finders))
    except hyperscan.HyperscanError:
        for number in _refused(finders, numbers):
            finders[number] = _smaller_finder(rules[number])
    left = [number for number in numbers if finders[number] is not None]
    return Matcher(rules, finders, _compile(finders, left, encoded), _plans(rules, finders))


def _plans(rules: Sequence[Rule], finders: Sequence[Finder | None]) -> dict[int, Plan]:
    patterns = [*(rule.pattern for rule in rules), *ANCHORS]
    return {
        number: made
        for number, found in enumerate(finders)
        if found and found.expression and not found.whole
        if (made := plan(patterns[number], found.reach))
    }


def _finder(rule: Rule) -> Finder | None:
    """None for a rule that is looked for around its partner, or that only a path decides, an empty
    one for one with `near`.

    A pattern of another tool with few fixed characters is looked for by its keywords: without one
    of them that tool does not look for it either. Where it has none, RE2 reads every blob: hits at
    every byte would cost more. Its matches may be as long as they like.
    """
    if rule.near:
        return Finder(expression="", least=0, most=0, reach=0)
    if rule.partner or not rule.pattern:
        return None
    found = finder(rule.pattern)
    if rule.foreign is None:
        return found
    keywords = rule.foreign.keywords
    if found.fixed < limits.FINDER_LITERALS <= min(map(len, keywords), default=0):
        return keyword_finder(keywords)
    if found.fixed <= 1:
        return None
    return replace(found, whole=found.whole or found.is_open)


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


def _smaller_finder(rule: Rule) -> Finder | None:
    """The longest finder of a rule that Hyperscan accepts by itself.

    Keywords may stand in for one of another tool; without any, RE2 reads every blob for it.
    """
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
    if rule.foreign:
        return keyword_finder(rule.foreign.keywords) if rule.foreign.keywords else None
    raise RuleError(
        f"{rule.file}: rule {rule.id}: Hyperscan refuses `{rule.pattern}`: make it begin with"
        " fixed characters or bound its repeats"
    )


def _compile(
    finders: Sequence[Finder | None],
    numbers: Sequence[int],
    encoded: Sequence[tuple[int, str]] = (),
) -> Any:
    if not numbers:
        return None
    expressions = [found.expression.encode() for n in numbers if (found := finders[n])]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[*expressions, *(expression.encode() for _, expression in encoded)],
        ids=[*numbers, *(ENCODED + number for number, _ in encoded)],
        elements=len(numbers) + len(encoded),
        flags=hyperscan.HS_FLAG_MULTILINE,
    )
    return database
