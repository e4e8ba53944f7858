"""Windows and hits in, candidates out: confirms with each rule's own pattern around a hit.

The pattern (RE2, linear time) looks at a small stretch before and behind a hit. What comes out
equals `re.finditer` of every rule over every blob, for matches of at most MATCH_BYTES;
tests/test_scanner.py holds it to that.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice

from leakguard import limits
from leakguard.conditions import Kept, keep
from leakguard.context import ANCHORS, Contexts
from leakguard.lines import (
    Buffer,
    Cursor,
    after,
    before,
    following,
    lines_after,
    lines_before,
    previous,
)
from leakguard.matcher import ENCODED, Hits, Matcher
from leakguard.model import Candidate, Confidence, Match, Piece, Skip, Span, Window
from leakguard.pattern import confirmer
from leakguard.scored import may_count, odds_of
from leakguard.seekers import seeker
from leakguard.stretches import Look


class Scanner:
    """The confirming half of one scan; for one thread, windows in the order of the source."""

    def __init__(self, matcher: Matcher, least: Confidence | None = None) -> None:
        """Left out is what no path could make as sure as `least`; nothing without it."""
        self.matcher = matcher
        self._least = least
        self._looks: dict[int, Look | None] = {}
        self._contexts = Contexts(matcher.rules, matcher.contextual)
        self._carry: dict[int, int] = {}
        """Where the last match of a rule ended in the blob whose segments are coming in, bytes."""
        self._carry_key = ""
        self._judge = lru_cache(limits.SEEN_STRETCHES)(matcher.accepts)

    def candidates(self, window: Window, hits: Hits) -> Iterator[Candidate | Skip]:
        """What the rules confirm in a window, blob by blob, by offset.

        A skip has the piece's key for its path: only the source knows where that is.
        """
        if self.matcher.unaided:
            yield from self._every_piece(window, hits)
            return
        position = 0
        while position < len(hits):
            piece, last = _piece_of(window.pieces, hits, position)
            if piece is not None:
                yield from self._piece(window.data, piece, hits[position:last])
            position = last

    def _every_piece(self, window: Window, hits: Hits) -> Iterator[Candidate | Skip]:
        """As `candidates`, for rules that no finder calls: each piece is a hit for them."""
        for piece in window.pieces:
            first, last = (bisect_left(hits, (end + 1, -1)) for end in (piece.start, piece.end))
            unaided = [(piece.end, number) for number in self.matcher.unaided]
            yield from self._piece(window.data, piece, [*hits[first:last], *unaided])

    def _piece(self, data: Buffer, piece: Piece, hits: Hits) -> Iterator[Candidate | Skip]:
        ends: dict[int, list[int]] = {}
        for end, number in hits:
            if number < ENCODED:
                ends.setdefault(number, []).append(end)
        rules = self.matcher.rules
        accepted: list[Match] = []
        fakes: list[Match] = []
        for number, offsets in ends.items():
            found = self._rule(data, piece, number, offsets, fakes)
            if len(found) > limits.MATCHES_PER_PIECE:
                rule = rules[number].id if number < len(rules) else "values with a name"
                yield Skip(piece.key, f"more than {limits.MATCHES_PER_PIECE} matches of {rule}")
                del found[limits.MATCHES_PER_PIECE :]
            accepted += found if number < len(rules) else self._owned(data, piece, found)
        if not accepted:
            return
        accepted = self._without_fakes(accepted, fakes)
        accepted += self._beside(data, piece, accepted)
        kept = keep(data, piece, self.matcher.rules, accepted)
        yield from self._located(data, piece, kept)

    def _owned(self, data: Buffer, piece: Piece, values: Iterable[Match]) -> Iterator[Match]:
        """The values of anchors whose vendor is named near them."""
        for value in values:
            place = value.secret_start, value.secret_end
            if owned := self._contexts.owner(data, piece.start, place, piece.end):
                start, end = place[0] + owned.start, place[0] + owned.end
                match = Match(start, end, start, end, owned.rule)
                if self._accepts(data, match):
                    yield match

    def _without_fakes(self, accepted: list[Match], fakes: Sequence[Match]) -> list[Match]:
        """Leaves out generic matches of what has a token's form but fails that token's check."""
        if not fakes:
            return accepted
        rules = self.matcher.rules
        return [
            match
            for match in accepted
            if not rules[match.rule].generic
            or not any(
                fake.secret_start < match.secret_end and match.secret_start < fake.secret_end
                for fake in fakes
            )
        ]

    def _proves(self, number: int) -> bool:
        """Whether the form of a rule's values says what they are."""
        rule = self.matcher.rules[number]
        return not rule.generic and rule.confidence is Confidence.HIGH

    def _accepts(self, data: Buffer, match: Match) -> bool:
        return self._judge(match.rule, bytes(data[match.secret_start : match.secret_end]))

    def _rule(
        self, data: Buffer, piece: Piece, number: int, ends: Iterable[int], fakes: list[Match]
    ) -> list[Match]:
        """All matches of one rule in a piece that it accepts, from the offsets at which its finder
        ended. What has the form and is refused goes to `fakes` where the form says what it is."""
        look = self._look(number)
        if look is None:
            return self._searched(data, piece, number, fakes)
        matches: list[Match] = []
        last = -1
        for begin, last, first, end, is_accepted in look.all(
            data, piece, ends, self._cleared(piece, number)
        ):
            if is_accepted:
                matches.append(Match(begin, last, first, end, number))
            elif look.proves:
                fakes.append(Match(begin, last, first, end, number))
        if last >= 0:
            self._remember(piece, number, last)
        return matches

    def _look(self, number: int) -> Look | None:
        """How a rule is looked for around a hit; None when all of a blob has to be searched."""
        if number not in self._looks:
            found, rules = self.matcher.finders[number], self.matcher.rules
            pattern = rules[number].pattern if number < len(rules) else ANCHORS[number - len(rules)]
            self._looks[number] = None
            if found and not found.whole:
                is_rule = number < len(rules)
                accepts = partial(self._judge, number) if is_rule else None
                proves = is_rule and self._proves(number)
                self._looks[number] = Look(
                    seeker(pattern, self.matcher.plans.get(number)), found, accepts, proves=proves
                )
        return self._looks[number]

    def _searched(self, data: Buffer, piece: Piece, number: int, fakes: list[Match]) -> list[Match]:
        """As `_rule`, for a rule that is not looked for around hits."""
        found = list(islice(self._whole(data, piece, number), limits.MATCHES_PER_PIECE + 1))
        if self._proves(number):
            fakes += [match for match in found if not self._accepts(data, match)]
        return [match for match in found if self._accepts(data, match)]

    def _whole(self, data: Buffer, piece: Piece, number: int) -> Iterator[Match]:
        """All matches of a rule that has to see the whole blob, or nothing of it but its path."""
        pattern = self.matcher.rules[number].pattern
        if not pattern:
            if not piece.offset:
                yield Match(piece.start, piece.start, piece.start, piece.start, number)
            return
        rule = confirmer(pattern)
        for match in rule.regexp.finditer(bytes(data[piece.start : piece.end])):
            (start, end), secret = match.span(), rule.span(match)
            shift = piece.start
            found = Match(start + shift, end + shift, secret[0] + shift, secret[1] + shift, number)
            if piece.own_start <= found.start < piece.own_end:
                yield found

    def _cleared(self, piece: Piece, number: int) -> int:
        """Offset in the window before which no match of the rule may start."""
        if piece.key != self._carry_key or not piece.offset:
            return piece.own_start
        return max(piece.own_start, self._carry.get(number, 0) - piece.offset + piece.start)

    def _remember(self, piece: Piece, number: int, end: int) -> None:
        if piece.own_end == piece.end and not piece.offset:
            return
        if piece.key != self._carry_key:
            self._carry_key, self._carry = piece.key, {}
        self._carry[number] = end - piece.start + piece.offset

    def _beside(self, data: Buffer, piece: Piece, matches: Sequence[Match]) -> list[Match]:
        """Matches of partner rules around what was found, each once."""
        found: dict[Match, None] = {}
        for match in matches:
            for number in self.matcher.partners.get(self.matcher.rules[match.rule].id, ()):
                found |= dict.fromkeys(self._partner(data, piece, number, match))
        return list(found)

    def _partner(self, data: Buffer, piece: Piece, number: int, anchor: Match) -> Iterator[Match]:
        rule = self.matcher.rules[number]
        lines = rule.partner.lines if rule.partner else 0
        start = max(piece.start, anchor.start - limits.PARTNER_BYTES)
        end = min(piece.end, anchor.end + limits.PARTNER_BYTES)
        start = lines_before(data, start, anchor.start, lines)
        end = lines_after(data, anchor.end, end, lines)
        pattern = confirmer(rule.pattern)
        for match in pattern.regexp.finditer(data, start, end):
            (begin, stop), secret = match.span(), pattern.span(match)
            found = Match(begin, stop, secret[0], secret[1], number)
            if self._accepts(data, found):
                yield found

    def _located(self, data: Buffer, piece: Piece, kept: Iterable[Kept]) -> Iterator[Candidate]:
        """Candidates with their scores, lines and columns, reading the piece once."""
        cursor, least, shift = Cursor(data, piece), self._least, piece.offset - piece.start
        for match, unless in sorted(kept, key=lambda item: item[0].secret_start):
            start, end = match.secret_start, match.secret_end
            rule, secret = self.matcher.rules[match.rule], bytes(data[start:end])
            ahead, behind = before(data, piece.start, start), after(data, end, piece.end)
            above = previous(data, piece.start, start)
            odds = odds_of(rule, secret, ahead, behind, above)
            if least is not None and not may_count(rule, odds, least):
                continue
            line, column = cursor.at(start)
            end_line, end_column = cursor.peek(end)
            yield Candidate(
                rule=rule,
                key=piece.key,
                span=Span(start + shift, end + shift, line, column, end_line, end_column),
                secret=secret,
                before=ahead,
                after=behind,
                previous=above,
                following=following(data, end, piece.end),
                unless=unless,
                odds=odds,
            )


def _piece_of(pieces: Sequence[Piece], hits: Hits, position: int) -> tuple[Piece | None, int]:
    """The piece that a hit lies in, None between pieces, and the first hit behind it."""
    end = hits[position][0]
    index = bisect_left(pieces, end, key=lambda piece: piece.start) - 1
    if index < 0 or end > pieces[index].end:
        return None, position + 1
    return pieces[index], bisect_left(hits, (pieces[index].end + 1, -1), position)
