"""What the forges have in common: paths made of checked names, pages, access for git."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from leakguard_service import limits
from leakguard_service.errors import Hopeless, Invalid, Later
from leakguard_service.forges import address
from leakguard_service.forges.http import Client, Response
from leakguard_service.forges.port import Access
from leakguard_service.settings import Settings

Result = TypeVar("Result")

_SEGMENT: Final = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,255}")
_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PAGE_SIZE: Final = 100
_SLASH: Final = {"repository": "/"}

CHECK_NAME: Final = "leakguard"
"""How checks and statuses are called at every forge."""

COMMENT_MARK: Final = "<!-- leakguard -->"
"""Begins every comment; a browser does not show it."""


@dataclass(frozen=True, slots=True)
class Api:
    """One forge's REST API: paths are templates, whose values are escaped."""

    client: Client
    url: str
    """Where it begins, without a slash at the end."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        template: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        query: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Response:
        """Asks for `template` with `{name}` replaced by the values, escaped; only a `repository`
        has parts. Raises Later or Hopeless."""
        path = template.format(
            **{key: quote(one, safe=_SLASH.get(key, "")) for key, one in (values or {}).items()}
        )
        asked = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        sent = {**self.headers, **(headers or {})}
        return self.client.request(method, asked, headers=sent, json=json, what=template)

    def pages(
        self,
        template: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        size: str = "per_page",
        values: Mapping[str, str] | None = None,
    ) -> Iterator[Response]:
        """All pages of a list, by number. The forge's own links are not followed: they could lead
        anywhere."""
        for number in range(1, limits.FORGE_PAGES + 1):
            asked = {**(query or {}), size: str(_PAGE_SIZE), "page": str(number)}
            answer = self.call("GET", template, headers=headers, query=asked, values=values)
            yield answer
            if not follows(answer):
                return
        raise Hopeless(f"{answer.origin} has more than {limits.FORGE_PAGES} pages")


def follows(answer: Response) -> bool:
    """Whether there is a next page: Link (RFC 8288), or GitLab's X-Next-Page."""
    link = answer.headers.get("link", "")
    return 'rel="next"' in link or bool(answer.headers.get("x-next-page", "").strip())


def read(answer: Response, form: Callable[[Any], Result]) -> Result:
    """What `form` makes of the answer's JSON. Raises Later when it has another shape."""
    found = answer.json()
    try:
        return form(found)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Later(f"{answer.origin} answered in a form that is not known", 60.0) from None


def name_of(full_name: str, *, levels: int = 2) -> str:
    """The repository's name, looked at: it becomes part of URLs. Raises Hopeless."""
    segments = full_name.split("/")
    wrong = any(not _SEGMENT.fullmatch(one) or one in (".", "..") for one in segments)
    if wrong or not 2 <= len(segments) <= levels or full_name.endswith(".git"):
        raise Hopeless("the repository has a name that no repository of this forge can have")
    return full_name


def sha_of(text: str) -> str:
    """The object id, looked at. Raises Hopeless."""
    if not _SHA.fullmatch(text):
        raise Hopeless("the commit has no object id")
    return text


def number_of(text: str) -> str:
    """The forge's number of something, looked at. Raises Hopeless."""
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise Hopeless("the forge's id of something is no number")
    return text


def host_of(url: str) -> str:
    """The URL's host; empty when it has none."""
    return urlsplit(url).hostname or ""


def access(settings: Settings, web_url: str, full_name: str, user: str, token: str) -> Access:
    """How git reaches the repository. The address is looked at, and pinned for git. Raises
    Hopeless when it must not be asked, Later when there is none."""
    url = f"{web_url}/{full_name}.git"
    try:
        pinned = address.pin(url, settings)
    except Invalid as error:
        raise Hopeless(str(error)) from None
    except OSError:
        raise Later(f"{host_of(web_url)} has no address just now", 30.0) from None
    if not token:
        return Access(url, resolve=pinned)
    pair = base64.b64encode(f"{user}:{token}".encode()).decode()
    return Access(url, f"Authorization: Basic {pair}", pinned)


def cut(text: str, most: int) -> str:
    """The text with at most so many bytes of UTF-8; three dots say that it was longer."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return data.decode()
    return data[: most - 3].decode("utf-8", "ignore") + "..."


def comment_body(title: str, summary: str, url: str, most: int) -> str:
    """A comment in Markdown, at most so many bytes."""
    plain = re.sub(r"([\\`*_{}\[\]<>()#+!|@~-])", r"\\\1", " ".join(title.split()))
    end = f"\n\n[Details]({quote(url, safe=':/?&=#%+~')})\n"
    start = f"{COMMENT_MARK}\n### leakguard: {plain}\n\n"
    return start + cut(summary, most - len((start + end).encode())) + end


def line_path(path: str) -> str:
    """A path for a URL."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")
