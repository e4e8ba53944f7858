"""Which rules keep Python busiest: how often the automaton calls it, per MB, and what comes of it.

    python -m benchmarks.hits REPOSITORY

A finder's hit is a call of Python; a candidate is what the rule's own pattern confirmed there. What
is packed in files and what is written in base64 and the like is not opened: this is the first pass.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from leakguard.cache import matcher_for
from leakguard.errors import LeakguardError
from leakguard.matcher import ENCODED, Matcher
from leakguard.model import Skip
from leakguard.scanner import Scanner
from leakguard.sources import Source
from leakguard.sources.select import Selection, pick_source

BUSIEST: Final = 10
MB: Final = 1_000_000


@dataclass(slots=True)
class Busy:
    """What was counted; filled by `measure` alone."""

    bytes: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    candidates: Counter[str] = field(default_factory=Counter)


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 2 for what cannot be read."""
    parser = argparse.ArgumentParser(description="Show the ten busiest finders and rules.")
    parser.add_argument("path", help="a git repository, whose history is read, or a folder")
    path = parser.parse_args(arguments).path
    try:
        busy = measure(pick_source(Selection((path,))), matcher_for())
    except LeakguardError as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 2
    sys.stdout.write(table(busy))
    return 0


def measure(sources: Iterable[Source], matcher: Matcher) -> Busy:
    """Counts over all windows. Raises what a source raises when nothing of it can be read."""
    busy, scratch = Busy(), matcher.scratch()
    for source in sources:
        scanner = Scanner(matcher)
        for window in source.windows():
            if isinstance(window, Skip):
                continue
            hits = matcher.hits(window, scratch)
            busy.bytes += window.length
            busy.hits.update(name_of(matcher, number) for _, number in hits)
            found = scanner.candidates(window, hits)
            busy.candidates.update(item.rule.id for item in found if not isinstance(item, Skip))
    return busy


def name_of(matcher: Matcher, number: int) -> str:
    """Whose finder it is; rules with `near` share an anchor, encodings are told together."""
    if number >= ENCODED:
        return "(encoded text)"
    return matcher.rules[number].id if number < len(matcher.rules) else "(values with a name)"


def table(busy: Busy) -> str:
    """In Markdown: the finders with the most hits, and the rules with the most candidates."""
    size = busy.bytes / MB or 1.0
    finders = busy.hits.most_common(BUSIEST)
    rules = busy.candidates.most_common(BUSIEST)
    rows = [
        *("| finder | hits per MB | candidates of the rule per MB |", "|---|--:|--:|"),
        *(_row(name, count / size, busy.candidates[name] / size) for name, count in finders),
        *("", "| rule | candidates per MB | hits of its finder per MB |", "|---|--:|--:|"),
        *(_row(name, count / size, busy.hits[name] / size) for name, count in rules),
        *("", f"{size:,.0f} MB; {busy.hits.total() / size:.1f} hits and "),
    ]
    return "\n".join(rows) + f"{busy.candidates.total() / size:.3f} candidates per MB in all.\n"


def _row(name: str, first: float, second: float) -> str:
    return f"| `{name}` | {first:.3f} | {second:.3f} |"


if __name__ == "__main__":
    sys.exit(main())
