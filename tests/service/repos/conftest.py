"""A forge's repository over HTTP, and what stands in for the rest of the service."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from leakguard_service.forges.port import Access
from leakguard_service.repos.cache import Cache
from leakguard_service.repos.fetch import fetch
from leakguard_service.repos.model import Copy, ScanRequest, ScanResult
from leakguard_service.repos.scan import scan
from leakguard_service.settings import Settings
from tests.helpers import git
from tests.service.githttp import GitHttp

KEY = b"k" * 32


@dataclass
class Forge:
    """A served repository `acme/app.git`, and a work tree that pushes to it."""

    web: GitHttp
    bare: Path
    work: Path

    @property
    def access(self) -> Access:
        return Access(f"{self.web.url}/acme/app.git")

    def commit(self, files: Mapping[str, str | bytes], message: str = "change") -> str:
        """Commits the files, pushes the branch that is checked out; returns the commit's id."""
        for name, content in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        git(self.work, "add", "--all", "--force")
        git(self.work, "commit", "-q", "--allow-empty", "-m", message)
        self.push()
        return git(self.work, "rev-parse", "HEAD")

    def push(self, *arguments: str) -> None:
        git(self.work, "push", "-q", "--force", str(self.bare), *(arguments or ("HEAD",)))

    def branch(self, name: str, start: str = "HEAD") -> None:
        git(self.work, "checkout", "-q", "-B", name, start)


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    bare, work = tmp_path / "forge/acme/app.git", tmp_path / "work"
    for folder, options in ((bare, ("--bare",)), (work, ())):
        folder.mkdir(parents=True)
        git(folder, "init", "-q", *options)
    with GitHttp(tmp_path / "forge") as web:
        made = Forge(web, bare, work)
        made.commit({"README": "an app\n"}, "first")
        yield made


@pytest.fixture(scope="session", autouse=True)
def rules_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The compiled rules, once for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        if "LEAKGUARD_CACHE_DIR" not in os.environ:
            patch.setenv("LEAKGUARD_CACHE_DIR", str(tmp_path_factory.mktemp("rules")))
        yield


@pytest.fixture
def copy(settings: Settings) -> Iterator[Copy]:
    """An empty copy, held."""
    with Cache(settings).open(7) as held:
        yield held


def fetched(
    forge: Forge, copy: Copy, settings: Settings, request: ScanRequest, *refs: str
) -> ScanResult:
    """Fetches (main, unless refs are named) and scans."""
    fetch(copy, forge.access, refs or ("refs/heads/main",), settings)
    return scan(copy, request, settings, forge.access)
