from dataclasses import replace

from leakguard.cli.ruletext import described, document, explained, masked, table
from leakguard.explain import Explanation
from leakguard.model import Allowlist, Foreign
from tests.helpers import RULE, github_token

EXAMPLE = f"tok_0a1b2c3d4e5f and {github_token()}"


def test_examples_are_masked_whatever_is_in_them() -> None:
    text = masked(RULE, EXAMPLE)

    assert text.startswith("tok_0…f and ghp_…")
    assert github_token() not in text
    assert masked(RULE, "an-ordinary-long-name") == "an-ordinary-long-name"


def test_rule_is_described_without_its_examples() -> None:
    rule = replace(
        RULE,
        examples=(EXAMPLE, "tok_ffffffffffff"),
        allowlists=(Allowlist(words=("a",)),),
        foreign=Foreign("gitleaks", ("acme",)),
    )

    text = described(rule)

    assert "0a1b2c3d4e5f" not in text
    assert "\nexamples    tok_0…f and " in text
    assert "\n            tok_f…f\n" in text
    assert "\nkeywords    acme\n" in text
    assert "\nallowlists  1\n" in text


def test_document_has_no_examples_and_labels_for_levels() -> None:
    found = document(replace(RULE, examples=("x",)))

    assert found["severity"] == "high"
    assert not found.keys() & {"examples", "counterexamples", "allowlists", "foreign"}


def test_table_has_a_line_for_each_value() -> None:
    assert table({"a": ("x", "y"), "bc": 1}) == "a   x\n    y\nbc  1\n"


def test_explanations_are_columns_with_a_sum() -> None:
    found = [Explanation(1, 2, "a", "p…q", ""), Explanation(3, 4, "rule", "…", "words")]

    assert explained(found) == (
        "1:2  a     p…q  reported\n3:4  rule  …  dropped: words\n1 reported, 1 dropped\n"
    )
    assert explained([]) == "0 reported, 0 dropped\n"
