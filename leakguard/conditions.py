"""What rules of other tools ask of a match beyond its pattern: keywords, allowlists, other rules.

The rules are gitleaks' (https://github.com/gitleaks/gitleaks#configuration): allowlists are asked
in what is scanned as far as they look at it, and once more where path and commit are known.
"""

from collections.abc import Iterable, Iterator, Sequence

from leakguard.lines import Buffer, Cursor
from leakguard.model import Allowlist, Match, Piece, Place, Required, Rule
from leakguard.pattern import search

Kept = tuple[Match, tuple[Allowlist, ...]]
"""A match, and the allowlists that a path or commit can still fulfil."""


def keep(
    data: Buffer, piece: Piece, rules: Sequence[Rule], matches: Sequence[Match]
) -> Sequence[Kept]:
    """The matches that fulfil what their rules ask for; nearly always all of them."""
    firsts = {match.rule: match for match in reversed(matches)}
    if not any(rules[number].foreign or rules[number].allowlists for number in firsts):
        return [(match, ()) for match in matches]
    awake = {n for n, match in firsts.items() if _is_awake(data, piece, rules[n], match)}
    kept = [
        (match, left)
        for match in matches
        if match.rule in awake
        and (left := _left(data, piece, rules[match.rule], match)) is not None
    ]
    return list(_complete(data, piece, rules, kept))


def is_allowed(unless: Iterable[Allowlist], place: Place) -> bool:
    """Whether a path or commit fulfils one of the allowlists of which only that was open."""
    return any(_is_there(allowlist, place) for allowlist in unless)


def _is_there(allowlist: Allowlist, place: Place) -> bool:
    path = place.path.encode(errors="surrogateescape")
    asked = []
    if allowlist.path:
        asked.append(bool(search(allowlist.path).search(path)))
    if allowlist.commits:
        asked.append(place.commit in allowlist.commits)
    return all(asked) if allowlist.every else any(asked)


def _is_awake(data: Buffer, piece: Piece, rule: Rule, match: Match) -> bool:
    """Whether the blob holds a keyword of the rule, when it has any: mostly a match does."""
    if rule.foreign is None or not rule.foreign.keywords:
        return True
    keywords = [word.encode() for word in rule.foreign.keywords]
    for start, end in ((match.start, match.end), (piece.start, piece.end)):
        text = bytes(data[start:end]).lower()
        if any(word in text for word in keywords):
            return True
    return False


def _left(data: Buffer, piece: Piece, rule: Rule, match: Match) -> tuple[Allowlist, ...] | None:
    """The rule's allowlists that its place decides; None when one holds already."""
    left = []
    for allowlist in rule.allowlists:
        has_place = bool(allowlist.path or allowlist.commits)
        holds = bool(rule.pattern) and _holds(allowlist, data, piece, match)
        if holds and not (allowlist.every and has_place):
            return None
        if has_place and (holds or not allowlist.every):
            left.append(allowlist)
    return tuple(left)


def _holds(allowlist: Allowlist, data: Buffer, piece: Piece, match: Match) -> bool:
    """What the allowlist asks of a match; with `every`, true also when it asks nothing."""
    secret = bytes(data[match.secret_start : match.secret_end])
    asked = []
    if allowlist.pattern:
        target = _target(allowlist.target, data, piece, match) or secret
        asked.append(bool(search(allowlist.pattern).search(target)))
    if allowlist.words:
        lower = secret.lower()
        asked.append(any(word.encode() in lower for word in allowlist.words))
    return all(asked) if allowlist.every else any(asked)


def _target(name: str, data: Buffer, piece: Piece, match: Match) -> bytes:
    """The match without line ends around it, or its lines whole; empty for the secret."""
    if name == "match":
        return bytes(data[match.start : match.end]).strip(b"\n")
    if name == "line":
        start = data.rfind(b"\n", piece.start, match.start) + 1 or piece.start
        end = data.find(b"\n", max(match.start, match.end - 1), piece.end)
        return bytes(data[start : end if end >= 0 else piece.end])
    return b""


def _complete(
    data: Buffer, piece: Piece, rules: Sequence[Rule], kept: Sequence[Kept]
) -> Iterator[Kept]:
    """Leaves out what others are required for, and what requires something that is not there."""
    starts: dict[str, list[Match]] = {}
    for match, _ in kept:
        starts.setdefault(rules[match.rule].id, []).append(match)
    for match, left in kept:
        foreign = rules[match.rule].foreign
        needs = foreign.required if foreign else ()
        hidden = foreign is not None and foreign.hidden
        if not hidden and all(
            any(_is_near(data, piece, match, other, need) for other in starts.get(need.rule, ()))
            for need in needs
        ):
            yield match, left


def _is_near(data: Buffer, piece: Piece, match: Match, other: Match, need: Required) -> bool:
    if need.lines is None and need.columns is None:
        return True
    cursor = Cursor(data, piece)
    (line, column), (there, beside) = cursor.peek(match.start), cursor.peek(other.start)
    within_lines = need.lines is None or abs(line - there) <= need.lines
    return within_lines and (need.columns is None or abs(column - beside) <= need.columns)
