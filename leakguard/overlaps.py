"""Of candidates that overlap, the one whose form says most."""

from collections.abc import Collection, Iterable, Sequence

from leakguard.conditions import is_allowed
from leakguard.model import Candidate, Place
from leakguard.pattern import search


def strongest(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Of those that overlap in one blob, the one whose form says most; by key and offset."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=_position):
        last = kept[-1] if kept else None
        if last and last.key == candidate.key and candidate.span.start < last.span.end:
            kept[-1] = max(last, candidate, key=strength)
        else:
            kept.append(candidate)
    return kept


def without_disabled(
    candidates: Sequence[Candidate], disabled: Collection[str]
) -> Sequence[Candidate]:
    """Leaves out what rules found that are switched off, and generic ones of the same text: who
    switches a token's rule off does not want to be told of it under another name."""
    off = [item for item in candidates if item.rule.id in disabled]
    if not off:
        return candidates
    named: dict[str, list[Candidate]] = {}
    for item in off:
        if not item.rule.generic:
            named.setdefault(item.key, []).append(item)
    return [
        item
        for item in candidates
        if item.rule.id not in disabled
        and not (
            item.rule.generic and any(_overlap(item, other) for other in named.get(item.key, ()))
        )
    ]


def told_once(candidates: Iterable[Candidate]) -> list[Candidate]:
    """As `strongest`, with encoded candidates, which are distinct among themselves, and without
    those of rules for some paths: whether they count is known only where the blob's paths are.

    What stands in an encoded text has the span of that text: it is compared with what was found
    there as it is, such as a JWT or the credentials of a header.
    """
    plain: list[Candidate] = []
    encoded: list[Candidate] = []
    at_paths: list[Candidate] = []
    for candidate in candidates:
        group = at_paths if candidate.rule.path else encoded if candidate.encoding else plain
        group.append(candidate)
    plain = strongest(plain)
    return [*_without_overlaps(plain, encoded), *at_paths]


def told_at(place: Place, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Of the candidates of one blob, those that count at a place, rules for its path first."""
    here = [candidate for candidate in candidates if is_for(candidate, place)]
    own = [candidate for candidate in here if candidate.rule.path]
    others = [candidate for candidate in here if not candidate.rule.path]
    return _without_overlaps(strongest(own), others)


def is_for(candidate: Candidate, place: Place) -> bool:
    """Whether the rule counts at a place."""
    wanted, path = candidate.rule.path, place.path.encode(errors="surrogateescape")
    if wanted and not search(wanted).search(path):
        return False
    return not candidate.unless or not is_allowed(candidate.unless, place)


def _without_overlaps(some: list[Candidate], others: list[Candidate]) -> list[Candidate]:
    """Both, but of two that overlap the stronger one."""
    if not some or not others:
        return [*some, *others]
    by_key: dict[str, list[Candidate]] = {}
    for other in others:
        by_key.setdefault(other.key, []).append(other)
    pairs = [(one, other) for one in some for other in by_key.get(one.key, ())]
    lost = {id(min(pair, key=strength)) for pair in pairs if _overlap(*pair)}
    return [candidate for candidate in (*some, *others) if id(candidate) not in lost]


def strength(candidate: Candidate) -> tuple[bool, bool, bool, int, float, int, bool, bool, int]:
    """How much a candidate's form says."""
    rule = candidate.rule
    return (
        not rule.generic,
        bool(rule.path),
        not rule.scored,
        rule.confidence,
        candidate.odds,
        rule.severity,
        not candidate.encoding,
        rule.check is not None,
        len(candidate.secret),
    )


def _position(candidate: Candidate) -> tuple[str, int, int, str]:
    return candidate.key, candidate.span.start, candidate.span.end, candidate.rule.id


def _overlap(one: Candidate, other: Candidate) -> bool:
    """Of two in one blob."""
    return (
        one.key == other.key and one.span.start < other.span.end and other.span.start < one.span.end
    )
