"""What was found in a line is remembered, and nothing that costs more than looking again."""

from leakguard.finder import finder
from leakguard.lines import Buffer
from leakguard.model import Piece
from leakguard.seekers import Seeker, Spans, plan, seeker
from leakguard.stretches import Found, Look

ENDLESS = r"open_(?P<secret>[a-z]{3,})"
ENDING = r"pass ?= ?'(?P<secret>[^'\n]{3,90})'"


class Counting:
    """A seeker that counts how often it is asked."""

    def __init__(self, inner: Seeker) -> None:
        self.inner = inner
        self.calls = 0

    def find(self, data: Buffer, start: int, stop: int) -> Spans | None:
        self.calls += 1
        return self.inner.find(data, start, stop)


class Watched:
    """A look at a pattern, with what it asked."""

    def __init__(self, pattern: str) -> None:
        found = finder(pattern)
        self.seek = Counting(seeker(pattern, plan(pattern, found.reach)))
        self.judged: list[bytes] = []
        self.look = Look(self.seek, found, self._accepts, proves=False)  # type: ignore[arg-type]

    def _accepts(self, secret: bytes) -> bool:
        self.judged.append(secret)
        return secret != b"dummy"

    def at(self, data: bytes, *ends: bytes) -> list[tuple[bytes, bool]]:
        """The secrets around where these texts end in the data, and whether they are accepted."""
        piece = Piece("a", 0, len(data), 0, len(data))
        hits = [data.index(text) + len(text) for text in ends]
        found: list[Found] = list(self.look.all(data, piece, hits, 0))
        return [(data[first:last], accepted) for _, _, first, last, accepted in found]


def test_a_line_is_looked_at_once_whatever_stands_around_it() -> None:
    watched = Watched(ENDING)

    one = watched.at(b"a\nb\n  pass = 'dummy' # x\nc\n", b"'dummy'")
    other = watched.at(b"other\n  pass = 'dummy' # x\nlines\n", b"'dummy'")

    assert one == other == [(b"dummy", False)]
    assert watched.seek.calls == 1
    assert watched.judged == [b"dummy"]


def test_a_line_that_begins_elsewhere_is_another_one() -> None:
    watched = Watched(ENDING)

    assert watched.at(b"\n  pass = 'abcd'\n", b"'abcd'") == [(b"abcd", True)]
    assert watched.at(b"\n pass = 'abcd'\n", b"'abcd'") == [(b"abcd", True)]
    assert watched.at(b"  pass = 'abcd'\n", b"'abcd'") == [(b"abcd", True)]


def test_a_pattern_without_an_end_is_remembered_up_to_the_line_break() -> None:
    watched = Watched(ENDLESS)

    assert watched.at(b"x\nopen_abcdef\ny\n", b"open_abc") == [(b"abcdef", True)]
    assert watched.at(b"z\nopen_abcdef\n\n", b"open_abc") == [(b"abcdef", True)]
    assert watched.seek.calls == 1


def test_a_line_of_megabytes_is_not_kept() -> None:
    watched = Watched(ENDLESS)
    data = b"x\n" + b"open_abc. " * 100_000 + b"\n"
    piece = Piece("a", 0, len(data), 0, len(data))
    hits = range(10, 10_000, 10)

    found = list(watched.look.all(data, piece, hits, 0))

    assert len(found) == len(hits)
    assert watched.look._seen == {}
