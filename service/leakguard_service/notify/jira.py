"""Jira Cloud: one issue for each finding, found again by a label.

REST v3, https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/; texts are documents of
https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/, where nothing of a
text has a meaning, so that nothing has to be escaped. Which transition closes an issue depends on
the project: leakguard comments and leaves the issue's state to people and Jira's own automation.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from leakguard_service.errors import Hopeless
from leakguard_service.forges.http import Client
from leakguard_service.notify.model import Fact, Message, Post, Sent
from leakguard_service.notify.text import line
from leakguard_service.notify.tracker import follow

_SUMMARY: Final = 255
"""Characters of an issue's summary."""
_COMMENTS: Final = 50
"""Newest comments that are looked at for one of ours."""

Node = dict[str, Any]


def send(post: Post) -> Sent:
    """Makes or writes to the issue. Raises Later and Hopeless."""
    return follow(post, _Jira(post))


def test(post: Post) -> str:
    """Says what the project is, and makes no issue. Raises Later and Hopeless."""
    jira, config = _Jira(post), post.config
    project = jira.call("GET", f"/project/{quote(config['project'], safe='')}")
    kinds = [str(kind.get("name", "")) for kind in project.get("issueTypes", [])]
    if config["issue_type"] not in kinds:
        raise Hopeless(
            f"the Jira project has no issue type “{line(config['issue_type'], 60)}”; it has "
            + line(", ".join(kinds), 200)
        )
    return "Jira knows the project and its issue type; no issue was made"


class _Jira:
    """See tracker.Tracker."""

    def __init__(self, post: Post) -> None:
        self._client = Client(post.service.settings)
        self._config, self._message = post.config, post.message
        pair = f"{post.config['user']}:{post.config['token']}".encode()
        self._headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        self._base = str(post.config["url"]).rstrip("/") + "/rest/api/3"

    def call(self, method: str, path: str, given: Any = None) -> Mapping[str, Any]:
        """An object that the API answered; empty for no content."""
        what = "/" + path.split("/")[1].partition("?")[0]
        answer = self._client.request(
            method, self._base + path, headers=self._headers, json=given, what=what
        )
        said = answer.json() if answer.content else {}
        if not isinstance(said, dict):
            raise Hopeless("Jira's answer is no object")
        return said

    def find(self) -> str:
        project = json.dumps(self._config["project"])
        asked = {
            "jql": f'project = {project} AND labels = "{self._message.thread}"',
            "maxResults": 1,
            "fields": ["summary"],
        }
        issues = self.call("POST", "/search/jql", asked).get("issues") or [{}]
        return str(issues[0].get("key", ""))

    def create(self) -> str:
        fields = {
            "project": {"key": self._config["project"]},
            "issuetype": {"name": self._config["issue_type"]},
            "summary": line(self._message.title, _SUMMARY),
            "description": document(self._message),
            "labels": ["leakguard", self._message.thread],
        }
        key = str(self.call("POST", "/issue", {"fields": fields}).get("key", ""))
        if not key:
            raise Hopeless("Jira made an issue and did not name it")
        return key

    def said(self, key: str) -> bool:
        asked = f"{self._at(key)}/comment?orderBy=-created&maxResults={_COMMENTS}"
        return self._message.id in json.dumps(self.call("GET", asked).get("comments", []))

    def comment(self, key: str) -> None:
        self.call("POST", f"{self._at(key)}/comment", {"body": document(self._message)})

    def move(self, key: str, *, closed: bool) -> None:
        """Nothing: see above."""

    def _at(self, key: str) -> str:
        return f"/issue/{quote(key, safe='')}"


def document(message: Message) -> Node:
    """The message as a document. Its last line holds its id, by which it is found again."""
    content = [_paragraph(_text(message.title, "strong"))]
    if message.facts:
        items = [_item(fact) for fact in message.facts]
        content.append({"type": "bulletList", "content": items})
    if message.advice:
        content.append(_paragraph(_text("What to do: ", "strong"), _text(message.advice)))
    if message.link:
        content.append(_paragraph(_linked("Open it in leakguard", message.link)))
    content.append(_paragraph(_text(message.id, "code")))
    return {"type": "doc", "version": 1, "content": content}


def _item(fact: Fact) -> Node:
    value = _text(fact.value, "code") if fact.code else _text(fact.value)
    return {"type": "listItem", "content": [_paragraph(_text(f"{fact.label}: "), value)]}


def _paragraph(*parts: Node) -> Node:
    return {"type": "paragraph", "content": list(parts)}


def _text(text: str, mark: str = "") -> Node:
    node: Node = {"type": "text", "text": text}
    if mark:
        node["marks"] = [{"type": mark}]
    return node


def _linked(text: str, href: str) -> Node:
    return {"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": href}}]}
