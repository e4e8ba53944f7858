"""The finder sees every match, where it says; what an engine refuses is told."""

from typing import Any

import hyperscan
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard import limits
from leakguard.finder import Finder, finder, keyword_finder
from leakguard.pattern import PatternError, confirmer, search

LEAVES = st.sampled_from(
    ["a", "b", "ab", "abc", "-", "_", r"\.", "[ab]", "[a-z0-9]", "[^a]", r"\d", r"\w", r"\s", "."]
)
BORDERS = st.sampled_from([r"\b", "^", "$", ""])
REPEATS = st.sampled_from(["{2}", "{1,3}", "{0,2}", "?", "*", "+", "{2,}", "*?", "+?", "{70}"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, REPEATS).map(lambda parts: f"(?:{parts[0]}){parts[1]}"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"(?i:{part})"),
        inner.map(lambda part: f"({part})"),
    )


bodies = st.recursive(LEAVES, grown, max_leaves=6)
patterns = st.tuples(st.sampled_from(["", "(?i)"]), BORDERS, bodies, BORDERS, bodies, BORDERS).map(
    lambda p: f"{p[0]}{p[1]}{p[2]}{p[3]}(?P<secret>{p[4]}){p[5]}"
)
texts = st.text(alphabet="aAbBcC0-_.\n \xff", max_size=90).map(lambda text: text.encode("latin-1"))


