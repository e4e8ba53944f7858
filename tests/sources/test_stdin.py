"""Standard input that is there or not; as a source it is in test_select.py."""

import sys

import pytest

from leakguard.errors import UsageError
from leakguard.sources.stdin import standard_input


def test_closed_standard_input_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(UsageError, match="^standard input is closed: "):
        standard_input()
