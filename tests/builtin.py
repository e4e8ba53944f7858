"""The rules that come with leakguard, compiled once for all processes of a test run."""

import os
from functools import cache
from pathlib import Path

import pytest

from leakguard.cache import matcher_for
from leakguard.matcher import Matcher

CACHE = "LEAKGUARD_TEST_CACHE"
"""Names the variable that says where; `tests/conftest.py` sets it."""


@cache
def builtin_matcher() -> Matcher:
    """Its rules are as a scan has them, without examples."""
    folder = Path(os.environ[CACHE])
    with (folder / "lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        _wait_for(lock.fileno())
        patch.setenv("LEAKGUARD_CACHE_DIR", str(folder))
        return matcher_for()


def _wait_for(lock: int) -> None:
    """Until no other process compiles; where there are no locks, all of them do."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(lock, fcntl.LOCK_EX)
