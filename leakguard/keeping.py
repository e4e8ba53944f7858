"""What a scan makes of the own baseline: entries that are new, moved or gone; figures. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from leakguard.baselines.own import Contents, Entry, Reason, contents_of
from leakguard.model import Finding, Report

RIGHT: Final = (Reason.LEAK, Reason.REVOKED)
"""Decisions that say a rule was right: there was a credential."""
WRONG: Final = (Reason.FALSE_POSITIVE, Reason.TEST)
"""Decisions that say it was not. What was accepted, often with all that was there, says neither."""

_SOON: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Terms:
    """What new entries say."""

    reason: Reason = Reason.ACCEPTED
    note: str = ""
    who: str = ""
    until: date | None = None


class Change(NamedTuple):
    """A baseline after a scan, and how many entries are new, came with a renamed file, or went."""

    contents: Contents
    added: int = 0
    moved: int = 0
    removed: int = 0


def entry_of(finding: Finding, terms: Terms, path: str) -> Entry:
    """A decision about a finding; `path` is its path from the folder of the baseline."""
    return Entry(
        finding.fingerprint,
        finding.rule_id,
        path,
        terms.reason,
        terms.note,
        terms.who,
        terms.until,
    )


def updated(old: Contents, report: Report, terms: Terms, path_of: Callable[[str], str]) -> Change:
    """The baseline with what the scan reports, and what went with its file to another path.

    What has ended, or is known as a leak, stays as it is: that is decided anew by hand.
    """
    entries = {entry.fingerprint: entry for entry in old.entries}
    new = [
        entry_of(finding, terms, path_of(finding.path))
        for finding in report.findings
        if finding.fingerprint not in entries
    ]
    moved = [
        replace(entries[item.entry], fingerprint=mark, path=path_of(item.finding.path))
        for item in report.suppressed
        if item.entry in entries and (mark := item.finding.fingerprint) not in entries
    ]
    left = {item.entry for item in report.suppressed} - _seen(report)
    kept = [entry for entry in old.entries if entry.fingerprint not in left]
    contents = contents_of(old.keys, [*kept, *moved, *new])
    return Change(contents, added=len(new), moved=len(moved), removed=len(left))


def pruned(old: Contents, report: Report) -> Change:
    """The baseline without entries whose secret is not there any more."""
    seen = _seen(report) | {item.entry for item in report.suppressed}
    kept = tuple(entry for entry in old.entries if entry.fingerprint in seen)
    return Change(replace(old, entries=kept), removed=len(old.entries) - len(kept))


def _seen(report: Report) -> set[str]:
    findings = [*report.findings, *(item.finding for item in report.suppressed)]
    return {finding.fingerprint for finding in findings}


class RuleFigures(NamedTuple):
    """What was decided about the finds of one rule."""

    entries: int
    judged: int
    """Those of which it was said what they are."""
    right: int
    """Those that were credentials."""

    @property
    def precision(self) -> float | None:
        """The share of what was judged that were credentials, from 0 to 1."""
        return self.right / self.judged if self.judged else None


class Figures(NamedTuple):
    """What there is to say of a baseline."""

    entries: int
    reasons: Mapping[str, int]
    rules: Mapping[str, RuleFigures]
    """The rules with most entries first."""
    ended: int
    ending: int
    """Within 30 days."""
    without_note: int


def figures(entries: Sequence[Entry], today: date) -> Figures:
    """The figures of a baseline."""
    reasons = Counter(entry.reason.value for entry in entries)
    rules = Counter(entry.rule for entry in entries)
    right = Counter(entry.rule for entry in entries if entry.reason in RIGHT)
    wrong = Counter(entry.rule for entry in entries if entry.reason in WRONG)
    ended = sum(entry.has_ended(today) for entry in entries)
    return Figures(
        entries=len(entries),
        reasons={reason: reasons[reason] for reason in Reason if reasons[reason]},
        rules={
            rule: RuleFigures(rules[rule], right[rule] + wrong[rule], right[rule])
            for rule in _by_count(rules)
        },
        ended=ended,
        ending=sum(entry.has_ended(today + _SOON) for entry in entries) - ended,
        without_note=sum(not entry.note for entry in entries),
    )


def _by_count(rules: Counter[str]) -> Iterable[str]:
    return sorted(rules, key=lambda rule: (-rules[rule], rule))
