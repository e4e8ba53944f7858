"""The lines around a finding, with all secrets that were found there masked. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from leakguard import limits
from leakguard.model import Finding

_BORDER = re.compile(r"""[\s'"`,;<>()]""")


class Line(NamedTuple):
    """A line of a file."""

    number: int
    """From 1."""
    text: str
    is_found: bool
    """Whether the finding stands on it."""


def excerpt(
    text: str, finding: Finding, others: Iterable[Finding] = (), *, shown: bool = False
) -> list[Line]:
    """The finding's lines and some around them, cut to what fits on a screen.

    The secrets of `others`, which are findings in the same text, are masked too; that of the
    finding is not when it is to be `shown`.
    """
    masked = [*others] if shown else [finding, *others]
    lines = text.split("\n")
    first = max(1, finding.line - limits.EXCERPT_LINES)
    last = min(len(lines), finding.end_line + limits.EXCERPT_LINES)
    numbers = range(first, last + 1)
    if finding.end_line - finding.line > limits.EXCERPT_MOST:
        last = finding.line + limits.EXCERPT_MOST
        numbers = range(first, min(last, len(lines)) + 1)
    return [
        Line(
            number,
            _cut(_masked(lines[number - 1].removesuffix("\r"), number, masked), finding, number),
            finding.line <= number <= finding.end_line,
        )
        for number in numbers
    ]


def _masked(line: str, number: int, findings: Sequence[Finding]) -> str:
    """The line with a preview in place of what of each finding stands on it."""
    spans = [
        (_start(finding, number), _end(finding, number, line), finding.preview)
        for finding in findings
        if finding.line <= number <= finding.end_line
    ]
    spans += [
        (part.column - 1, _part_end(line, part.column - 1), part.preview)
        for finding in findings
        for part in finding.parts
        if part.line == number
    ]
    spans.sort()
    parts, position = [], 0
    for start, end, preview in spans:
        if start >= position:
            parts += [line[position:start], preview]
        position = max(position, end)
    return "".join([*parts, line[position:]])


def _part_end(line: str, start: int) -> int:
    """Where a part of a credential ends, of which only the beginning is known: a report has no
    more than its first line."""
    end = _BORDER.search(line, start)
    return end.start() if end else len(line)


def _start(finding: Finding, number: int) -> int:
    return finding.column - 1 if number == finding.line else 0


def _end(finding: Finding, number: int, line: str) -> int:
    return finding.end_column - 1 if number == finding.end_line else len(line)


def _cut(line: str, finding: Finding, number: int) -> str:
    """The part of a long line in which the finding begins."""
    most = limits.EXCERPT_CHARACTERS
    if len(line) <= most:
        return line
    start = max(0, finding.column - most // 2) if number == finding.line else 0
    ahead = "…" if start else ""
    behind = "…" if start + most < len(line) else ""
    return f"{ahead}{line[start : start + most]}{behind}"
