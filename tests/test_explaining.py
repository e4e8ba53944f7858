"""Every value on a line is explained, whether it would be reported or not."""

from leakguard.explaining import explain
from leakguard.ruleset import load_rules
from tests.helpers import github_token

RULES = load_rules()
WORD = b"vq7" + b"Tzkw2xJ"


def test_scored_value_with_its_build_up() -> None:
    (item,) = explain(b'a = 1\npassword = "' + WORD + b'"\n', 2, "app.py", RULES)

    assert (item.rule.id, item.column, item.end_column) == ("generic-password", 13, 23)
    assert item.score is not None
    assert item.score.confidence is not None


def test_dropped_value_says_why() -> None:
    (item,) = explain(b'password = "userPassword"', 1, "app.py", RULES)

    assert (item.dropped, item.score) == ("words", None)


def test_value_with_a_form_of_its_own_has_no_score() -> None:
    found = [*explain(github_token().encode(), 1, "app.py", RULES)]

    assert [(item.rule.id, item.dropped, item.score) for item in found] == [
        ("github-classic-pat", None, None)
    ]


def test_line_that_is_not_there() -> None:
    assert [*explain(b"one line", 7, "app.py", RULES)] == []


def test_value_that_the_end_of_the_line_ends_is_seen() -> None:
    data = b"a: 1\npassw" + b"ord: vqxtzkwbj\nb: 2\n"

    seen = explain(data, 2, "app.yml", RULES)

    assert [item.rule.id for item in seen] == ["generic-password-letters"]
