"""What the value alone rules out, and what it does not."""

from dataclasses import replace

import pytest

from leakguard.generic.early import hopeless, text_of
from leakguard.model import Check
from tests.helpers import RULE

SCORED = replace(RULE, generic=True, scored=True)
BASIC = replace(SCORED, check=Check("basic-auth"))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("ab", "too short"),
        ("----", "too short"),
        ("${PASSWORD}", "reference"),
        ("pre-$(x)", "reference"),
        ("{{ password }}", "reference"),
        ("<password>", "reference"),
        ("$PASSWORD", "reference"),
        ("%(password)s", "reference"),
        ("vault:kv/data", "reference"),
        ("tok~~en1", "reference"),
        ("changeme", "placeholder"),
        ("your-key-1", "placeholder"),
        ("ab****1", "placeholder"),
        ("userPassword", "words"),
        ("Enter your password", "words"),
        ("Slapta\u017eodis", "words"),
        ("0x00400000", "number"),
        ("2006-01-02T15:04:05.999999999Z07:00", "number"),
        ("JBSWY3DPEHPK3PXP", "documented example"),
    ],
)
def test_hopeless(value: str, reason: str) -> None:
    assert hopeless(SCORED, value.encode()) == reason


@pytest.mark.parametrize(
    "value", ["vq7" + "tzkw", "hunt" + "er2", "let" + "mein", "qzwvtkxj", "92940", "tz\u00fckvw7"]
)
def test_value_that_its_place_has_to_decide(value: str) -> None:
    assert hopeless(SCORED, value.encode()) is None


def test_authorization_is_judged_by_the_password_in_it() -> None:
    header = b"YW5hOnZx" + b"N1R6a3cyeEo="

    assert text_of(BASIC, header) == "vq7" + "Tzkw2xJ"
    assert hopeless(BASIC, b"dXNlcjpw" + b"YXNzd29yZA==") == "words"
    assert hopeless(BASIC, header) is None


def test_bytes_that_are_no_text_are_no_error() -> None:
    assert hopeless(SCORED, b"\xff\xfe9z\x80") is None
