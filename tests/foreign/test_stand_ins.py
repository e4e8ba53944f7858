from leakguard.foreign.stand_ins import Translation, applied
from leakguard.model import Allowlist
from tests.helpers import RULE

from .helpers import secrets

TEXT = "tok_" + "0a1b2c3d4e5f"


def test_file_that_changes_nothing_leaves_our_rules_alone() -> None:
    assert applied(Translation(rules=()), {"test-token": RULE}) == ({"test-token": RULE}, [])


def test_allowlists_reach_our_rules() -> None:
    found = Translation(
        rules=(),
        for_all=(Allowlist(words=("demo",)),),
        for_rules={"test-token": (Allowlist(words=("fake",)),), "gone": ()},
    )

    ours, missing = applied(found, {"test-token": RULE})

    assert [item.words for item in ours["test-token"].allowlists] == [("demo",), ("fake",)]
    assert missing == [
        "rule gone: changes a default rule of gitleaks that none of ours stands in for"
    ]


def test_disabled_rule_reports_nothing() -> None:
    ours, _ = applied(
        Translation(rules=(), disabled=frozenset({"test-token"})), {"test-token": RULE}
    )

    assert secrets((RULE,), TEXT) == [("test-token", "0a1b2c3d4e5f")]
    assert secrets(tuple(ours.values()), TEXT) == []
