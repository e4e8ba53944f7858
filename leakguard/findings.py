"""Candidates in, findings out: where each belongs, which overlap, which are one and the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from leakguard.baselines import Decision
from leakguard.composites import composed, url_parts
from leakguard.fingerprint import identity, preview
from leakguard.model import Candidate, Finding, Part, Place, Suppressed
from leakguard.overlaps import is_for, told_at, told_once
from leakguard.policy import Policy
from leakguard.scored import confidence_at, counts_at, reasons_of
from leakguard.sources import Source
from leakguard.suppression import Seen, Suppression, subject_of, suppression_for, without

_Identity = tuple[str, str, bytes]
"""Family, path and secret."""


def judge(
    sources: Sequence[Source],
    found: Sequence[Sequence[Candidate]],
    policy: Policy,
    suppression: Suppression | None = None,
) -> tuple[list[Finding], list[Suppressed]]:
    """The findings of all sources and what was silenced, by path, line, column and rule.

    The same secret at the same path is one finding, told where it came in first. Without a
    `suppression` the policy's is made: raises ConfigError when a baseline of it cannot be used.
    """
    suppression = suppression or suppression_for(policy)
    located: list[Seen] = []
    for source, candidates in zip(sources, found, strict=True):
        located += _located(source, composed(told_once(candidates)), policy, suppression)
    secrets = _Secrets(located)
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    # The newest version decides: a comment may come in later.
    groups = [(group, suppression.of(group)) for group in _grouped(located)]
    parts = _parts(group for group, decision in groups if not decision.reason)
    for group, decision in groups:
        if _identity(group[0]) in parts:
            continue
        finding = _finding(group, suppression, decision)
        if not decision.reason:
            findings.append(finding)
        else:
            told = without(decision, secrets.near(group[-1].candidate))
            suppressed.append(Suppressed(finding, told.reason, told.entry))
    findings.sort(key=_order)
    suppressed.sort(key=lambda item: _order(item.finding))
    return findings, suppressed


class _Secrets:
    """What was found on lines where comments stand: their words must not tell it."""

    def __init__(self, located: Iterable[Seen]) -> None:
        self._lines: dict[tuple[str, int], set[bytes]] = {}
        self._heads: dict[str, set[bytes]] = {}
        """By blob, those that its comment for the whole of it holds."""
        for seen in located:
            candidate = seen.candidate
            place = candidate.key, candidate.span.line
            self._lines.setdefault(place, set()).add(candidate.secret)
            if candidate.secret in candidate.head:
                self._heads.setdefault(candidate.key, set()).add(candidate.secret)

    def near(self, candidate: Candidate) -> list[bytes]:
        """Those that a comment may hold that speaks for a candidate, the longest first."""
        key, line = candidate.key, candidate.span.line
        lines = (self._lines.get((key, number), set()) for number in (line - 1, line))
        return sorted(set().union(*lines, self._heads.get(key, set())), key=len, reverse=True)


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """By path, line, column and rule."""
    return sorted(findings, key=_order)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.path, finding.line, finding.column, finding.rule_id, finding.fingerprint


def _located(
    source: Source, candidates: Sequence[Candidate], policy: Policy, suppression: Suppression
) -> Iterator[Seen]:
    """The candidates that count, at each of their places."""
    counted = [
        candidate
        for candidate in candidates
        if candidate.rule.severity >= policy.min_severity
        and (candidate.rule.scored or candidate.rule.confidence >= policy.min_confidence)
    ]
    by_key = {key: list(blob) for key, blob in groupby(counted, key=lambda item: item.key)}

    def counts(key: str, path: str) -> bool:
        return any(counts_at(candidate, path, policy) for candidate in by_key[key])

    places = source.places(by_key, counts=counts)
    told = {key: list(_told(source, places[key], by_key[key], policy)) for key in places}
    suppression.maker.prepare(seen.candidate.secret for group in told.values() for seen in group)
    for key, more in _elsewhere(source, places, by_key, suppression).items():
        told[key] = list(_told(source, more, by_key[key], policy))
    for key in by_key:
        yield from told.get(key, ())


def _told(
    source: Source, places: Sequence[Place], candidates: Sequence[Candidate], policy: Policy
) -> Iterator[Seen]:
    """The candidates of a blob that count, at each of its places."""
    for place in places:
        for candidate in told_at(place, candidates):
            secret = candidate.written or candidate.secret
            if counts_at(candidate, place.path, policy) and source.adds(place, secret):
                yield Seen(place, candidate, source)


def _elsewhere(
    source: Source,
    places: Mapping[str, Sequence[Place]],
    candidates: Mapping[str, Sequence[Candidate]],
    suppression: Suppression,
) -> Mapping[str, Sequence[Place]]:
    """All places of blobs with a candidate that is hidden at one, where it would count."""
    hidden = {
        (key, _counting(candidate, place))
        for key in places
        for candidate in candidates[key]
        for place in places[key]
        if not is_for(candidate, place) or suppression.hides(Seen(place, candidate, source))
    }
    if not hidden:
        return {}
    return source.places({key for key, _ in hidden}, elsewhere={path for _, path in hidden})


def _counting(candidate: Candidate, place: Place) -> str:
    """The pattern of the paths at which a candidate that is hidden at this one would count."""
    return "" if is_for(candidate, place) else candidate.rule.path or ""


def _grouped(located: Iterable[Seen]) -> Iterator[list[Seen]]:
    """Occurrences of one secret at one path, the first in the history first."""
    groups: dict[_Identity, list[Seen]] = {}
    for item in located:
        groups.setdefault(_identity(item), []).append(item)
    for group in groups.values():
        group.sort(key=_earliest)
        yield group


def _identity(item: Seen) -> _Identity:
    place, candidate, _ = item
    return candidate.rule.family or candidate.rule.id, place.path, candidate.secret


def _parts(groups: Iterable[Sequence[Seen]]) -> set[_Identity]:
    """What is told with another secret, and not by itself."""
    return {
        _identity(seen._replace(candidate=part))
        for group in groups
        for seen in group
        for part in seen.candidate.parts
    }


def _told_parts(whole: Candidate) -> tuple[Part, ...]:
    """The parts of a credential beside its secret, by line and column."""
    parts = [*map(_part, whole.parts), *url_parts(whole)]
    return tuple(sorted(parts, key=lambda part: (part.line, part.column)))


def _part(candidate: Candidate) -> Part:
    rule, span = candidate.rule, candidate.span
    shown = preview(candidate.secret)
    return Part(rule.id, rule.name, rule.severity, span.line, span.column, shown)


def _earliest(item: Seen) -> tuple[bool, int, bool, int]:
    """As it is before encoded: that is what people look for."""
    place, candidate, _ = item
    return place.commit is None, place.order, bool(candidate.encoding), candidate.span.start


def _finding(group: Sequence[Seen], suppression: Suppression, decision: Decision) -> Finding:
    place, candidate, _ = group[0]
    rule, span = candidate.rule, candidate.span
    key = suppression.policy.identity_key
    whole = next((seen.candidate for seen in group if seen.candidate.parts), candidate)
    places = [seen.place for seen in group]
    return Finding(
        rule_id=rule.id,
        name=rule.name,
        kind=rule.kind,
        severity=whole.rule.severity,
        confidence=confidence_at(candidate, place.path),
        reasons=reasons_of(candidate, place.path),
        path=place.path,
        line=span.line,
        end_line=span.end_line,
        column=span.column,
        end_column=span.end_column,
        preview=preview(candidate.secret),
        encoding=candidate.encoding,
        parts=_told_parts(whole),
        fingerprint=suppression.fingerprint(subject_of(group[0])),
        identity=identity(key, rule.family or rule.id, candidate.secret),
        unheeded=decision.unheeded,
        impact=rule.impact,
        remedy=rule.remedy,
        reference=rule.references[0] if rule.references else "",
        commit=place.commit,
        author=place.author,
        date=place.date,
        blob=place.blob,
        on_branch=on_branch(places),
        occurrences=occurrences(places),
    )


def on_branch(places: Iterable[Place]) -> bool | None:
    """Whether one of them is on a branch; None where there is no history."""
    told = [place.on_branch for place in places if place.on_branch is not None]
    return any(told) if told else None


def occurrences(places: Iterable[Place]) -> int:
    """In how many blobs, or in how many files where there is no history."""
    return len({place.blob or place.path for place in places})
