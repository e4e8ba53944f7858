"""The figures, and the page that is kept in the repository."""

from dataclasses import replace

from leakguard.catalog import REGENERATE, coverage, kinds_by_service, rules_page
from leakguard.ruleset import load_rules
from tests.helpers import ROOT, RULE

OTHER = replace(RULE, id="b", family="test-token")
BETA = replace(RULE, id="z", family="z", provider="beta")


def test_rules_of_one_family_are_one_kind() -> None:
    kinds = kinds_by_service([RULE, OTHER, BETA])

    assert kinds == {"beta": ["z"], "Test": ["test-token"]}
    assert list(kinds) == ["beta", "Test"]
    assert coverage(kinds) == {"services": 2, "kinds": 2, "by_service": kinds}


def test_page_has_a_table_for_each_service() -> None:
    rule = replace(
        RULE,
        name="A | <b>",
        impact="",
        remedy="Revoke it on https://acme.example/keys, then wait.",
        references=("https://acme.example/docs",),
    )

    page = rules_page([rule, BETA])

    assert page.index("## beta") < page.index("## Test")
    assert (
        "| A \\| &lt;b><br>`test-token` | high | high | not said |"
        " [revoke](https://acme.example/keys), [source](https://acme.example/docs) |"
    ) in page


def test_page_in_the_repository_is_up_to_date() -> None:
    """When it is not, this is what to run: `just rules-page`, or REGENERATE as it is."""
    kept = (ROOT / "docs" / "rules.md").read_text()

    assert rules_page(load_rules()) == kept, f"run `{REGENERATE}`"
