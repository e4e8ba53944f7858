"""Visible characters, units and the closing sentence."""

import pytest

from leakguard.model import Report, Skip, Summary
from leakguard.report.wording import closing, counted, encodable, one_line, size, visible

from .samples import CLEAN, INCOMPLETE, LEAKS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain/päth 你好.txt", "plain/päth 你好.txt"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\tb\r\n", "a\\tb\\r\\n"),
        ("caf\udce9", "caf\\xe9"),
        ("\x85\u202e\u2028", "\\u0085\\u202e\\u2028"),
        ("\ud800", "\\ud800"),
        ("::stop-commands::x", ":\\x3astop-commands::x"),
        ("a::b ## [c]", "a::b ## [c]"),
        ("a ::b", "a :\\x3ab"),
        ("##vso[x] ##[y]", "#\\x23vso[x] #\\x23[y]"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_encodable_leaves_all_but_surrogates() -> None:
    assert encodable("\x1b é \udce9") == "\x1b é \\xe9"


def test_one_line_folds_line_breaks() -> None:
    assert one_line(" a\n  b\x1b ") == "a b\\x1b"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (976_512_345, "976.5 MB"),
        (10**15, "1.0 PB"),
        (3 * 10**18, "3,000.0 PB"),
    ],
)
def test_sizes_are_decimal(number: int, text: str) -> None:
    assert size(number) == text


def test_one_is_not_many() -> None:
    assert [counted(number, "leak") for number in (0, 1, 1_234)] == [
        "0 leaks",
        "1 leak",
        "1,234 leaks",
    ]


def test_closing_sentences() -> None:
    assert closing(LEAKS) == (
        "leakguard: 7 leaks in 59,392 blobs (976.5 MB, 25,788 commits) in 4.1 s; "
        "1 skipped, 2 suppressed"
    )
    assert closing(CLEAN) == (
        "leakguard: no leaks in 1 blob (999 B, 1 commit) in 0.04 s; 0 skipped, 0 suppressed"
    )
    assert closing(INCOMPLETE) == (
        "leakguard: incomplete: no leaks seen, but 12 things could not be looked at; "
        "7 blobs (1.0 MB) in 0.50 s, 0 suppressed"
    )


def test_one_thing_that_could_not_be_looked_at() -> None:
    report = Report(skips=(Skip("a", "cannot be read"),), summary=Summary(blobs=2))

    assert "but 1 thing could not be looked at" in closing(report)
