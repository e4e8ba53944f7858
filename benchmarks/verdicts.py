"""What a person judged of the findings in a known set of packages and repositories, and the counts.

A verdict names a rule and a place, never a secret. What no verdict covers counts as noise, so that
a new rule or version cannot look better than it was read.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import BenchmarkError


class Judgement(StrEnum):
    """What a finding turned out to be."""

    REAL = "real"
    """A credential or private file that works, worked, or was meant to work somewhere."""
    TEST = "test"
    """One that was made for a test, an example or a manual: it has the form, and opens nothing."""
    NOISE = "noise"
    """No credential at all: a word, a hash, an elided value, bytes that happen to look alike."""
    UNREAD = "unread"
    """Nobody has judged it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding, as far as it is judged."""

    rule: str
    place: str
    """`pypi/NAME/PATH`, `npm/NAME/PATH` or `git/NAME/PATH`."""
    line: int
    preview: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One entry of the file of verdicts; the first that fits a hit counts."""

    rule: str
    places: tuple[str, ...]
    """Rule and places are patterns as of fnmatch, in which `*` goes across `/`."""
    judgement: Judgement
    why: str

    def fits(self, hit: Hit) -> bool:
        """Whether it speaks of this hit."""
        return fnmatchcase(hit.rule, self.rule) and any(
            fnmatchcase(hit.place, place) for place in self.places
        )


_KEYS: Final = {"rule", "places", "is", "why"}


def read_verdicts(path: Path) -> list[Verdict]:
    """In the order of the file. Raises BenchmarkError for an entry of another form."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("verdict", [])
        return [_verdict(entry) for entry in entries]
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise BenchmarkError(f"{path} is no file of verdicts: {error}") from error


def _verdict(entry: dict[str, Any]) -> Verdict:
    if unfit := sorted(_KEYS.symmetric_difference(entry)):
        raise ValueError(f"an entry lacks {unfit[0]} or must not have it")
    judgement = Judgement(entry["is"])
    return Verdict(entry["rule"], tuple(entry["places"]), judgement, entry["why"])


def judge(hit: Hit, verdicts: Iterable[Verdict]) -> Judgement:
    """The judgement of the first verdict that fits."""
    fitting = (verdict.judgement for verdict in verdicts if verdict.fits(hit))
    return next(fitting, Judgement.UNREAD)


@dataclass(slots=True)
class Tally:
    """How often each judgement was given, by rule; filled by `count` alone."""

    rules: dict[str, Counter[Judgement]] = field(default_factory=dict)
    unread: list[Hit] = field(default_factory=list)

    def of_rule(self, rule: str) -> Counter[Judgement]:
        """How its hits were judged."""
        return self.rules.get(rule, Counter())

    def hits(self) -> int:
        """Of all rules."""
        return sum(counter.total() for counter in self.rules.values())

    def of(self, judgement: Judgement) -> int:
        """How many of all rules' hits were judged so."""
        return sum(counter[judgement] for counter in self.rules.values())

    def false(self) -> int:
        """What counts against the rules: noise, and what nobody has read."""
        return self.of(Judgement.NOISE) + self.of(Judgement.UNREAD)


def count(hits: Iterable[Hit], verdicts: list[Verdict]) -> Tally:
    """Judges every hit."""
    tally = Tally()
    for hit in hits:
        judgement = judge(hit, verdicts)
        tally.rules.setdefault(hit.rule, Counter())[judgement] += 1
        if judgement is Judgement.UNREAD:
            tally.unread.append(hit)
    return tally
