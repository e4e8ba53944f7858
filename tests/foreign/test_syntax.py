"""Translated patterns find what the originals find; Python's own `re` is the judge."""

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.finder import finder
from leakguard.foreign.lexer import Dialect, SyntaxProblem, Untranslatable
from leakguard.foreign.syntax import translate
from leakguard.pattern import PatternError, confirmer

RUST = Dialect.RUST


def spans(pattern: str, text: str, dialect: Dialect = Dialect.GO) -> list[tuple[int, int]]:
    """What the translated pattern finds in a text."""
    regexp = confirmer(translate(pattern, dialect).pattern).regexp
    return [match.span() for match in regexp.finditer(text.encode())]


@pytest.mark.parametrize(
    ("pattern", "translated"),
    [
        (r"AKIA[A-Z2-7]{16}", r"AKIA[A-Z2-7]{16}"),
        (r"(?i)key", r"(?i:key)"),
        (r"a(?i)b|c", r"a(?i:b)|(?i:c)"),
        (r"(?i)a(?-i:b)c", r"(?i:a)(?:b)(?i:c)"),
        (r"[\w-.]", r"[\w\-\.]"),
        (r"[[:alnum:]_]", r"[0-9A-Za-z_]"),
        (r"\x60\x{41}\Qa.b\E", r"`Aa\.b"),
        (r"a.b(?s).", r"a[^\n]b(?s:.)"),
        (r"(?U)a+b+?", r"a+?b+"),
        (r"^a$(?m)^b$", r"(?-m:^)a(?-m:$)^b$"),
        (r"\Aa\z", r"(?-m:^)a(?-m:$)"),
        (r"a(?:[\s;]|$)", r"a(?:[\s;]|$)"),
        (r"a(?:;|$)", r"a(?:;|(?-m:$))"),
        (r"x{2}", r"x{2}"),
        (r"x{,2}", r"x\{,2\}"),
        (r"\pN\p{Lu}[\p{L}]", r"[0-9][A-Z][A-Za-z\x80-\xff]"),
        (r"(?P<key>a)(?<b>c)", r"(a)(c)"),
        (r"ä+[aé]", r"(?:ä)+(?:[a]|é)"),
    ],
)
def test_translation(pattern: str, translated: str) -> None:
    assert translate(pattern).pattern == translated


@pytest.mark.parametrize(
    ("pattern", "translated"),
    [
        ("(?x)\n a b # why\n [ c d ]\\ #\n", r"ab[cd] "),
        ("(?xi)\n ( a {2} )", r"((?i:a{2}))"),
        (r"\xE9", r"\xe9"),
        (r"(?#why)a(?-u)b", r"ab"),
        (r"a{1500}", r"a{1000,1000}a{500,500}"),
        (r"a{20,1024}", r"a{20,1000}a{0,24}"),
        (r"a{1200,}", r"a{1000,1000}a{200,}"),
        (r"(?:a+)*", r"(?:a+)*"),
    ],
)
def test_translation_of_rust(pattern: str, translated: str) -> None:
    assert translate(pattern, RUST).pattern == translated


def test_group_of_the_secret_gets_its_name() -> None:
    found = translate(r"(a)(?:b)(?P<TOKEN>c)", secret=2)

    assert found.pattern == r"(a)(?:b)(?P<secret>c)"
    assert (found.groups, found.names) == (2, {"TOKEN": 2})


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            r"(?=a)b",
            r"(?<!a)b",
            r"a)",
            r"(a",
            r"[a",
            r"*a",
            r"\y",
            r"(?k)a",
            r"[b-a]",
            r"[[:no:]]",
        ),
        *(r"a{1001}", r"[a-\d]", "\\", "(?x)a"),
        "(" * 5000,
    ],
)
def test_pattern_that_go_refuses_is_a_problem(pattern: str) -> None:
    with pytest.raises(SyntaxProblem):
        translate(pattern)


@pytest.mark.parametrize("pattern", [r"\p{Greek}", r"[a&&b]", r"[a[b]]", r"(?:ab(c)){1500}"])
def test_pattern_that_only_rust_takes_cannot_be_translated(pattern: str) -> None:
    with pytest.raises(Untranslatable):
        translate(pattern, RUST)


def test_characters_beyond_ascii_in_a_class_are_told() -> None:
    assert translate("[^ä]x").by_bytes
    assert translate("[ä-ü]x").by_bytes
    assert translate(r"\pLx").by_bytes
    assert not translate("äx").by_bytes
    assert spans("[a-ü]", "aü!") == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^b", "a\nb", []),
        (r"(?m)^b", "a\nb", [(2, 3)]),
        (r"a$", "a\na", [(2, 3)]),
        (r"a\z", "a\n", []),
        (r"a(?:\s|$)", "a\na", [(0, 2), (2, 3)]),
        (r"(?i)STRASSE|é", "Strasse é", [(0, 7), (8, 10)]),
    ],
)
def test_borders_are_those_of_the_text_unless_lines_count(
    pattern: str, text: str, found: list[tuple[int, int]]
) -> None:
    assert spans(pattern, text) == found


LEAVES = st.sampled_from(
    [*"abX0_ -/", r"\.", r"\d", r"\W", ".", "[a-c]", "[^b-]", r"[\s0]", r"\b", "(?i:x)", "^", "$"]
)
PATTERNS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"({part})"),
        st.tuples(inner, st.sampled_from(["?", "{2}", "{1,3}"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
    ),
    max_leaves=8,
)


@given(PATTERNS, st.text(alphabet="abcX0_ -/.\nx", max_size=24))
def test_translated_pattern_finds_what_the_original_finds(pattern: str, text: str) -> None:
    # `$` of Python is also before a last line end; `\Z` is what Go's is.
    original = re.compile(re.sub(r"\$", r"\\Z", pattern).encode())

    found = confirmer(translate(pattern).pattern).regexp.search(text.encode())

    expected = original.search(text.encode())
    assert (found and found.span()) == (expected and expected.span())


@given(st.text(alphabet=r"ab(|)[]{}^$.*+?\-:<>P!=#i12,x ä", max_size=24), st.sampled_from(Dialect))
def test_any_text_is_translated_or_refused_never_a_crash(text: str, dialect: Dialect) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            pattern = translate(text, dialect).pattern
            confirmer(pattern)
            finder(pattern)
        except (SyntaxProblem, Untranslatable, PatternError):
            return

    assert pattern
