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
from leakguard.lines import Buffer, Cursor, after, before, lines_after, lines_before, previous
from leakguard.matcher import ENCODED, Hits, Matcher
from leakguard.model import Candidate, Confidence, Match, Piece, Skip, Span, Window
from leakguard.pattern import Confirmer, Finder, confirmer

_Spans = tuple[int, int, int, int] | None
"""A match and the secret in it, or None when the pattern does not match."""


class Scanner:
    """The confirming half of one scan; for one thread, windows in the order of the source."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._finders = {number: found for number, found in enumerate(matcher.finders) if found}
        self._contexts = Contexts(matcher.rules, matcher.contextual)
        self._carry: dict[int, int] = {}
        """Where the last match of a rule ended in the blob whose segments are coming in, bytes."""
        self._carry_key = ""
        self._judge = lru_cache(limits.SEEN_STRETCHES)(matcher.accepts)
        self._seen: dict[tuple[int, int, bytes], _Spans] = {}
        """What was found around a hit before: the versions of a file repeat most of their lines,
        and a call of RE2 gives the interpreter's lock away."""

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
            (match.secret_start, match.secret_end)
            for match in refused
            if not rules[match.rule].generic and rules[match.rule].confidence is Confidence.HIGH
        ]
        return [
            match
            for match in accepted
            if not rules[match.rule].generic
            or not any(
                start < match.secret_end and match.secret_start < end for start, end in fakes
            )
        ]

    def _accepts(self, data: Buffer, match: Match) -> bool:
        return self._judge(match.rule, bytes(data[match.secret_start : match.secret_end]))

    def _rule(self, data: Buffer, piece: Piece, number: int, ends: Iterable[int]) -> list[Match]:
        """All matches of one rule in a piece, from the offsets at which its finder ended."""
        found = self._finders.get(number)
        if found is None or found.whole:
            return list(islice(self._whole(data, piece, number), limits.MATCHES_PER_PIECE + 1))
        cleared = self._cleared(piece, number)
        matches: list[Match] = []
        for end in ends:
            if end < cleared + found.least:
                continue
            match = self._search(number, data, max(cleared, end - found.most), piece.end, end)
            if match is None or match[0] > end - found.least:
                cleared = end - found.least + 1
            elif match[0] >= piece.own_end:
                break
            else:
                matches.append(Match(*match, number))
                cleared = match[1]
        if matches:
            self._remember(piece, number, matches[-1].end)
        return matches

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

    def _search(self, number: int, data: Buffer, start: int, limit: int, hit: int) -> _Spans:
        """As the function `_search`, which is asked once for the same bytes around a hit."""
        found, pattern = self._finders[number], confirmer(self._pattern(number))
        # One byte more to each side: borders of words and lines look at it.
        if not found.reach or not start or hit + found.reach >= limit:
            return _search(pattern, found, data, start, limit, hit)
        key = number, hit - start, bytes(data[start - 1 : hit + found.reach + 1])
        if key not in self._seen:
            if len(self._seen) == limits.SEEN_STRETCHES:
                self._seen.clear()
            self._seen[key] = _moved(_search(pattern, found, data, start, limit, hit), -start)
        return _moved(self._seen[key], start)

    def _pattern(self, number: int) -> str:
        rules = self.matcher.rules
        return rules[number].pattern if number < len(rules) else ANCHORS[number - len(rules)]

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
        """Candidates with their lines and columns, reading the piece once."""
        cursor = Cursor(data, piece)
        for match, unless in sorted(kept, key=lambda item: item[0].secret_start):
            line, column = cursor.at(match.secret_start)
            end_line, end_column = cursor.peek(match.secret_end)
            shift = piece.offset - piece.start
            start, end = match.secret_start, match.secret_end
            yield Candidate(
                rule=self.matcher.rules[match.rule],
                key=piece.key,
                span=Span(start + shift, end + shift, line, column, end_line, end_column),
                secret=bytes(data[start:end]),
                before=before(data, piece.start, start),
                after=after(data, end, piece.end),
                previous=previous(data, piece.start, start),
                unless=unless,
            )


def _moved(spans: _Spans, by: int) -> _Spans:
    return spans and (spans[0] + by, spans[1] + by, spans[2] + by, spans[3] + by)


def _piece_of(pieces: Sequence[Piece], hits: Hits, position: int) -> tuple[Piece | None, int]:
    """The piece that a hit lies in, None between pieces, and the first hit behind it."""
    end = hits[position][0]
    index = bisect_left(pieces, end, key=lambda piece: piece.start) - 1
    if index < 0 or end > pieces[index].end:
        return None, position + 1
    return pieces[index], bisect_left(hits, (pieces[index].end + 1, -1), position)


def _search(
    pattern: Confirmer, found: Finder, data: Buffer, start: int, limit: int, hit: int
) -> _Spans:
    """The first match that starts at `start` or later, with the span of its secret."""
    stop = min(limit, hit + (found.reach or limits.MATCH_BYTES))
    match = pattern.regexp.search(data, start, stop)
    if match is None:
        return None
    begin, end = match.span()
    if end == stop < limit and begin <= hit:
        match = pattern.regexp.search(data, begin, min(limit, begin + 2 * limits.MATCH_BYTES))
        begin, end = match.span()
    return begin, end, *pattern.span(match)