def ends(expression: str, text: bytes) -> set[int]:
    """Where Hyperscan says that the expression ends."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode()], ids=[0], elements=1, flags=hyperscan.HS_FLAG_MULTILINE
    )
    found: set[int] = set()

    def collect(_id: int, _start: int, end: int, _flags: int, _context: Any) -> None:
        found.add(end)

    database.scan(text, match_event_handler=collect)
    return found


@given(patterns, st.lists(texts, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_every_match_has_a_hit_within_its_widths(pattern: str, samples: list[bytes]) -> None:
    try:
        made = finder(pattern)
        regexp = search(pattern)  # `re` would take minutes for some of these
        text = b"\n".join(samples) + b"abab0abc" * 12
        hits = ends(made.expression, text)
    except (PatternError, hyperscan.HyperscanError):
        return

    for match in regexp.finditer(text):
        low, high = match.start() + made.least, match.start() + made.most
        assert any(low <= hit <= high for hit in hits), (made, match)
        assert not made.reach or match.end() - match.start() <= made.reach


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("tok_(?P<secret>[a-f]{4})", (8, 8, 8)),
        ("tok_(?P<secret>[a-f]{4,9})", (8, 8, 13)),
        ("tok_(?P<secret>[a-f]{4,})", (8, 8, 0)),
        ("tok_(?P<secret>[a-f]{100})", (64, 64, 104)),
        ("(?:aaa|bbbbb)-(?P<secret>cc)", (6, 8, 8)),
        ("(?:key)?tok_(?P<secret>[a-f]{4})", (8, 11, 11)),
    ],
)
def test_widths(pattern: str, expected: tuple[int, int, int]) -> None:
    made = finder(pattern)

    assert (made.least, made.most, made.reach) == expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?P<secret>a)(?=b)", "`assert` is not allowed in a pattern: see CONTRIBUTING.md"),
        ("(?P<secret>a)(?!b)", "`assert_not` is not allowed in a pattern: see CONTRIBUTING.md"),
        ("(?<=b)(?P<secret>a)", "`assert` is not allowed in a pattern: see CONTRIBUTING.md"),
        (r"(?P<secret>a)\1", "`groupref` is not allowed in a pattern: see CONTRIBUTING.md"),
        (
            r"\A(?P<secret>a)",
            "`at_beginning_string` is not allowed in a pattern: see CONTRIBUTING.md",
        ),
        (r"(?P<secret>a)\Z", "`at_end_string` is not allowed in a pattern: see CONTRIBUTING.md"),
        ("(?>a)(?P<secret>a)", "`atomic_group` is not allowed in a pattern: see CONTRIBUTING.md"),
        ("(?P<secret>a*)", "`(?P<secret>a*)` matches the empty text"),
        (
            "(?P<secret>a",
            "`(?P<secret>a` is no regular expression:"
            " missing ), unterminated subpattern at position 0",
        ),
    ],
)
def test_what_the_finder_refuses(pattern: str, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        finder(pattern)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?P<secret>a)(?=b)", "RE2 refuses `(?P<secret>a)(?=b)`: invalid perl operator: (?="),
        ("a{1,1001}", "RE2 refuses `a{1,1001}`: invalid repetition size: {1,1001}"),
        ("(?P<secret>a", "RE2 refuses `(?P<secret>a`: missing ): (?m)(?P<secret>a"),
    ],
)
def test_what_the_confirmer_refuses(pattern: str, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        confirmer(pattern)

    assert str(caught.value) == message


def test_confirmer_knows_lines_and_its_secret() -> None:
    found = confirmer("^(?P<secret>a+)$")

    assert found.regexp.search(b"b\naaa\nb").span(found.secret) == (2, 5)
    assert confirmer("^(?P<secret>a+)$") is found
    assert search("x").search(b"a\xffx").span() == (2, 3)


def test_finder_is_cut_after_the_budget() -> None:
    made = finder("tok_(?P<secret>[a-f]{50})", 10)

    assert (made.least, made.most, made.reach) == (10, 10, 54)
    assert isinstance(made, Finder)
    assert finder("(?P<secret>[a-f]{2000}x)").most <= limits.BACK_BYTES


@pytest.mark.parametrize(
    ("pattern", "in_line"),
    [
        (r"key=[a-z]{4}", True),
        (r"(?:^|[\s,])key=[^\r\n]{4}[\s;]", True),
        (r"\nkey=(?P<secret>[\w.]+)\n", True),
        (r"key=[^;]{4};", False),
        (r"key=\s*[a-z]{4}", False),
        (r"key=(?:a|b\n|c)x", False),
        (r"key=(?s:.)x", False),
        (r"key=.\Dx", False),
        (r"\b\nkey=x", False),
        (r"key=x\n$", False),
    ],
)
def test_finder_knows_matches_that_stay_in_their_line(pattern: str, in_line: bool) -> None:
    assert finder(pattern).in_line is in_line


@pytest.mark.parametrize(
    ("pattern", "whole"),
    [
        ("^abc$", False),
        ("(?-m:^)abc", True),
        ("abc(?:x(?-m:$)|y){1,2}", True),
        ("(?:ab(?-m:$)){1}c", True),
    ],
)
def test_pattern_that_speaks_of_the_whole_text_needs_all_of_it(pattern: str, whole: bool) -> None:
    assert finder(pattern).whole is whole


def test_end_that_may_match_nothing_is_left_out_of_the_finder() -> None:
    assert finder("abc(?:x|$)").expression == finder("abc").expression
    assert finder("abc(?:x|y)").expression != finder("abc").expression


def test_finder_of_keywords_takes_any_case() -> None:
    found = keyword_finder(["a.b", "c"])

    assert found.whole
    assert found.expression.count("(?i:") == 4


def test_finder_says_whether_its_distances_are_a_guess() -> None:
    assert finder("a[0-9]+bcd").is_open
    assert not finder("bcd[0-9]+").is_open


@pytest.mark.parametrize(
    ("pattern", "text", "secret"),
    [
        ("a(?P<secret>b)(c)", b"abc", b"b"),
        ("a(x?)(c)", b"ac", b"c"),
        ("a(x)?(y)?", b"a", b"a"),
        ("(?s)a.", b"a\n", b"a"),
        ("\n*ab\n*", b"\nab\n", b"ab"),
    ],
)
def test_secret_of_a_match(pattern: str, text: bytes, secret: bytes) -> None:
    found = confirmer(pattern)
    start, end = found.span(found.regexp.search(text))

    assert text[start:end] == secret
