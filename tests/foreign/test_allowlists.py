import re

import pytest

from leakguard.errors import RuleError
from leakguard.foreign.allowlists import allowlists_of, read_allowlist
from leakguard.model import Allowlist

from .helpers import table


def test_allowlist_is_read_whole() -> None:
    found = read_allowlist(
        table(
            {
                "condition": "AND",
                "regexTarget": "line",
                "regexes": ["a", "(?i)b"],
                "stopwords": ["Fake", "fake", "x"],
                "paths": [r"^tests/"],
                "commits": [" ABC "],
            }
        )
    )

    assert found == Allowlist(
        every=True,
        target="line",
        pattern="(?:a)|(?:(?i:b))",
        words=("fake", "x"),
        path="(?:(?-m:^)tests/)",
        commits=("abc",),
    )


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("^true|false|null$", "^(?:true|false|null)$"),
        ("(?i)^yes|no$", "(?i)^(?:yes|no)$"),
    ],
)
def test_ungrouped_alternatives_are_repaired_with_a_warning(text: str, repaired: str) -> None:
    given = table({"regexes": [text]})

    found = read_allowlist(given)

    assert found is not None
    pattern = re.compile(found.pattern.encode())
    assert pattern.search(b"no") or pattern.search(b"null")
    assert not pattern.search(b"a-secret-with-false-and-no-end")
    (note,) = given.notes
    assert f"`{text}` allows whatever holds one of its words: it is read as `{repaired}`" in note


@pytest.mark.parametrize("text", [r"^vendor/|\.lock$", "^a|b", "a|b$", "^(?:a|b)$", "^a|^b$"])
def test_other_alternatives_stay_as_they_are(text: str) -> None:
    given = table({"regexes": [text]})

    assert read_allowlist(given) is not None
    assert list(given.notes) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"condition": "xor", "regexes": ["a"]}, "`condition` is `xor`: use AND or OR"),
        ({"regexTarget": "file", "regexes": ["a"]}, "`regexTarget` is `file`: use one of"),
        ({"regexes": ["("]}, "is no regular expression of Go"),
    ],
)
def test_what_gitleaks_refuses_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        read_allowlist(table(values))


def test_empty_allowlist_and_both_forms() -> None:
    given = table({"description": "nothing"})

    assert read_allowlist(given) is None
    assert "an allowlist that allows nothing is left out" in next(iter(given.notes))
    with pytest.raises(RuleError, match="`allowlist` is the old form"):
        allowlists_of(table({"allowlist": {}, "allowlists": []}))
