"""A baseline from a service."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leakguard.baselines import Subject
from leakguard.baselines.service import ServiceBaseline
from leakguard.fingerprint import Fingerprints
from leakguard.model import Place

SECRET = b"s" * 40


def baseline(path: str, until: str | None = None, stored: str = "") -> ServiceBaseline:
    mark = Fingerprints().of("jwt", SECRET, path)
    entry = {"rule": "any", "path": stored or path, "reason": "used_in_tests", "until": until}
    return ServiceBaseline({"version": 1, "generator": "x", "fingerprints": {mark: entry}})


def reason(held: ServiceBaseline, path: str, secret: bytes = SECRET) -> str | None:
    decision = held.decides(Subject("jwt", "jwt", secret, Place(path)))
    return decision and decision.reason


def test_it_silences_the_secret_at_its_path_only() -> None:
    held = baseline("a.py")

    assert reason(held, "a.py") == "baseline: used_in_tests"
    assert reason(held, "b.py") is None
    assert reason(held, "a.py", b"t" * 40) is None


@pytest.mark.parametrize(("days", "silent"), [(1, True), (-1, False)])
def test_it_counts_until_its_end(days: int, silent: bool) -> None:
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat()

    assert (reason(baseline("a.py", until), "a.py") is not None) is silent


def test_it_knows_paths_that_are_no_utf8() -> None:
    held = baseline("caf\udce9.py", stored="caf\\udce9.py")

    assert reason(held, "caf\udce9.py") == "baseline: used_in_tests"


@pytest.mark.parametrize(
    "document",
    [
        {"version": 2, "fingerprints": {}},
        {"fingerprints": {}},
        {"version": 1, "fingerprints": []},
        {"version": 1, "fingerprints": {"a": {}}},
        {"version": 1, "fingerprints": {"a": {"path": "a", "reason": "", "until": "soon"}}},
        {"version": 1, "fingerprints": {"a": {"path": "a", "reason": "", "until": "2099-01-01"}}},
    ],
)
def test_what_is_wrong_is_an_error(document: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        ServiceBaseline(document)
