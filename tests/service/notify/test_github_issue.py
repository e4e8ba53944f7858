"""GitHub issues: one for each finding, closed with it, never in public by mistake."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard_service.db.engine import Database
from leakguard_service.errors import Hopeless
from leakguard_service.forges.table import forge_for
from leakguard_service.notify import outbox
from leakguard_service.notify.github_issue import code, escaped, markdown
from leakguard_service.nouns import Change
from leakguard_service.service import Service
from tests.service.conftest import make_service
from tests.service.forges.fake_gitea import FakeGitea
from tests.service.forges.fake_github import FakeGitHub
from tests.service.forges.server import Answer, Call, Route
from tests.service.notify.world import HOSTILE_MESSAGE, MESSAGE, World

Golden = Callable[[str, str], None]


class Issues(FakeGitHub):
    """A GitHub that lists its issues and lets those comment who may write issues."""

    def routes(self) -> Sequence[Route]:
        repo = r"/repos/([^/]+/[^/]+)"
        return [
            ("GET", repo + "/issues", self._listed),
            ("GET", repo + r"/issues/(\d+)/comments", self._said),
            ("POST", repo + r"/issues/(\d+)/comments", self._say),
            *super().routes(),
        ]

    def _listed(self, call: Call, name: str) -> Answer:
        self.reached(call, name, "issues")
        assert call.query["state"] == "all"
        rows = [row for row in self.issues.values() if call.query["labels"] in row["labels"]]
        return Answer(200, rows)

    def _said(self, call: Call, name: str, number: str) -> Answer:
        self.reached(call, name, "issues")
        return Answer(200, [row for row in self.comments.values() if row["number"] == int(number)])

    def _say(self, call: Call, name: str, number: str) -> Answer:
        self.reached(call, name, "issues")
        key = len(self.comments) + 1
        self.comments[key] = {"id": key, "repo": name, "number": int(number), **call.json}
        return Answer(201, self.comments[key])


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Issues]:
    with Issues(tmp_path / "github") as server:
        server.add_repository("acme/leaks")
        server.add_repository("acme/site", private=False)
        server.permissions["issues"] = "write"
        yield server


@pytest.fixture
def world(service: Service, sqlite: Database) -> World:
    made = make_service(service.settings, sqlite)
    return World(replace(made, forge=forge_for))


def channel(world: World, github: Issues, repository: str = "acme/leaks", **more: Any) -> int:
    app = bool(more.pop("app", True))
    connection = github.connect(world.service, world.tenant, app=app)
    config = {"connection_id": connection, "repository": repository, **more}
    return world.channel("github_issue", config)


def test_a_leak(golden: Golden) -> None:
    golden("leak.github.md", markdown(MESSAGE))


def test_hostile_names(golden: Golden) -> None:
    golden("hostile.github.md", markdown(HOSTILE_MESSAGE))


@given(st.text(max_size=200))
def test_no_text_has_a_meaning(text: str) -> None:
    said = escaped(text)
    assert "<" not in said
    assert "@" not in said.replace("@\u200b", "")
    assert "`" not in said.replace("\\`", "")
    span = code(text)
    fence = span[: len(span) - len(span.lstrip("`"))] if not text.startswith("`") else ""
    assert not fence or fence not in text


@pytest.mark.parametrize("app", [True, False])
def test_a_finding_has_one_issue_that_is_closed_with_it(
    world: World, github: Issues, app: bool
) -> None:
    channel(world, github, app=app)
    finding = world.finding()
    (first,) = world.announce(finding)
    world.announce(finding, Change.RESOLVED)
    world.deliver()
    (issue,) = github.issues.values()
    assert issue["labels"] == ["leakguard"]
    assert issue["state"] == "closed"
    assert world.row(first).external == "1"
    assert len(github.comments) == 1

    world.announce(finding, Change.REOPENED)
    world.deliver()
    assert list(github.issues) == [1]
    assert issue["state"] == "open"
    if app:
        assert {tuple(one.permissions) for one in github.issued} >= {("issues",)}


def test_what_a_killed_process_made_is_found(world: World, github: Issues) -> None:
    channel(world, github)
    finding = world.finding()
    (first,) = world.announce(finding)
    (second,) = world.announce(finding, Change.RESOLVED)
    for message in (first, second):
        assert outbox.deliver(world.service, message) == "sent"
        world.change(message, state="sending", not_before=None, external="")
        assert outbox.deliver(world.service, message) == "sent"
    assert list(github.issues) == [1]
    assert len(github.comments) == 1


def test_a_public_repository_tells_everybody(world: World, github: Issues) -> None:
    channel(world, github, "acme/site")
    (told,) = world.announce(world.finding())
    with pytest.raises(Hopeless, match="the repository is public"):
        outbox.deliver(world.service, told)
    assert github.issues == {}


def test_a_public_repository_that_is_wanted(world: World, github: Issues) -> None:
    channel(world, github, "acme/site", allow_public=True)
    (told,) = world.announce(world.finding())
    assert outbox.deliver(world.service, told) == "sent"
    assert len(github.issues) == 1


def test_an_app_that_may_not_write_issues(world: World, github: Issues) -> None:
    del github.permissions["issues"]
    which = channel(world, github)
    with pytest.raises(Hopeless, match="give it the permission Issues"):
        outbox.test_message(world.service, which, world.tenant)


def test_a_test_makes_no_issue(world: World, github: Issues) -> None:
    which = channel(world, github)
    assert "none was made" in outbox.test_message(world.service, which, world.tenant)
    assert github.issues == {}


def test_another_tenants_connection_is_not_used(world: World, github: Issues) -> None:
    other = World(world.service, "other")
    connection = github.connect(world.service, other.tenant)
    world.channel("github_issue", {"connection_id": connection, "repository": "acme/leaks"})
    (told,) = world.announce(world.finding())
    with pytest.raises(Hopeless, match="no longer there"):
        outbox.deliver(world.service, told)
    assert github.calls == []


def test_another_forge(world: World, tmp_path: Path) -> None:
    with FakeGitea(tmp_path / "gitea") as gitea:
        connection = gitea.connect(world.service, world.tenant)
        world.channel("github_issue", {"connection_id": connection, "repository": "acme/leaks"})
        (told,) = world.announce(world.finding())
        with pytest.raises(Hopeless, match="not one to GitHub"):
            outbox.deliver(world.service, told)
