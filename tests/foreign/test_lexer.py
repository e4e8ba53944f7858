import pytest

from leakguard.foreign.lexer import END, START, Dialect, Lexer, SyntaxProblem


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("A", START),
        ("z", END),
        ("b", r"\b"),
        ("n", r"\n"),
        ("012", r"\n"),
        ("s", r"[\s]"),
        ("-", r"\-"),
    ],
)
def test_escape(text: str, written: str) -> None:
    lexer = Lexer(text, Dialect.GO)

    assert lexer.escape().text == written
    assert lexer.position == len(text)


def test_class_may_begin_with_its_closing_bracket() -> None:
    assert Lexer("[]a]", Dialect.GO).brackets(spaced=False).text == r"[\]a]"
    assert Lexer("[^]a]", Dialect.GO).brackets(spaced=False).text == r"[^\]a]"


def test_negated_posix_class_is_written_out() -> None:
    atom = Lexer("[[:^digit:]]", Dialect.GO).brackets(spaced=False)

    assert r"\x2f\x3a" in atom.text
    assert atom.has_newline


def test_open_class_is_a_problem() -> None:
    with pytest.raises(SyntaxProblem, match="missing"):
        Lexer("[a", Dialect.GO).brackets(spaced=False)
