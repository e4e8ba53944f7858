"""Windows and hits in, candidates out: confirms with each rule's own pattern around a hit.

The pattern (RE2, linear time) looks at a small stretch before and behind a hit. What comes out
equals `re.finditer` of every rule over every blob, for matches of at most MATCH_BYTES;
tests/test_scanner.py holds it to that.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from leakguard import limits
from leakguard.conditions import Kept, keep
from leakguard.context import ANCHORS, Contexts
from leakguard.finder import Finder
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
from leakguard.tails import Seeker, Spans, seeker


class Scanner:
    """The confirming half of one scan; for one thread, windows in the order of the source."""

    def __init__(self, matcher: Matcher, least: Confidence | None = None) -> None:
        """Left out is what no path could make as sure as `least`; nothing without it."""
        self.matcher = matcher
        self._least = least
        self._looks: dict[int, _Look | None] = {}
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
        matches: list[Match] = []
        for number, offsets in ends.items():
            found = self._rule(data, piece, number, offsets)
            if len(found) > limits.MATCHES_PER_PIECE:
                rule = rules[number].id if number < len(rules) else "values with a name"
                yield Skip(piece.key, f"more than {limits.MATCHES_PER_PIECE} matches of {rule}")
                del found[limits.MATCHES_PER_PIECE :]
            matches += found if number < len(rules) else self._owned(data, piece, found)
        accepted = [match for match in matches if self._accepts(data, match)]
        if not accepted:
            return
        accepted = self._without_fakes(accepted, set(matches).difference(accepted))
        accepted += self._beside(data, piece, accepted)
        kept = keep(data, piece, self.matcher.rules, accepted)
        yield from self._located(data, piece, kept)

    def _owned(self, data: Buffer, piece: Piece, values: Iterable[Match]) -> Iterator[Match]:
        """The values of anchors whose vendor is named near them."""
        for value in values:
            place = value.secret_start, value.secret_end
            if owned := self._contexts.owner(data, piece.start, place, piece.end):
                start, end = place[0] + owned.start, place[0] + owned.end
                yield Match(start, end, start, end, owned.rule)

    def _without_fakes(self, accepted: list[Match], refused: set[Match]) -> list[Match]:
        """Leaves out generic matches of what has a token's form but fails that token's check."""
        rules = self.matcher.rules
        fakes = [
            (match.secret_start, match.secret_end) for match in refused if self._proves(match.rule)
        ]
        if not fakes:
            return accepted
        return [
            match
            for match in accepted
            if not rules[match.rule].generic
            or not any(
                start < match.secret_end and match.secret_start < end for start, end in fakes
            )
        ]

    def _proves(self, number: int) -> bool:
        """Whether the form of a rule's values says what they are."""
        rule = self.matcher.rules[number]
        return not rule.generic and rule.confidence is Confidence.HIGH

    def _accepts(self, data: Buffer, match: Match) -> bool:
        return self._judge(match.rule, bytes(data[match.secret_start : match.secret_end]))

    def _rule(self, data: Buffer, piece: Piece, number: int, ends: Iterable[int]) -> list[Match]:
        """All matches of one rule in a piece, from the offsets at which its finder ended."""
        look = self._look(number)
        if look is None:
            return list(islice(self._whole(data, piece, number), limits.MATCHES_PER_PIECE + 1))
        cleared, least, most = self._cleared(piece, number), look.least, look.most
        matches: list[Match] = []
        for end in ends:
            if end < cleared + least:
                continue
            start = end - most
            match = look.find(data, start if start > cleared else cleared, piece.end, end)
            if match is None or match[0] > end - least:
                cleared = end - least + 1
            elif match[0] >= piece.own_end:
                break
            else:
                matches.append(Match(*match, number))
                cleared = match[1]
        if matches:
            self._remember(piece, number, matches[-1].end)
        return matches

    def _look(self, number: int) -> "_Look | None":
        """How a rule is looked for around a hit; None when all of a blob has to be searched."""
        if number not in self._looks:
            found, rules = self.matcher.finders[number], self.matcher.rules
            pattern = rules[number].pattern if number < len(rules) else ANCHORS[number - len(rules)]
            look = _Look(seeker(pattern), found) if found and not found.whole else None
            self._looks[number] = look
        return self._looks[number]

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


class _Look:
    """Looks for one rule around its finder's hits; for one thread."""

    __slots__ = ("_in_line", "_reach", "_seek", "_seen", "least", "most")

    def __init__(self, seek: Seeker, found: Finder) -> None:
        self.least, self.most, self._reach = found.least, found.most, found.reach
        self._in_line = found.in_line
        self._seek = seek
        self._seen: dict[tuple[int, bytes], Spans | None] = {}
        """What was found around a hit before: the versions of a file repeat most of their lines,
        and a call of RE2 gives the interpreter's lock away. Offsets from the stretch's start."""

    def find(self, data: Buffer, start: int, limit: int, hit: int) -> Spans | None:
        """The first match that starts at `start` or later, with the span of its secret."""
        reach, seen = self._reach, self._seen
        # One byte more to each side: borders of words and lines look at it.
        first, last = start - 1, hit + reach + 1 if reach else limit + 1
        if self._in_line:
            if (line := data.rfind(b"\n", start, hit - 1)) >= 0:
                first = start = line
            if (line := data.find(b"\n", hit - 1, min(last, limit))) >= 0:
                last = limit = line + 1
        if first < 0 or last > limit:
            return self._search(data, start, limit, hit)
        key = hit - start, bytes(data[first:last])
        if key in seen:
            spans = seen[key]
        else:
            spans = self._search(data, start, limit, hit)
            if len(seen) == limits.SEEN_STRETCHES:
                seen.clear()
            seen[key] = spans and _moved(spans, -start)
            return spans
        return spans and _moved(spans, start)

    def _search(self, data: Buffer, start: int, limit: int, hit: int) -> Spans | None:
        stop = min(limit, hit + (self._reach or limits.MATCH_BYTES))
        spans = self._seek.find(data, start, stop)
        if spans is not None and spans[1] == stop < limit and spans[0] <= hit:
            return self._seek.find(data, spans[0], min(limit, spans[0] + 2 * limits.MATCH_BYTES))
        return spans


def _moved(spans: Spans, by: int) -> Spans:
    begin, end, first, last = spans
    return begin + by, end + by, first + by, last + by
