"""GitLab: commit statuses, notes on merge requests, projects. https://docs.gitlab.com/api/rest/"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from leakguard_service import limits
from leakguard_service.errors import Hopeless
from leakguard_service.forges import api as forge_api
from leakguard_service.forges.api import Api, name_of, number_of, read, sha_of
from leakguard_service.forges.github_checks import conclusion, shortened
from leakguard_service.forges.http import Refused
from leakguard_service.forges.port import Access, Outcome
from leakguard_service.nouns import RepositoryRef
from leakguard_service.settings import Settings

_LEVELS: Final = 21
"""A project is at most 20 groups deep."""
_TEXT: Final = 255
"""Characters of a status' description, and of its URL."""
_NOTE: Final = 1_000_000
_REPORTER: Final = "20"
"""The lowest role that may read code."""


@dataclass(frozen=True, slots=True, repr=False)
class GitLab:
    """One GitLab connection: port.Forge. The token is a personal, group or project one."""

    settings: Settings
    api: Api
    web_url: str
    token: str = ""
    organisations: tuple[str, ...] = ()
    """Paths of groups."""

    def access(self, repository: RepositoryRef, installation: str) -> Access:
        """For git: GitLab takes any token with the user name `oauth2`."""
        name = name_of(repository.full_name, levels=_LEVELS)
        return forge_api.access(self.settings, self.web_url, name, "oauth2", self.token)

    def repositories(self) -> Iterator[tuple[RepositoryRef, str]]:
        """Those of the groups, else those that the token is a member of."""
        found = (self._group(one) for one in self.organisations) if self.organisations else None
        for listed in found or (self._member(),):
            for repository in listed:
                yield repository, ""

    def _group(self, group: str) -> Iterator[RepositoryRef]:
        for answer in self.api.pages(
            "/groups/{group}/projects",
            query={"include_subgroups": "true"},
            values={"group": group},
        ):
            yield from read(answer, lambda found: [_ref(row) for row in found])

    def _member(self) -> Iterator[RepositoryRef]:
        """By keyset: GitLab refuses high page numbers of this list."""
        query = {"membership": "true", "min_access_level": _REPORTER, "pagination": "keyset"}
        query |= {"order_by": "id", "sort": "asc", "per_page": "100"}
        for _ in range(limits.FORGE_PAGES):
            answer = self.api.call("GET", "/projects", query=query)
            page = read(answer, lambda found: [_ref(row) for row in found])
            yield from page
            if not page or not forge_api.follows(answer):
                return
            query["id_after"] = page[-1].forge_id
        raise Hopeless(f"{answer.origin} has more than {limits.FORGE_PAGES} pages")

    def repository(self, full_name: str, installation: str) -> RepositoryRef:
        """As GitLab has it now."""
        values = {"project": name_of(full_name, levels=_LEVELS)}
        return read(self.api.call("GET", "/projects/{project}", values=values), _ref)

    def report(
        self, repository: RepositoryRef, installation: str, outcome: Outcome, known: str
    ) -> str:
        """A commit status; a new one with the same name takes the place of the one before."""
        answer = self.api.call(
            "POST",
            "/projects/{project}/statuses/{sha}",
            json=_status(outcome),
            values={"project": number_of(repository.forge_id), "sha": sha_of(outcome.sha)},
        )
        return read(answer, _id)

    def sarif(self, repository: RepositoryRef, installation: str, outcome: Outcome) -> str:
        """GitLab takes SARIF from its own pipelines only."""
        return ""

    def comment(
        self,
        repository: RepositoryRef,
        installation: str,
        number: int,
        outcome: Outcome,
        known: str,
    ) -> str:
        """A note on the merge request, written anew when somebody deleted it."""
        text = forge_api.comment_body(outcome.title, outcome.summary, outcome.url, _NOTE)
        path = "/projects/{project}/merge_requests/{number}/notes"
        values = {"project": number_of(repository.forge_id), "number": str(number)}
        if known:
            try:
                one = values | {"note": number_of(known)}
                self.api.call("PUT", path + "/{note}", json={"body": text}, values=one)
                return known
            except Refused as error:
                if error.status != 404:
                    raise
        return read(self.api.call("POST", path, json={"body": text}, values=values), _id)

    def line_url(self, repository: RepositoryRef, commit: str, path: str, line: int) -> str:
        """On the web site."""
        place = forge_api.line_path(path)
        return f"{self.web_url}/{repository.full_name}/-/blob/{commit}/{place}#L{line}"


def headers(token: str) -> Mapping[str, str]:
    """Personal, group, project and OAuth tokens are all taken as bearers."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def _status(outcome: Outcome) -> dict[str, Any]:
    passes = conclusion(outcome) in ("success", "neutral")
    body = {
        "state": "success" if passes else "failed",
        "name": forge_api.CHECK_NAME,
        "description": shortened(outcome.title, _TEXT),
    }
    for start in ("refs/heads/", "refs/tags/"):
        if outcome.ref.startswith(start):
            body["ref"] = outcome.ref.removeprefix(start)
    if 0 < len(outcome.url) <= _TEXT:
        body["target_url"] = outcome.url
    return body


def _id(found: Any) -> str:
    return str(int(found["id"]))


def _ref(found: Any) -> RepositoryRef:
    return RepositoryRef(
        forge_id=str(int(found["id"])),
        full_name=str(found["path_with_namespace"]),
        default_branch=str(found.get("default_branch") or ""),
        private=found.get("visibility") != "public",
        archived=bool(found.get("archived", False)),
    )
