"""The fakes themselves: they refuse what the real ones refuse."""

import json
import smtplib
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest

from tests.service.fakeforge import FakeGitea, FakeGitHub, FakeGitLab, MailServer
from tests.service.forges.conftest import SHA

RUN: dict[str, Any] = {
    "name": "x",
    "head_sha": SHA,
    "status": "completed",
    "conclusion": "failure",
    "output": {"title": "t", "summary": "s"},
}
NOTE = {
    "path": "a",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "failure",
    "message": "m",
}


def ask(method: str, url: str, body: Any, **headers: str) -> int:
    with httpx2.Client(trust_env=False) as client:
        sent = {"Authorization": "Bearer " + headers.pop("token"), "Connection": "close", **headers}
        return client.request(method, url, content=json.dumps(body), headers=sent).status_code


def with_notes(*notes: dict[str, Any]) -> dict[str, Any]:
    return RUN | {"output": {"title": "t", "summary": "s", "annotations": list(notes)}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        RUN | {"unknown": 1},
        RUN | {"conclusion": "fine"},
        {key: value for key, value in RUN.items() if key != "head_sha"},
        RUN | {"actions": [{"label": "x" * 21, "identifier": "a", "description": "b"}]},
        RUN | {"actions": [{"label": "x", "identifier": "a", "description": "b" * 41}]},
        RUN | {"output": {"title": "t", "summary": "s" * 65_536}},
        with_notes(*[NOTE] * 51),
        with_notes(NOTE | {"title": "t" * 256}),
        with_notes(NOTE | {"message": "ö" * 40_000}),
        with_notes(NOTE | {"end_line": 2, "start_column": 1}),
        with_notes(NOTE | {"start_line": 0, "end_line": 0}),
        with_notes(NOTE | {"colour": "red"}),
    ],
)
def test_bodies_that_github_refuses(github: FakeGitHub, body: Any) -> None:
    repo = github.add_repository("acme/app")
    token = "words"  # noqa: S105
    github.add_token(token, repo)
    url = f"{github.api_url}/repos/acme/app/check-runs"
    assert ask("POST", url, RUN, token=token) == 201
    assert ask("POST", url, body, token=token) == 422
    assert ask("POST", url, RUN, token="wrong") == 401  # noqa: S106
    assert ask("POST", url, RUN, token=github.token) == 403, "a token makes no check runs"
    assert ask("POST", url + "/none", RUN, token=token) == 404


def test_bodies_that_the_others_refuse(gitlab: FakeGitLab, gitea: FakeGitea) -> None:
    gitlab.add_repository("acme/app")
    gitea.add_repository("acme/app")
    one = f"{gitlab.api_url}/projects/1000/statuses/{SHA}"
    two = f"{gitea.api_url}/repos/acme/app/statuses/{SHA}"
    wrong: list[Any] = [{}, {"state": "fine"}, {"state": "success", "x": 1}, {"state": 1}, []]
    for body in wrong:
        assert ask("POST", one, body, token=gitlab.token) == 400
        assert ask("POST", two, body, token=gitea.token) == 422
    assert ask("POST", one, {"state": "success"}, token=gitlab.token) == 201
    assert ask("POST", two, {"state": "success"}, token=gitea.token) == 201
    assert ask("POST", one, {"state": "success"}, token="wrong") == 401  # noqa: S106
    assert ask("POST", two, {"state": "success"}, token="wrong") == 401  # noqa: S106


def test_mail_arrives() -> None:
    message = EmailMessage()
    message["Subject"] = "Größe"
    message.set_content("one\n.two\n")
    with MailServer() as server:
        server.refuse["b@x.example"] = "550 nobody"
        with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client:
            client.login("me", "words")
            refused = client.send_message(message, "me@x.example", ["a@x.example", "b@x.example"])
        (mail,) = server.mails
    assert list(refused) == ["b@x.example"]
    assert (mail.sender, mail.recipients) == ("me@x.example", ("a@x.example",))
    assert mail.message["Subject"] == "Größe"
    assert mail.message.get_content().splitlines() == ["one", ".two"]
    assert server.login
