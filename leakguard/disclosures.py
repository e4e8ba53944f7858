"""Tables and records in, findings out: what customers' data is where, and how much of it.

Nothing of the data is told: names of columns, counts, and what the columns hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from leakguard import limits
from leakguard.artifacts.verdict import is_made_up
from leakguard.baselines import Subject
from leakguard.data.seen import RecordsSeen, TableSeen
from leakguard.findings import occurrences, on_branch
from leakguard.fingerprint import identity
from leakguard.looking import Looking
from leakguard.model import Confidence, Finding, Place, Severity, Suppressed
from leakguard.policy import DATA_RULES
from leakguard.suppression import Suppression

_TABLE_ID, _RECORDS_ID = DATA_RULES

_REMEDY: Final = (
    "Take the file out and keep such data where only those can read it who work with it. When it is"
    " in a history or was public, it has leaked: tell whoever is responsible for data protection."
)


class Words(NamedTuple):
    """What is said of all findings of one rule."""

    rule_id: str
    name: str
    severity: Severity
    confidence: Confidence
    remedy: str


TABLE: Final = Words(
    _TABLE_ID,
    "Table of customers",
    Severity.MEDIUM,
    Confidence.MEDIUM,
    f"{_REMEDY} When it is made up, exclude it or accept it in the baseline.",
)
RECORDS: Final = Words(
    _RECORDS_ID, "Records of your customers", Severity.HIGH, Confidence.HIGH, _REMEDY
)
WORDS: Final = (TABLE, RECORDS)


class _Said(NamedTuple):
    """What is to be said of one blob, before it is known where it lies."""

    words: Words
    key: str
    line: int
    preview: str
    why: str
    secret: bytes
    """What stays the same for the same data; holds none of it."""


def judge_data(
    sources: Sequence[Looking], suppression: Suppression
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings of kind `data`, one for each table or index and path, unordered."""
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    for source in sources:
        said = [*map(_of_table, source.tables), *map(_of_records, source.records)]
        places = source.places({item.key for item in said})
        groups: dict[tuple[str, str, bytes], list[tuple[Place, _Said]]] = {}
        for item in said:
            for place in places.get(item.key, ()):
                if item.words is RECORDS or not is_made_up(place.path):
                    key = place.path, item.words.rule_id, item.secret
                    groups.setdefault(key, []).append((place, item))
        for group in groups.values():
            for finding, reason, entry in _finding(source, group, suppression):
                if reason:
                    suppressed.append(Suppressed(finding, reason, entry))
                else:
                    findings.append(finding)
    return findings, suppressed


def _of_table(seen: TableSeen) -> _Said:
    verdict = seen.verdict
    more = " or more" if verdict.rows >= limits.TABLE_SAMPLE_ROWS - 1 else ""
    columns = ", ".join(f"{meaning} ({name})" for meaning, name in verdict.meanings.items())
    named = f"{verdict.name}: " if verdict.name else ""
    return _Said(
        TABLE,
        seen.key,
        verdict.table.line,
        f"{named}{', '.join(verdict.meanings)}",
        f"It has {verdict.rows:,}{more} rows with {columns}.",
        "\0".join((verdict.table.name, *verdict.table.header, *verdict.meanings)).encode(),
    )


def _of_records(seen: RecordsSeen) -> _Said:
    more = " or more" if seen.is_full else ""
    rows = f"; of {seen.rows:,} records several stand together" if seen.rows else ""
    names = ", ".join(seen.columns)
    return _Said(
        RECORDS,
        seen.key,
        seen.line,
        f"{seen.values:,}{more} values of {names}",
        f"{seen.values:,}{more} values of your customers' index are in it ({names}){rows}.",
        "\0".join(seen.columns).encode(),
    )


def _finding(
    source: Looking, group: Sequence[tuple[Place, _Said]], suppression: Suppression
) -> Iterator[tuple[Finding, str, str]]:
    """The finding, why it is silenced, and by which entry; nothing for what does not count."""
    group = sorted(group, key=lambda item: (item[0].commit is None, item[0].order))
    place, said = group[0]
    policy, words = suppression.policy, said.words
    if words.rule_id in policy.disabled_rules or words.severity < policy.min_severity:
        return
    if words.confidence < policy.min_confidence:
        return
    subject = Subject(
        words.rule_id,
        words.rule_id,
        said.secret,
        place,
        line=said.line,
        root=source.root,
        former=lambda: source.former(place),
    )
    decision = suppression.of_build(subject)
    finding = replace(
        _told(place, said, group),
        fingerprint=suppression.fingerprint(subject),
        identity=identity(policy.identity_key, subject.family, subject.secret),
        unheeded=decision.unheeded,
    )
    yield finding, decision.reason, decision.entry


def _told(place: Place, said: _Said, group: Sequence[tuple[Place, _Said]]) -> Finding:
    places = [there for there, _ in group]
    return Finding(
        rule_id=said.words.rule_id,
        name=said.words.name,
        kind="data",
        severity=said.words.severity,
        confidence=said.words.confidence,
        path=place.path,
        line=said.line,
        end_line=said.line,
        column=1,
        end_column=1,
        preview=said.preview,
        fingerprint="",
        impact=said.why,
        remedy=said.words.remedy,
        commit=place.commit,
        author=place.author,
        date=place.date,
        blob=place.blob,
        on_branch=on_branch(places),
        occurrences=occurrences(places),
    )
