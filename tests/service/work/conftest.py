"""Fixtures of the work's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leakguard_service.service import Service
from tests.service.fakeforge import FakeGitHub
from tests.service.work.world import World, forge_at, with_forge


@pytest.fixture(scope="session", autouse=True)
def rules_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The scan's child compiles its rules once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEAKGUARD_CACHE_DIR", str(tmp_path_factory.mktemp("rules")))
        yield


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[FakeGitHub]:
    """A GitHub."""
    with forge_at(tmp_path) as running:
        yield running


@pytest.fixture
def world(service: Service, forge: FakeGitHub, tmp_path: Path) -> World:
    """A repository that was scanned up to its first commit."""
    return World(with_forge(service), forge, tmp_path)
