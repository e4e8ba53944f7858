"""Why a rule reports something on a line, or does not: each match of each pattern, judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from leakguard.conditions import is_allowed
from leakguard.encoded import Decoder
from leakguard.fingerprint import preview
from leakguard.lines import Cursor
from leakguard.matcher import Matcher
from leakguard.model import Candidate, Piece, Place, Rule, Window
from leakguard.overlaps import strongest
from leakguard.paths import is_excluded
from leakguard.pattern import confirmer, search
from leakguard.policy import Policy
from leakguard.pragmas import Heads, judged, pragma_of
from leakguard.scanner import Scanner
from leakguard.scored import counts_at
from leakguard.sources import Tally
from leakguard.sources.files import reader
from leakguard.sources.windows import Packer


@dataclass(frozen=True, slots=True)
class Explanation:
    """One match of one rule. Holds no secret."""

    line: int
    column: int
    rule: str
    preview: str
    reason: str
    """Why it is not reported; empty when it is."""
    encoding: str = ""
    """How the secret is written there, as in reports; empty when it stands there as it is."""


def explain(matcher: Matcher, text: bytes, path: str, policy: Policy) -> list[Explanation]:
    """What the rules make of a text and of what is encoded in it, by line, column and rule.

    A text with more bytes than a window has is cut there. Of encoded text only what the scan
    confirms is told, not what it drops.
    """
    window = next(_windows(path, text), None)
    if window is None:
        return []
    scanner, scratch = Scanner(matcher), matcher.scratch()
    hits = matcher.hits(window, scratch)
    found = list(scanner.candidates(window, hits))
    plain = [item for item in found if isinstance(item, Candidate)]
    found += Decoder(matcher).candidates(window, hits, plain)
    heads = Heads()
    heads.look(window)
    kept = [
        heads.marked(item) for item in found if isinstance(item, Candidate) and item.rule.pattern
    ]
    told = list(_told(kept, path, policy))
    known = {(item.rule.id, item.span.start) for item in plain}
    told += _dropped(matcher, window, known)
    return sorted(told, key=lambda item: (item.line, item.column, item.rule))


def _windows(path: str, text: bytes) -> Iterator[Window]:
    packer = Packer(Tally())
    yield from (
        item for item in packer.add(path, reader(BytesIO(text))) if isinstance(item, Window)
    )
    yield from packer.flush()


def _told(kept: Sequence[Candidate], path: str, policy: Policy) -> Iterator[Explanation]:
    """What the scan confirmed, and what becomes of it on its way into a report."""
    silent = {id(item): _silenced(item, path, policy) for item in kept}
    left = strongest(item for item in kept if not silent[id(item)])
    reported = {id(item) for item in left}
    for item in kept:
        reason = silent[id(item)]
        if not reason and id(item) not in reported:
            reason = f"reported as {_winner(item, left)}"
        place = item.span.line, item.span.column
        yield Explanation(*place, item.rule.id, preview(item.secret), reason, item.encoding)


def _winner(item: Candidate, left: Iterable[Candidate]) -> str:
    span = item.span
    return next(
        other.rule.id
        for other in left
        if other.span.start < span.end and span.start < other.span.end
    )


def _silenced(item: Candidate, path: str, policy: Policy) -> str:
    rule = item.rule
    reasons: Mapping[str, bool] = {
        "rule is disabled": rule.id in policy.disabled_rules,
        f"severity {rule.severity.label}": rule.severity < policy.min_severity,
        f"confidence {rule.confidence.label}": not rule.scored
        and rule.confidence < policy.min_confidence,
        "score is too low": not counts_at(item, path, policy),
        "path is not the rule's": not _is_path(rule, path),
        "excluded path": is_excluded(path, policy.excludes),
        "allowlist of paths": is_allowed(item.unless, Place(path)),
    }
    why = next((reason for reason, holds in reasons.items() if holds), "")
    return why or judged(pragma_of(item, path), policy.pragmas)[0] or ""


def _is_path(rule: Rule, path: str) -> bool:
    return not rule.path or bool(search(rule.path).search(path.encode(errors="surrogateescape")))


def _dropped(
    matcher: Matcher, window: Window, known: set[tuple[str, int]]
) -> Iterator[Explanation]:
    """Matches of the patterns that the scan did not confirm, with the reason.

    A rule that needs another one or its vendor's name beside it is left out: its pattern alone says
    nothing.
    """
    for number, rule in enumerate(matcher.rules):
        if rule.partner or rule.near or not rule.pattern:
            continue
        for piece in window.pieces:
            cursor = Cursor(window.data, piece)
            for start, secret in _matches(rule, window, piece):
                if (rule.id, start - piece.start + piece.offset) not in known:
                    why = matcher.refusal(number, secret) or _OTHER
                    yield Explanation(*cursor.at(start), rule.id, preview(secret), why)


def _matches(rule: Rule, window: Window, piece: Piece) -> Iterator[tuple[int, bytes]]:
    pattern = confirmer(rule.pattern)
    text = bytes(window.data[piece.start : piece.end])
    for match in pattern.regexp.finditer(text):
        start, end = pattern.span(match)
        yield piece.start + start, text[start:end]


_OTHER = "what stands around it"
"""A match that passes by itself: its rule asks for more, or takes it for a token's fake."""
