from dataclasses import replace

import pytest

from leakguard.errors import RuleError
from leakguard.examples import check_examples, wrong_examples
from leakguard.model import Allowlist, Foreign, Partner, Required
from tests.helpers import RULE

FOUND, UNFOUND = "tok_" + "0a1b2c3d4e5f", "tok_0a1b"
RIGHT = replace(RULE, examples=(FOUND,), counterexamples=(UNFOUND,), file="own.toml")


def test_rule_that_is_as_its_examples_say_passes() -> None:
    check_examples([RIGHT, replace(RIGHT, id="other")])


def test_rule_without_examples_passes() -> None:
    assert list(wrong_examples([RULE, replace(RULE, pattern="", path="x")])) == []


def test_wrong_examples_are_told_with_file_rule_and_number() -> None:
    wrong = replace(RIGHT, examples=(FOUND, UNFOUND), counterexamples=(FOUND,))

    assert [text.partition(": correct")[0] for text in wrong_examples([wrong])] == [
        "own.toml: rule test-token: example 2 is not found by it",
        "own.toml: rule test-token: counterexample 1 is found by it",
    ]
    with pytest.raises(RuleError, match="example 2 is not found by it"):
        check_examples([wrong])


def test_rule_that_needs_others_is_tried_alone() -> None:
    paired = replace(RIGHT, partner=Partner("gone", 3))
    helper = replace(RIGHT, foreign=Foreign("x", required=(Required("gone"),), hidden=True))

    assert list(wrong_examples([paired, helper])) == []


def test_examples_of_other_tools_are_tried_on_the_pattern_alone() -> None:
    strict = replace(RIGHT, entropy=7.0, allowlists=(Allowlist(words=("0a1b",)),))

    assert list(wrong_examples([replace(strict, foreign=Foreign("kingfisher"))])) == []
    assert len(list(wrong_examples([strict]))) == 1


def test_counterexamples_of_other_tools_are_tried_on_the_whole_rule() -> None:
    rule = replace(RIGHT, entropy=7.0, counterexamples=(FOUND,), foreign=Foreign("kingfisher"))

    assert list(wrong_examples([rule])) == []
