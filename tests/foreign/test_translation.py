import pytest

from leakguard.errors import RuleError
from leakguard.foreign.lexer import Dialect
from leakguard.foreign.translation import (
    Notes,
    confidence_of,
    is_searchable,
    pattern_of,
    severity_of,
)
from leakguard.model import Confidence, Severity


def test_what_is_said_of_several_rules_is_said_once() -> None:
    notes = Notes("f.toml")
    for rule in ("a", "b", "a", "c", "d"):
        notes.add("is odd", rule)
    notes.add("the file is odd")

    assert list(notes) == ["f.toml: rules a, b, c and 1 more: is odd", "f.toml: the file is odd"]


def test_pattern_that_its_own_tool_refuses_is_refused() -> None:
    with pytest.raises(
        RuleError, match=r"f.toml: rule r: `\(\?=a\)` is no regular expression of Go"
    ):
        pattern_of("(?=a)", Notes("f.toml"), "r")


@pytest.mark.parametrize("pattern", [r"\p{Greek}x", "(?:[a-z]{1000}x?){1000}"])
def test_pattern_that_only_its_own_tool_takes_is_left_out(pattern: str) -> None:
    notes = Notes("f.yml")

    assert pattern_of(pattern, notes, "r", Dialect.RUST) is None
    assert "a pattern is left out: " in next(iter(notes))


def test_pattern_that_nothing_can_look_for_is_told() -> None:
    notes = Notes("f.toml")

    assert not is_searchable("a*", notes, "empty")
    assert is_searchable("[a-z]{8}", notes, "slow")
    assert is_searchable("[a-z]{8}", notes, "fast", ["key"])
    assert [note.split(": ")[1:3] for note in notes] == [
        ["rule empty", "left out"],
        ["rule slow", "slow"],
    ]


def test_levels() -> None:
    assert severity_of(["aws", "Critical"]) is Severity.CRITICAL
    assert severity_of([]) is Severity.HIGH
    assert confidence_of("LOW") is Confidence.LOW
    assert confidence_of(None) is Confidence.MEDIUM
