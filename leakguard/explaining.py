"""The build-up of the score of every value on one line, those that are dropped early included."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from leakguard.filters import rejected
from leakguard.generic.early import is_result
from leakguard.generic.score import Score, score
from leakguard.lines import after, before, previous
from leakguard.model import Candidate, Rule, Span
from leakguard.pattern import confirmer, search


class Explained(NamedTuple):
    """A value on the line. Columns count from 1, in bytes."""

    rule: Rule
    column: int
    end_column: int
    secret: bytes
    dropped: str | None
    """Why the value alone rules it out, or None."""
    score: Score | None
    """None for what is dropped, and for rules whose form is proof enough."""


def explain(data: bytes, line: int, path: str, rules: Sequence[Rule]) -> Iterator[Explained]:
    """What each rule finds on a line (from 1) of a file, in the order of the rules.

    Left out are rules that need more than the line: a partner, a vendor's name near, conditions of
    another tool.
    """
    start = _start_of(data, line)
    newline = data.find(b"\n", start)
    end = len(data) if newline < 0 else newline + 1  # some patterns want to see the line's end
    for rule in rules:
        if rule.partner or rule.near or rule.foreign or not _is_for(rule, path):
            continue
        pattern = confirmer(rule.pattern)
        for match in pattern.regexp.finditer(data, start, end):
            first, last = match.span(pattern.secret)
            yield _explained(data, (first, last), start, path, rule)


def _is_for(rule: Rule, path: str) -> bool:
    wanted = path.encode(errors="surrogateescape")
    return bool(rule.pattern) and (not rule.path or bool(search(rule.path).search(wanted)))


def _explained(
    data: bytes, span: tuple[int, int], line_start: int, path: str, rule: Rule
) -> Explained:
    first, last = span
    secret = data[first:last]
    columns = first - line_start + 1, last - line_start + 1
    dropped = rejected(rule, secret)
    if rule.scored and is_result(before(data, 0, first)):
        dropped = "name of a test"
    candidate = Candidate(
        rule=rule,
        key=path,
        span=Span(first, last, 1, columns[0], 1, columns[1]),
        secret=secret,
        before=before(data, 0, first),
        after=after(data, last, len(data)),
        previous=previous(data, 0, first),
    )
    scored = score(candidate, path) if rule.scored and dropped is None else None
    return Explained(rule, *columns, secret, dropped, scored)


def _start_of(data: bytes, line: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
        if not start:
            return len(data)
    return start
