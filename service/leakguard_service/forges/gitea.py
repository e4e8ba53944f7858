"""Gitea and Forgejo: commit statuses, comments, repositories. https://codeberg.org/api/swagger"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from leakguard_service.forges import api as forge_api
from leakguard_service.forges.api import Api, name_of, number_of, read, sha_of
from leakguard_service.forges.github_checks import conclusion, shortened
from leakguard_service.forges.http import Refused
from leakguard_service.forges.port import Access, Outcome
from leakguard_service.nouns import RepositoryRef
from leakguard_service.settings import Settings

_TEXT: Final = 255
_COMMENT: Final = 65_535
_STATES: Final = {"success": "success", "neutral": "warning", "failure": "failure"}


@dataclass(frozen=True, slots=True, repr=False)
class Gitea:
    """One connection to a Gitea or Forgejo: port.Forge."""

    settings: Settings
    api: Api
    web_url: str
    token: str = ""
    organisations: tuple[str, ...] = ()

    def access(self, repository: RepositoryRef, installation: str) -> Access:
        """For git: the token is the password of any user name."""
        name = name_of(repository.full_name)
        return forge_api.access(self.settings, self.web_url, name, "token", self.token)

    def repositories(self) -> Iterator[tuple[RepositoryRef, str]]:
        """Those of the organisations, else those that the token reaches."""
        if not self.organisations:
            for repository in self._listed("/user/repos", {}):
                yield repository, ""
        for owner in self.organisations:
            for repository in self._listed("/orgs/{owner}/repos", {"owner": owner}):
                yield repository, ""

    def _listed(self, template: str, values: Mapping[str, str]) -> Iterator[RepositoryRef]:
        for answer in self.api.pages(template, size="limit", values=values):
            yield from read(answer, lambda found: [_ref(row) for row in found])

    def repository(self, full_name: str, installation: str) -> RepositoryRef:
        """As the forge has it now."""
        values = {"repository": name_of(full_name)}
        answer = self.api.call("GET", "/repos/{repository}", values=values)
        return read(answer, _ref)

    def report(
        self, repository: RepositoryRef, installation: str, outcome: Outcome, known: str
    ) -> str:
        """A commit status; a new one with the same context takes the place of the one before."""
        body = {
            "state": _STATES.get(conclusion(outcome), "error"),
            "context": forge_api.CHECK_NAME,
            "description": shortened(outcome.title, _TEXT),
        }
        answer = self.api.call(
            "POST",
            "/repos/{repository}/statuses/{sha}",
            json=body | ({"target_url": outcome.url} if outcome.url else {}),
            values={"repository": name_of(repository.full_name), "sha": sha_of(outcome.sha)},
        )
        return read(answer, _id)

    def sarif(self, repository: RepositoryRef, installation: str, outcome: Outcome) -> str:
        """Neither forge takes SARIF."""
        return ""

    def comment(
        self,
        repository: RepositoryRef,
        installation: str,
        number: int,
        outcome: Outcome,
        known: str,
    ) -> str:
        """A comment on the pull request, written anew when somebody deleted it."""
        text = forge_api.comment_body(outcome.title, outcome.summary, outcome.url, _COMMENT)
        values, body = {"repository": name_of(repository.full_name)}, {"body": text}
        start = "/repos/{repository}/issues/"
        if known:
            try:
                one = values | {"key": number_of(known)}
                self.api.call("PATCH", start + "comments/{key}", json=body, values=one)
                return known
            except Refused as error:
                if error.status != 404:
                    raise
        values["number"] = str(number)
        answer = self.api.call("POST", start + "{number}/comments", json=body, values=values)
        return read(answer, _id)

    def line_url(self, repository: RepositoryRef, commit: str, path: str, line: int) -> str:
        """On the web site."""
        place = forge_api.line_path(path)
        return f"{self.web_url}/{repository.full_name}/src/commit/{commit}/{place}#L{line}"


def headers(token: str) -> Mapping[str, str]:
    """How the token is given."""
    return {"Authorization": f"token {token}"} if token else {}


def _id(found: Any) -> str:
    return str(int(found["id"]))


def _ref(found: Any) -> RepositoryRef:
    return RepositoryRef(
        forge_id=str(int(found["id"])),
        full_name=str(found["full_name"]),
        default_branch=str(found.get("default_branch") or ""),
        private=bool(found.get("private", True)),
        archived=bool(found.get("archived", False)),
    )
