"""Jira: one issue for each finding, however often its process is killed."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from leakguard_service.errors import Hopeless
from leakguard_service.notify import outbox
from leakguard_service.notify.jira import document
from leakguard_service.nouns import Change
from tests.service.forges.receivers import Receiver
from tests.service.forges.server import Answer, Call
from tests.service.notify.world import HOSTILE_MESSAGE, MESSAGE, World


class FakeJira(Receiver):
    """A project SEC that keeps its issues."""

    def __init__(self) -> None:
        self.issues: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[Any]] = {}
        super().__init__()

    def answer(self, call: Call) -> Answer:
        pair = base64.b64encode(b"leak@corp.example:words").decode()
        if call.headers.get("authorization") != f"Basic {pair}":
            return Answer(401, {"message": "Client must be authenticated"})
        path = call.path.removeprefix("/rest/api/3")
        if path == "/project/SEC":
            return Answer(200, {"key": "SEC", "issueTypes": [{"name": "Task"}, {"name": "Bug"}]})
        if path == "/search/jql":
            return self._search(call.json)
        if path == "/issue":
            return self._create(call.json["fields"])
        if path.endswith("/comment"):
            return self._comment(call, path.split("/")[2])
        return Answer(404, {"errorMessages": ["not found"]})

    def _search(self, asked: Mapping[str, Any]) -> Answer:
        project, _, label = asked["jql"].partition(" AND labels = ")
        assert project == 'project = "SEC"'
        found = [
            {"key": key}
            for key, fields in self.issues.items()
            if json.loads(label) in fields["labels"]
        ]
        return Answer(200, {"issues": found[: asked["maxResults"]], "isLast": True})

    def _create(self, fields: Mapping[str, Any]) -> Answer:
        assert set(fields) == {"project", "issuetype", "summary", "description", "labels"}
        assert len(fields["summary"]) <= 255
        assert not any(" " in label for label in fields["labels"])
        key = f"SEC-{len(self.issues) + 1}"
        self.issues[key] = dict(fields)
        return Answer(201, {"id": "10000", "key": key, "self": f"{self.url}/x"})

    def _comment(self, call: Call, key: str) -> Answer:
        if key not in self.issues:
            return Answer(404, {})
        rows = self.comments.setdefault(key, [])
        if call.method == "GET":
            return Answer(200, {"comments": rows[::-1]})
        rows.append(call.json)
        return Answer(201, {"id": str(len(rows))})


@pytest.fixture
def jira() -> Any:
    with FakeJira() as server:
        yield server


def config(jira: FakeJira, **more: str) -> dict[str, str]:
    return {
        "url": f"{jira.url}/",
        "project": "SEC",
        "issue_type": "Task",
        "user": "leak@corp.example",
        "token": "words",
        **more,
    }


def test_a_leak(golden: Callable[[str, str], None]) -> None:
    golden("leak.jira.json", json.dumps(document(MESSAGE), indent=2, ensure_ascii=False) + "\n")


def test_no_text_is_empty_and_none_has_a_meaning() -> None:
    """An empty text node is refused by Jira."""
    for message in (MESSAGE, HOSTILE_MESSAGE):
        said = json.dumps(document(message))
        assert '"text": ""' not in said


def test_a_finding_has_one_issue(world: World, jira: FakeJira) -> None:
    world.channel("jira", config(jira))
    finding = world.finding()
    first, *_ = (
        world.announce(finding)
        + world.announce(finding, Change.RESOLVED)
        + world.announce(finding, Change.REOPENED)
    )
    world.deliver()
    assert list(jira.issues) == ["SEC-1"]
    assert jira.issues["SEC-1"]["summary"].startswith("New leak: GitHub")
    assert len(jira.comments["SEC-1"]) == 2
    assert world.row(first).external == "SEC-1"


def test_what_a_killed_process_made_is_found(world: World, jira: FakeJira) -> None:
    world.channel("jira", config(jira))
    finding = world.finding()
    (first,) = world.announce(finding)
    (second,) = world.announce(finding, Change.RESOLVED)
    for message in (first, second):
        assert outbox.deliver(world.service, message) == "sent"
        world.change(message, state="sending", not_before=None, external="")
        assert outbox.deliver(world.service, message) == "sent"
    assert list(jira.issues) == ["SEC-1"]
    assert len(jira.comments["SEC-1"]) == 1
    assert world.row(first).external == world.row(second).external == "SEC-1"


def test_what_has_no_issue_gets_none_when_it_is_closed(world: World, jira: FakeJira) -> None:
    channel = world.channel("jira", config(jira))
    (told,) = world.announce(world.finding(), Change.RESOLVED)
    assert outbox.deliver(world.service, told) == "sent"
    assert jira.issues == {}
    assert "no issue" in world.row(told).error
    assert world.channel_row(channel).error == ""


def test_a_digest_is_one_issue(world: World, jira: FakeJira) -> None:
    world.channel("jira", config(jira))
    (told,) = world.digest(world.scan([world.finding(historical=True)]))
    assert outbox.deliver(world.service, told) == "sent"
    world.change(told, state="sending", not_before=None, external="")
    assert outbox.deliver(world.service, told) == "sent"
    assert jira.issues["SEC-1"]["summary"] == "1 leak in the history of acme/app"
    assert len(jira.issues) == 1


def test_a_test_makes_no_issue(world: World, jira: FakeJira) -> None:
    channel = world.channel("jira", config(jira))
    assert "no issue was made" in outbox.test_message(world.service, channel, world.tenant)
    wrong = world.channel("jira", config(jira, issue_type="Epic"))
    with pytest.raises(Hopeless, match="no issue type “Epic”; it has Task, Bug"):
        outbox.test_message(world.service, wrong, world.tenant)
    refused = world.channel("jira", config(jira, token="others"))  # noqa: S106 - no token
    with pytest.raises(Hopeless, match="401"):
        outbox.test_message(world.service, refused, world.tenant)
    assert jira.issues == {}
