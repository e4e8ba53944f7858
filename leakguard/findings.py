"""Candidates in, findings out: where each belongs, which overlap, which are one and the same."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from leakguard.fingerprint import fingerprint, identity, preview
from leakguard.model import Candidate, Finding, Place, Rule, Suppressed
from leakguard.paths import is_excluded
from leakguard.pattern import search
from leakguard.policy import Policy
from leakguard.sources import Source
from leakguard.suppression import Baseline, inline_reason, load_baseline

Located = tuple[Place, Candidate]


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
        located += _located(source, _distinct(candidates), policy, baseline)
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    for group in _grouped(located):
        reason = _silenced(group[-1], policy, baseline)
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
    hidden = [
        candidate.key
        for candidate in counted
        if any(
            _is_hidden(candidate, place, policy, baseline)
            for place in places.get(candidate.key, ())
        )
    ]
    if hidden:
        places |= source.places(dict.fromkeys(hidden), everywhere=True)
    for candidate in counted:
        for place in places.get(candidate.key, ()):
            if _is_for(candidate.rule, place.path) and source.adds(place, candidate.secret):
                yield place, candidate


def _is_hidden(candidate: Candidate, place: Place, policy: Policy, baseline: Baseline) -> bool:
    """Whether the path is a reason to say nothing, which another path of the blob may not be."""
    return (
        not _is_for(candidate.rule, place.path)
        or is_excluded(place.path, policy.excludes)
        or baseline.reason(candidate, place.path) is not None
    )


def _is_for(rule: Rule, path: str) -> bool:
    """Whether the rule counts at a path."""
    return not rule.path or bool(search(rule.path).search(path.encode(errors="surrogateescape")))


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Of candidates that overlap in one blob, the one whose form says most."""
    kept: list[Candidate] = []
    for _, group in groupby(sorted(candidates, key=_position), key=lambda item: item.key):
        best: list[Candidate] = []
        for candidate in group:
            if best and candidate.span.start < best[-1].span.end:
                best[-1] = max(best[-1], candidate, key=_strength)
            else:
                best.append(candidate)
        kept += best
    return kept


def _position(candidate: Candidate) -> tuple[str, int, int, str]:
    return candidate.key, candidate.span.start, candidate.span.end, candidate.rule.id


def _strength(candidate: Candidate) -> tuple[bool, int, int, int, int]:
    rule = candidate.rule
    return (
        not rule.generic,
        rule.confidence,
        rule.severity,
        rule.check is not None,
        len(candidate.secret),
    )


def _grouped(located: Iterable[Located]) -> Iterator[list[Located]]:
    """Occurrences of one secret at one path, the first in the history first."""
    groups: dict[tuple[str, str, bytes], list[Located]] = {}
    for place, candidate in located:
        key = (candidate.rule.family or candidate.rule.id, place.path, candidate.secret)
        groups.setdefault(key, []).append((place, candidate))
    for group in groups.values():
        group.sort(key=lambda item: (item[0].commit is None, item[0].order, item[1].span.start))
        yield group


def _finding(group: Sequence[Located], key: bytes) -> Finding:
    place, candidate = group[0]
    rule, span = candidate.rule, candidate.span
    branches = [there.on_branch for there, _ in group if there.on_branch is not None]
    finding = Finding(
        rule_id=rule.id,
        name=rule.name,
        kind="secret",
        severity=rule.severity,
        confidence=rule.confidence,
        path=place.path,
        line=span.line,
        end_line=span.end_line,
        column=span.column,
        end_column=span.end_column,
        preview=preview(candidate.secret),
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
