"""What one rule finds around its finder's hits, looked at once: texts repeat themselves."""

from collections.abc import Callable, Iterable, Iterator

from leakguard import limits
from leakguard.finder import Finder
from leakguard.lines import Buffer
from leakguard.model import Piece
from leakguard.seekers import Seeker, Spans

Found = tuple[int, int, int, int, bool]
"""Spans, and whether the secret is accepted."""


class Look:
    """Looks for one rule around its finder's hits; for one thread."""

    __slots__ = ("_accepts", "_in_line", "_least", "_most", "_reach", "_seek", "_seen", "proves")

    def __init__(
        self, seek: Seeker, found: Finder, accepts: Callable[[bytes], bool] | None, *, proves: bool
    ) -> None:
        """`accepts` judges a secret by itself; None accepts all."""
        self._least, self._most, self._reach = found.least, found.most, found.reach
        self.proves = proves
        """Whether the form of the rule's values says what they are."""
        self._in_line = found.in_line
        self._accepts = accepts
        self._seek = seek
        self._seen: dict[tuple[int, int, bytes], Found | None] = {}
        """What was found around a hit before: the versions of a file repeat most of their lines,
        and a call of RE2 gives the interpreter's lock away. Offsets from the stretch's start."""

    def all(self, data: Buffer, piece: Piece, ends: Iterable[int], cleared: int) -> Iterator[Found]:
        """What is found in a piece around the offsets at which the finder ended, in order.

        No match starts before the offset `cleared`, or where the next piece finds it as well.
        """
        least, most = self._least, self._most
        for end in ends:
            if end < cleared + least:
                continue
            start = end - most
            found = self._find(data, start if start > cleared else cleared, piece.end, end)
            if found is None or found[0] > end - least:
                cleared = end - least + 1
            elif found[0] >= piece.own_end:
                break
            else:
                cleared = found[1]
                yield found

    def _find(self, data: Buffer, start: int, limit: int, hit: int) -> Found | None:
        """The first match that starts at `start` or later."""
        seen, is_bounded = self._seen, self._reach > 0
        # One byte more to each side: borders of words and lines look at it.
        first, last = start - 1, hit + (self._reach or limits.SEEN_LINE_BYTES) + 1
        if self._in_line:
            if (line := data.rfind(b"\n", start, hit - 1)) >= 0:
                first = start = line
            if (line := data.find(b"\n", hit - 1, min(last, limit))) >= 0:
                last = limit = line + 1
                is_bounded = True
        if first < 0 or last > limit or not is_bounded:
            return self._judged(data, self._search(data, start, limit, hit))
        key = hit - start, start - first, bytes(data[first:last])
        if key in seen:
            found = seen[key]
        else:
            found = self._judged(data, self._search(data, start, limit, hit))
            if len(seen) == limits.SEEN_STRETCHES:
                seen.clear()
            seen[key] = found and _moved(found, -start)
            return found
        return found and _moved(found, start)

    def _judged(self, data: Buffer, spans: Spans | None) -> Found | None:
        if spans is None:
            return None
        secret = bytes(data[spans[2] : spans[3]])
        return (*spans, self._accepts is None or self._accepts(secret))

    def _search(self, data: Buffer, start: int, limit: int, hit: int) -> Spans | None:
        stop = min(limit, hit + (self._reach or limits.MATCH_BYTES))
        spans = self._seek.find(data, start, stop)
        if spans is not None and spans[1] == stop < limit and spans[0] <= hit:
            return self._seek.find(data, spans[0], min(limit, spans[0] + 2 * limits.MATCH_BYTES))
        return spans


def _moved(found: Found, by: int) -> Found:
    begin, end, first, last, is_accepted = found
    return begin + by, end + by, first + by, last + by, is_accepted
