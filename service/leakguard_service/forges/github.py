"""GitHub, github.com and Enterprise Server: as an App, or with a plain token.

An App makes check runs with annotations; a token, which may not, sets commit statuses.
https://docs.github.com/rest, API version 2022-11-28, which Enterprise Server knows too.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from leakguard_service.forges import api as forge_api
from leakguard_service.forges import github_checks as checks
from leakguard_service.forges import github_repositories as listing
from leakguard_service.forges import github_sarif, pace
from leakguard_service.forges.api import Api, name_of, number_of, read, sha_of
from leakguard_service.forges.github_app import App
from leakguard_service.forges.http import Refused, Response
from leakguard_service.forges.port import Access, Outcome
from leakguard_service.nouns import RepositoryRef
from leakguard_service.settings import Settings

HEADERS: Final = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}
_COMMENT: Final = 65_535
"""Bytes; GitHub takes 65,536 characters."""
_REFS: Final = ("refs/heads/", "refs/tags/", "refs/pull/")
_READ: Final = {"metadata": "read"}


@dataclass(frozen=True, slots=True, repr=False)
class GitHub:
    """One GitHub connection: port.Forge. Either `app` or `token`, or neither for public ones."""

    settings: Settings
    api: Api
    web_url: str
    app: App | None = None
    token: str = ""
    organisations: tuple[str, ...] = ()
    """In lower case."""
    paces: pace.Pace = pace.SHARED

    def access(self, repository: RepositoryRef, installation: str) -> Access:
        """For git: an App's token reads this repository's contents and nothing else."""
        name = name_of(repository.full_name)
        token = self._token(repository, installation, {"contents": "read"})
        return forge_api.access(self.settings, self.web_url, name, "x-access-token", token)

    def repositories(self) -> Iterator[tuple[RepositoryRef, str]]:
        """Those of all installations, or those the token reaches."""
        if self.app is None:
            headers = self._bearer(self.token)
            for repository in listing.reached(self.api, headers, self.organisations):
                yield repository, ""
            return
        for installation in listing.installations(self.api, self.app, self.organisations):
            headers = self._bearer(self.app.token(installation, _READ))
            for repository in listing.installed(self.api, headers):
                yield repository, installation

    def repository(self, full_name: str, installation: str) -> RepositoryRef:
        """As GitHub has it now."""
        name = name_of(full_name)
        token = self.token
        if self.app:
            number = installation or self.app.installation_of(name)
            token = self.app.token(number, _READ)
        answer = self.api.call(
            "GET", "/repos/{repository}", headers=self._bearer(token), values={"repository": name}
        )
        return read(answer, listing.ref)

    def report(
        self, repository: RepositoryRef, installation: str, outcome: Outcome, known: str
    ) -> str:
        """A check run of the App, or a commit status."""
        sha_of(outcome.sha)
        if self.app:
            return self._fresh(lambda: self._check(repository, installation, outcome, known))
        answer = self._tell(
            "POST",
            "/repos/{repository}/statuses/{sha}",
            {"statuses": "write"},
            repository,
            installation,
            checks.status(outcome),
            sha=outcome.sha,
        )
        return read(answer, _id)

    def _check(
        self, repository: RepositoryRef, installation: str, outcome: Outcome, known: str
    ) -> str:
        """Annotations are only ever added to a run, so those it has are not sent again."""
        run = known or self._run_of(repository, installation, outcome.sha)
        said = checks.annotations(outcome)
        if run:
            try:
                return self._change(repository, installation, outcome, run, said)
            except Refused as error:
                if error.status != 404:
                    raise
                run = ""
        for body in checks.bodies(outcome, said, create=not run):
            run = self._send_run(repository, installation, run, body)
        return run

    def _change(
        self,
        repository: RepositoryRef,
        installation: str,
        outcome: Outcome,
        run: str,
        said: list[dict[str, Any]],
    ) -> str:
        there = self._annotated(repository, installation, run) if said else set()
        new = [one for one in said if checks.same(one) not in there]
        for body in checks.bodies(outcome, new, create=False):
            self._send_run(repository, installation, run, body)
        return run

    def _send_run(
        self, repository: RepositoryRef, installation: str, run: str, body: Mapping[str, Any]
    ) -> str:
        template = "/repos/{repository}/check-runs" + ("/{run}" if run else "")
        values = {"run": number_of(run)} if run else {}
        method = "PATCH" if run else "POST"
        wanted = {"checks": "write"}
        answer = self._tell(method, template, wanted, repository, installation, body, **values)
        return read(answer, _id)

    def _run_of(self, repository: RepositoryRef, installation: str, sha: str) -> str:
        """The run that an earlier try made for the commit and could not remember."""
        answer = self.api.call(
            "GET",
            "/repos/{repository}/commits/{sha}/check-runs",
            headers=self._for(repository, installation, {"checks": "write"}),
            query={"check_name": forge_api.CHECK_NAME, "filter": "latest"},
            values={"repository": name_of(repository.full_name), "sha": sha},
        )
        app = self.app.app_id if self.app else ""

        def newest(found: Any) -> str:
            mine = [
                int(row["id"])
                for row in found["check_runs"]
                if row.get("external_id") == sha and str((row.get("app") or {}).get("id")) == app
            ]
            return str(max(mine)) if mine else ""

        return read(answer, newest)

    def _annotated(
        self, repository: RepositoryRef, installation: str, run: str
    ) -> set[tuple[Any, ...]]:
        there: set[tuple[Any, ...]] = set()
        for answer in self.api.pages(
            "/repos/{repository}/check-runs/{run}/annotations",
            headers=self._for(repository, installation, {"checks": "write"}),
            values={"repository": name_of(repository.full_name), "run": number_of(run)},
        ):
            there |= read(answer, lambda found: {checks.same(row) for row in found})
        return there

    def sarif(self, repository: RepositoryRef, installation: str, outcome: Outcome) -> str:
        """Uploads to code scanning; its id. Empty without a ref: GitHub needs one."""
        if not outcome.ref.startswith(_REFS):
            return ""
        body = {
            "commit_sha": sha_of(outcome.sha),
            "ref": outcome.ref,
            "sarif": github_sarif.packed(outcome),
            "tool_name": forge_api.CHECK_NAME,
        }
        path, wanted = "/repos/{repository}/code-scanning/sarifs", {"security_events": "write"}

        def upload() -> str:
            answer = self._tell("POST", path, wanted, repository, installation, body)
            return read(answer, lambda found: str(found["id"]))

        return self._fresh(upload)

    def comment(
        self,
        repository: RepositoryRef,
        installation: str,
        number: int,
        outcome: Outcome,
        known: str,
    ) -> str:
        """One comment on a pull request, written anew when somebody deleted it."""
        text = forge_api.comment_body(outcome.title, outcome.summary, outcome.url, _COMMENT)
        return self._fresh(lambda: self._comment(repository, installation, number, text, known))

    def _comment(
        self, repository: RepositoryRef, installation: str, number: int, text: str, known: str
    ) -> str:
        wanted, body = {"pull_requests": "write"}, {"body": text}
        start = "/repos/{repository}/issues/"
        if known:
            try:
                key = number_of(known)
                path = start + "comments/{key}"
                self._tell("PATCH", path, wanted, repository, installation, body, key=key)
                return known
            except Refused as error:
                if error.status not in (404, 410):
                    raise
        path = start + "{number}/comments"
        answer = self._tell(
            "POST", path, wanted, repository, installation, body, number=str(number)
        )
        return read(answer, _id)

    def line_url(self, repository: RepositoryRef, commit: str, path: str, line: int) -> str:
        """On the web site."""
        place = forge_api.line_path(path)
        return f"{self.web_url}/{repository.full_name}/blob/{commit}/{place}#L{line}"

    def _tell(
        self,
        method: str,
        template: str,
        permissions: Mapping[str, str],
        repository: RepositoryRef,
        installation: str,
        body: Mapping[str, Any],
        **values: str,
    ) -> Response:
        """Creates or changes something, no faster than is allowed."""
        headers = self._for(repository, installation, permissions)
        who = installation or hashlib.sha256(self.token.encode()).hexdigest()
        self.paces.take(forge_api.host_of(self.api.url), who)
        values["repository"] = name_of(repository.full_name)
        return self.api.call(method, template, headers=headers, json=body, values=values)

    def _fresh(self, work: Callable[[], str]) -> str:
        """Does it again, with new tokens, when a token was refused before its time."""
        try:
            return work()
        except Refused as error:
            if error.status != 401 or self.app is None:
                raise
            self.app.forget()
            return work()

    def _for(
        self, repository: RepositoryRef, installation: str, permissions: Mapping[str, str]
    ) -> Mapping[str, str]:
        return self._bearer(self._token(repository, installation, permissions))

    def _token(
        self, repository: RepositoryRef, installation: str, permissions: Mapping[str, str]
    ) -> str:
        if self.app is None:
            return self.token
        number = installation or self.app.installation_of(name_of(repository.full_name))
        return self.app.token(number, permissions, (repository.forge_id,))

    @staticmethod
    def _bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"} if token else {}


def _id(found: Any) -> str:
    return str(int(found["id"]))
