"""Gitea and Forgejo: statuses, comments, repositories."""

from pathlib import Path

import pytest

from leakguard_service.errors import Hopeless, Later
from leakguard_service.forges.port import Forge
from leakguard_service.service import Service
from tests.helpers import git, repository
from tests.service.fakeforge import FakeGitea, Repo
from tests.service.forges.conftest import SHA, outcome, ref, speak


@pytest.fixture
def repo(gitea: FakeGitea) -> Repo:
    return gitea.add_repository("acme/app")


@pytest.fixture
def forge(gitea: FakeGitea, service: Service, tenant_id: int) -> Forge:
    return speak(service, gitea.connect(service, tenant_id))


@pytest.mark.parametrize(
    ("verdict", "fails", "state"),
    [
        ("clean", False, "success"),
        ("leaks", True, "failure"),
        ("leaks", False, "warning"),
        ("incomplete", False, "error"),
        ("failed", False, "error"),
    ],
)
def test_a_commit_status(
    forge: Forge, gitea: FakeGitea, repo: Repo, verdict: str, fails: bool, state: str
) -> None:
    said = outcome(0, verdict=verdict, fails=fails, title="t" * 300)
    key = forge.report(ref(repo), "", said, "")
    status = gitea.status_of(SHA)
    assert (str(status["id"]), status["state"], status["context"]) == (key, state, "leakguard")
    assert status["target_url"] == "https://leakguard.example/repositories/1"
    assert len(status["description"]) == 255


def test_a_comment_is_rewritten(forge: Forge, gitea: FakeGitea, repo: Repo) -> None:
    key = forge.comment(ref(repo), "", 7, outcome(1), "")
    assert forge.comment(ref(repo), "", 7, outcome(2), key) == key
    (comment,) = gitea.comments.values()
    assert (comment["number"], "2 secrets" in comment["body"]) == (7, True)
    gitea.comments.clear()
    assert forge.comment(ref(repo), "", 7, outcome(2), key) != key


def test_all_repositories(gitea: FakeGitea, forge: Forge, tmp_path: Path) -> None:
    """The forge gives fewer on a page than it is asked for: 50 is its default maximum."""
    for number in range(1, 121):
        gitea.repos[number] = Repo(number, f"acme/r{number}", True, "main", False, 0, tmp_path)
    found = [int(one.forge_id) for one, _ in forge.repositories()]
    assert found == list(range(1, 121))


def test_repositories_of_organisations(gitea: FakeGitea, service: Service, tenant_id: int) -> None:
    gitea.add_repository("acme/one")
    gitea.add_repository("other/two", private=False)
    forge = speak(service, gitea.connect(service, tenant_id, organisations=["other"]))
    (found,) = forge.repositories()
    assert (found[0].full_name, found[0].private) == ("other/two", False)


def test_one_repository(forge: Forge, gitea: FakeGitea, repo: Repo) -> None:
    assert forge.repository("acme/app", "") == ref(repo)
    with pytest.raises(Hopeless, match="404"):
        forge.repository("acme/none", "")
    gitea.fail_next(200, body=b"[]")
    with pytest.raises(Later, match="form"):
        forge.repository("acme/app", "")


def test_git_reads_with_the_token(forge: Forge, gitea: FakeGitea, tmp_path: Path) -> None:
    repo = gitea.add_repository("acme/code", source=repository(tmp_path / "work", {"a": "b"}))
    access = forge.access(ref(repo), "")
    config = ("-c", f"http.extraHeader={access.header}")
    assert "refs/heads/main" in git(tmp_path, *config, "ls-remote", access.url)


def test_the_rest(forge: Forge, gitea: FakeGitea, repo: Repo) -> None:
    assert forge.sarif(ref(repo), "", outcome(1)) == ""
    url = forge.line_url(ref(repo), SHA, "a b.py", 7)
    assert url == f"{gitea.url}/acme/app/src/commit/{SHA}/a%20b.py#L7"
