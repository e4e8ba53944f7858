"""GitHub issues: one for each finding, in one repository that the tenant chose.

https://docs.github.com/rest/issues/issues, https://docs.github.com/rest/issues/comments. Issues
carry the label `leakguard` and, in their last line, the name of their finding, by which they are
found again. Issues of a public repository tell everybody: they are only made when that is wanted.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from leakguard_service.db.scope import get
from leakguard_service.db.tables import Connection
from leakguard_service.errors import Hopeless, NotThere
from leakguard_service.forges.api import name_of, number_of, read
from leakguard_service.forges.github import GitHub
from leakguard_service.forges.http import Refused, Response
from leakguard_service.notify.model import Fact, Message, Post, Sent
from leakguard_service.notify.text import line
from leakguard_service.notify.tracker import follow

_TITLE: Final = 256
"""Characters of an issue's title."""
_PAGES: Final = 5
"""Pages of 100 issues or comments that are looked at for one of ours, newest first."""
_LABEL: Final = "leakguard"


def send(post: Post) -> Sent:
    """Makes, writes to, closes or opens the issue. Raises Later and Hopeless."""
    return follow(post, _Issues(post))


def test(post: Post) -> str:
    """Says whether issues can be made, and makes none. Raises Later and Hopeless."""
    _Issues(post).check()
    return "the repository takes issues; none was made"


class _Issues:
    """See tracker.Tracker. A key is an issue's number."""

    def __init__(self, post: Post) -> None:
        self._message = post.message
        self._public = bool(post.config.get("allow_public"))
        self._name = name_of(str(post.config["repository"]))
        self._github = _github(post)
        app = self._github.app
        self._installation = app.installation_of(self._name) if app else ""
        self._token = self._github.token

    def check(self) -> None:
        """Raises Hopeless when issues cannot or must not be made."""
        shown = self._github.repository(self._name, self._installation)
        if not shown.private and not self._public:
            raise Hopeless(
                "the repository is public: issues would tell everybody of each leak; choose a"
                " private one, or allow that in the channel"
            )
        self._authorization()

    def find(self) -> str:
        for page in range(1, _PAGES + 1):
            asked = {"state": "all", "labels": _LABEL, "sort": "created", "per_page": "100"}
            found = _rows(self._ask("GET", "/issues", query={**asked, "page": str(page)}))
            for issue in found:
                if self._message.thread in str(issue.get("body") or ""):
                    return str(issue.get("number", ""))
            if len(found) < 100:
                break
        return ""

    def create(self) -> str:
        self.check()
        title = line(self._message.title, _TITLE)
        given = {"title": title, "body": markdown(self._message), "labels": [_LABEL]}
        return read(self._ask("POST", "/issues", json=given), lambda made: str(int(made["number"])))

    def said(self, key: str) -> bool:
        since = self._message.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        asked = {"per_page": "100", "since": since}
        found = _rows(self._ask("GET", "/issues/{number}/comments", key, query=asked))
        return any(self._message.id in str(one.get("body") or "") for one in found)

    def comment(self, key: str) -> None:
        given = {"body": markdown(self._message)}
        self._ask("POST", "/issues/{number}/comments", key, json=given)

    def move(self, key: str, *, closed: bool) -> None:
        given = (
            {"state": "closed", "state_reason": "completed"}
            if closed
            else {"state": "open", "state_reason": "reopened"}
        )
        self._ask("PATCH", "/issues/{number}", key, json=given)

    def _ask(
        self,
        method: str,
        template: str,
        number: str = "",
        *,
        json: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> Response:
        values = {"repository": self._name}
        if number:
            values["number"] = number_of(number)
        return self._github.api.call(
            method,
            "/repos/{repository}" + template,
            headers=self._authorization(),
            json=json,
            query=query,
            values=values,
        )

    def _authorization(self) -> dict[str, str]:
        """A token that may write issues; an App's may do nothing else."""
        app = self._github.app
        if app is None:
            return {"Authorization": f"Bearer {self._token}"}
        try:
            token = app.token(self._installation, {"issues": "write"})
        except Refused as error:
            if error.status not in (403, 422):
                raise
            raise Hopeless(
                "the GitHub App may not write issues: give it the permission Issues, read and"
                " write, and accept that where it is installed"
            ) from error
        return {"Authorization": f"Bearer {token}"}


def _github(post: Post) -> GitHub:
    service = post.service
    try:
        with service.db.read() as session:
            row = get(session, Connection, int(post.config["connection_id"]), post.tenant_id)
    except NotThere:
        raise Hopeless("the channel's connection is no longer there") from None
    found = service.forge(service, row)
    if not isinstance(found, GitHub):
        raise Hopeless("the channel's connection is not one to GitHub")
    return found


def _rows(answer: Response) -> list[Mapping[str, Any]]:
    return read(answer, lambda said: [row for row in said if isinstance(row, Mapping)])


def markdown(message: Message) -> str:
    """The message in GitHub's Markdown; its last line has the names it is found by again."""
    parts = [f"**{escaped(message.title)}**", ""]
    parts += [f"- {fact.label}: {_value(fact)}" for fact in message.facts]
    if message.advice:
        parts += ["", f"**What to do:** {escaped(message.advice)}"]
    if message.link:
        parts += ["", f"[Open it in leakguard]({quote(message.link, safe=':/?&=%')})"]
    return "\n".join([*parts, "", f"<sub>{message.thread} · {message.id}</sub>", ""])


def _value(fact: Fact) -> str:
    return code(fact.value) if fact.code else escaped(fact.value)


def code(text: str) -> str:
    """A code span, in which nothing of the text has a meaning: CommonMark 0.31, section 6.1."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}"


def escaped(text: str) -> str:
    """Plain text in Markdown: no HTML, links, pictures, or names that are told (@somebody)."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = re.sub(r"([\\`*_\[\]()!|~])", r"\\\1", plain)
    return re.sub("([@#])", "\\1\N{ZERO WIDTH SPACE}", plain)
