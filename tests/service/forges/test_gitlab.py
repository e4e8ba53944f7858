"""GitLab: statuses, notes, projects."""

from pathlib import Path

import pytest

from leakguard_service.errors import Hopeless, Later
from leakguard_service.forges.port import Forge
from leakguard_service.service import Service
from tests.helpers import git, repository
from tests.service.fakeforge import FakeGitLab, Repo
from tests.service.forges.conftest import SHA, outcome, ref, speak


@pytest.fixture
def repo(gitlab: FakeGitLab) -> Repo:
    return gitlab.add_repository("acme/group/app")


@pytest.fixture
def forge(gitlab: FakeGitLab, service: Service, tenant_id: int) -> Forge:
    return speak(service, gitlab.connect(service, tenant_id))


@pytest.mark.parametrize(
    ("verdict", "fails", "state"),
    [
        ("clean", False, "success"),
        ("leaks", True, "failed"),
        ("leaks", False, "success"),
        ("incomplete", False, "failed"),
        ("failed", False, "failed"),
    ],
)
def test_a_commit_status(
    forge: Forge, gitlab: FakeGitLab, repo: Repo, verdict: str, fails: bool, state: str
) -> None:
    key = forge.report(ref(repo), "", outcome(0, verdict=verdict, fails=fails), "")
    said = gitlab.status_of(SHA)
    assert (str(said["id"]), said["state"], said["name"]) == (key, state, "leakguard")
    assert (said["ref"], said["target_url"]) == ("main", "https://leakguard.example/repositories/1")
    assert forge.report(ref(repo), "", outcome(0), key) != key, "a new one counts"


def test_what_is_too_long(forge: Forge, gitlab: FakeGitLab, repo: Repo) -> None:
    long = outcome(0, title="ö" * 300, url="https://x.example/" + "a" * 300, ref="refs/pull/1/head")
    forge.report(ref(repo), "", long, "")
    said = gitlab.status_of(SHA)
    assert len(said["description"]) == 255
    assert "target_url" not in said
    assert "ref" not in said


def test_another_update_is_in_progress(forge: Forge, gitlab: FakeGitLab, repo: Repo) -> None:
    gitlab.fail_next(409)
    with pytest.raises(Later):
        forge.report(ref(repo), "", outcome(), "")


def test_a_note_is_rewritten(forge: Forge, gitlab: FakeGitLab, repo: Repo) -> None:
    key = forge.comment(ref(repo), "", 7, outcome(1), "")
    assert forge.comment(ref(repo), "", 7, outcome(2), key) == key
    (note,) = gitlab.notes.values()
    assert (note["number"], "2 secrets" in note["body"]) == (7, True)
    gitlab.notes.clear()
    assert forge.comment(ref(repo), "", 7, outcome(2), key) != key


def test_all_projects(gitlab: FakeGitLab, forge: Forge, tmp_path: Path) -> None:
    for number in range(1, 206):
        name = f"acme/r{number}"
        gitlab.repos[number] = Repo(number, name, number > 5, "main", number == 9, 0, tmp_path)
    found = [one for one, installation in forge.repositories() if installation == ""]
    assert [int(one.forge_id) for one in found] == list(range(1, 206))
    assert [one.full_name for one in found if not one.private][-1] == "acme/r5"
    assert [one.full_name for one in found if one.archived] == ["acme/r9"]
    assert len(gitlab.said("GET", "/projects")) == 3


def test_projects_of_groups(
    gitlab: FakeGitLab, service: Service, tenant_id: int, tmp_path: Path
) -> None:
    for number in range(1, 130):
        group = "acme/deep" if number > 5 else "other"
        gitlab.repos[number] = Repo(number, f"{group}/r{number}", True, "", False, 0, tmp_path)
    forge = speak(service, gitlab.connect(service, tenant_id, organisations=["acme/deep"]))
    assert len(list(forge.repositories())) == 124
    assert gitlab.calls[0].path == "/api/v4/groups/acme%2Fdeep/projects"
    forge = speak(service, gitlab.connect(service, tenant_id, organisations=["none"]))
    with pytest.raises(Hopeless, match="404"):
        list(forge.repositories())


def test_one_project(forge: Forge, repo: Repo) -> None:
    assert forge.repository("acme/group/app", "") == ref(repo)
    for name in ("app", "a/../b", "a" + "/b" * 21):
        with pytest.raises(Hopeless):
            forge.repository(name, "")


def test_git_reads_with_the_token(forge: Forge, gitlab: FakeGitLab, tmp_path: Path) -> None:
    repo = gitlab.add_repository("a/b/code", source=repository(tmp_path / "work", {"a": "b"}))
    access = forge.access(ref(repo), "")
    config = ("-c", f"http.extraHeader={access.header}")
    assert "refs/heads/main" in git(tmp_path, *config, "ls-remote", access.url)
    assert access.header.startswith("Authorization: Basic b2F1dGgyO"), "oauth2:"


def test_a_wrong_token(gitlab: FakeGitLab, forge: Forge, repo: Repo) -> None:
    gitlab.token = "another"  # noqa: S105
    with pytest.raises(Hopeless, match="401") as caught:
        forge.report(ref(repo), "", outcome(), "")
    assert "fake-gitlab-words" not in str(caught.value)


def test_the_rest(forge: Forge, gitlab: FakeGitLab, repo: Repo) -> None:
    assert forge.sarif(ref(repo), "", outcome(1)) == ""
    url = forge.line_url(ref(repo), SHA, "a b.py", 7)
    assert url == f"{gitlab.url}/acme/group/app/-/blob/{SHA}/a%20b.py#L7"
