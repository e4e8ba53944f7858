"""The fakes, and forges that speak to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leakguard_service.db.tables import Connection
from leakguard_service.forges.port import Forge, Mark, Outcome
from leakguard_service.forges.table import forge_for
from leakguard_service.nouns import RepositoryRef
from leakguard_service.service import Service
from tests.service.conftest import add_tenant
from tests.service.fakeforge import FakeGitea, FakeGitHub, FakeGitLab, Repo

SHA = "a" * 40


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path / "github") as fake:
        yield fake


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[FakeGitLab]:
    with FakeGitLab(tmp_path / "gitlab") as fake:
        yield fake


@pytest.fixture
def gitea(tmp_path: Path) -> Iterator[FakeGitea]:
    with FakeGitea(tmp_path / "gitea") as fake:
        yield fake


@pytest.fixture
def tenant_id(service: Service) -> int:
    return add_tenant(service)


def speak(service: Service, connection_id: int) -> Forge:
    """The connection's forge."""
    with service.db.read() as session:
        return forge_for(service, session.get_one(Connection, connection_id))


def ref(repo: Repo) -> RepositoryRef:
    """The repository as the service knows it."""
    return RepositoryRef(
        str(repo.id), repo.full_name, repo.default_branch, repo.private, repo.archived
    )


def mark(number: int = 1, **given: object) -> Mark:
    """A mark of its own fingerprint."""
    kept: dict[str, object] = {
        "finding_id": number,
        "path": f"src/file{number}.py",
        "line": number,
        "end_line": number,
        "column": 5,
        "end_column": 25,
        "title": "A token",
        "text": "Who has it can read everything.",
        "severity": 3,
        "rule_id": "some-token",
        "preview": "abcd...",
        "fingerprint": f"{number:064x}",
    }
    return Mark(**(kept | given))  # type: ignore[arg-type]


def outcome(count: int = 0, **given: object) -> Outcome:
    """What a scan that found so many said."""
    kept: dict[str, object] = {
        "sha": SHA,
        "verdict": "leaks" if count else "clean",
        "title": f"{count} secrets",
        "summary": "**Summary**",
        "url": "https://leakguard.example/repositories/1",
        "marks": [mark(number) for number in range(1, count + 1)],
        "fails": bool(count),
        "ref": "refs/heads/main",
    }
    return Outcome(**(kept | given))  # type: ignore[arg-type]
