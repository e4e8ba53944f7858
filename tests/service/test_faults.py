"""Processes killed at random under load: `python -m tests.service.faults` kills a hundred."""

from pathlib import Path

import pytest

from tests.service.faults import stress
from tests.service.test_load import empty

KILLS = 2


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kills_lose_and_double_nothing(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setenv("LEAKGUARD_CACHE_DIR", str(cache_dir))
    url = request.getfixturevalue("postgresql_url") if kind == "postgresql" else ""
    if url:
        empty(url)

    outcome = stress(tmp_path, KILLS, url, module="tests.service.hasty")

    assert outcome.kills == KILLS
    assert (outcome.lost, outcome.failed, outcome.doubled) == ([], [], [])
    assert outcome.findings == outcome.tokens
    # One whose sender was killed counts as unknown, whether it arrived or not.
    assert outcome.messages <= outcome.findings <= outcome.messages + outcome.unknown
