"""Candidates in, findings out: where each belongs, which overlap, which are one and the same."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from leakguard.composites import composed
from leakguard.fingerprint import fingerprint, identity, preview
from leakguard.model import Candidate, Finding, Part, Place, Suppressed
from leakguard.overlaps import is_for, told_at, told_once
from leakguard.paths import is_excluded
from leakguard.policy import Policy
from leakguard.sources import Source
from leakguard.suppression import Baseline, inline_reason, load_baseline

Located = tuple[Place, Candidate]

_Identity = tuple[str, str, bytes]
"""Family, path and secret."""


def judge(
    sources: Sequence[Source], found: Sequence[Sequence[Candidate]], policy: Policy
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings of all sources and what was silenced, by path, line, column and rule.

    The same secret at the same path is one finding, told where it came in first.
    Raises ConfigError when the policy's baseline cannot be used.
    """
    baseline = load_baseline(policy.baseline)
    located: list[Located] = []
    for source, candidates in zip(sources, found, strict=True):
        located += _located(source, composed(told_once(candidates)), policy, baseline)
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    groups = [(group, _silenced(group[-1], policy, baseline)) for group in _grouped(located)]
    parts = _parts(group for group, reason in groups if reason is None)
    for group, reason in groups:
        if _identity(group[0]) in parts:
            continue
        finding = _finding(group, policy.identity_key)
        if reason is None:
            findings.append(finding)
        else:
            suppressed.append(Suppressed(finding, reason))
    findings.sort(key=_order)
    suppressed.sort(key=lambda item: _order(item.finding))
    return findings, suppressed


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """By path, line, column and rule."""
    return sorted(findings, key=_order)


def _silenced(newest: Located, policy: Policy, baseline: Baseline) -> str | None:
    """Why a finding is silenced, as its newest version has it: a comment may come in later."""
    place, candidate = newest
    if is_excluded(place.path, policy.excludes):
        return "excluded path"
    return inline_reason(candidate, place.path) or baseline.reason(candidate, place.path)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.path, finding.line, finding.column, finding.rule_id, finding.fingerprint


def _located(
    source: Source, candidates: Sequence[Candidate], policy: Policy, baseline: Baseline
) -> Iterator[Located]:
    """The candidates that count, at each of their places."""
    counted = [
        candidate
        for candidate in candidates
        if candidate.rule.severity >= policy.min_severity
        and candidate.rule.confidence >= policy.min_confidence
    ]
    places = dict(source.places(dict.fromkeys(candidate.key for candidate in counted)))
    hidden = {
        (candidate.key, _counting(candidate, place))
        for candidate in counted
        for place in places.get(candidate.key, ())
        if _is_hidden(candidate, place, policy, baseline)
    }
    if hidden:
        places |= source.places({key for key, _ in hidden}, elsewhere={path for _, path in hidden})
    for key, blob in groupby(counted, key=lambda candidate: candidate.key):
        found = list(blob)
        for place in places.get(key, ()):
            for candidate in told_at(place, found):
                if source.adds(place, candidate.written or candidate.secret):
                    yield place, candidate


def _is_hidden(candidate: Candidate, place: Place, policy: Policy, baseline: Baseline) -> bool:
    """Whether the path is a reason to say nothing, which another path of the blob may not be."""
    return (
        not is_for(candidate, place)
        or is_excluded(place.path, policy.excludes)
        or baseline.reason(candidate, place.path) is not None
    )


def _counting(candidate: Candidate, place: Place) -> str:
    """The pattern of the paths at which a candidate that is hidden at this one would count."""
    return "" if is_for(candidate, place) else candidate.rule.path or ""


def _grouped(located: Iterable[Located]) -> Iterator[list[Located]]:
    """Occurrences of one secret at one path, the first in the history first."""
    groups: dict[_Identity, list[Located]] = {}
    for item in located:
        groups.setdefault(_identity(item), []).append(item)
    for group in groups.values():
        group.sort(key=_earliest)
        yield group


def _identity(item: Located) -> _Identity:
    place, candidate = item
    return candidate.rule.family or candidate.rule.id, place.path, candidate.secret


def _parts(groups: Iterable[Sequence[Located]]) -> set[_Identity]:
    """What is told with another secret, and not by itself."""
    return {
        _identity((place, part))
        for group in groups
        for place, candidate in group
        for part in candidate.parts
    }


def _part(candidate: Candidate) -> Part:
    rule, span = candidate.rule, candidate.span
    shown = preview(candidate.secret)
    return Part(rule.id, rule.name, rule.severity, span.line, span.column, shown)


def _earliest(item: Located) -> tuple[bool, int, bool, int]:
    """As it is before encoded: that is what people look for."""
    place, candidate = item
    return place.commit is None, place.order, bool(candidate.encoding), candidate.span.start


def _finding(group: Sequence[Located], key: bytes) -> Finding:
    place, candidate = group[0]
    rule, span = candidate.rule, candidate.span
    whole = next((item for _, item in group if item.parts), candidate)
    branches = [there.on_branch for there, _ in group if there.on_branch is not None]
    finding = Finding(
        rule_id=rule.id,
        name=rule.name,
        kind="secret",
        severity=whole.rule.severity,
        confidence=rule.confidence,
        path=place.path,
        line=span.line,
        end_line=span.end_line,
        column=span.column,
        end_column=span.end_column,
        preview=preview(candidate.secret),
        encoding=candidate.encoding,
        parts=tuple(sorted(map(_part, whole.parts), key=lambda part: (part.line, part.column))),
        fingerprint=fingerprint(rule.family or rule.id, candidate.secret, place.path),
        identity=identity(key, rule.family or rule.id, candidate.secret),
        impact=rule.impact,
        remedy=rule.remedy,
        reference=rule.references[0] if rule.references else "",
        commit=place.commit,
        author=place.author,
        date=place.date,
        blob=place.blob,
        on_branch=any(branches) if branches else None,
    )
    return replace(finding, occurrences=len({there.blob or there.path for there, _ in group}))
