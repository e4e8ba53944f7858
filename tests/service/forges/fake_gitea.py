"""A Gitea or Forgejo to test with. What a body may hold is read from pyforgejo, which is
generated from Forgejo's published OpenAPI description."""

import inspect
import itertools
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from leakguard_service.service import Service
from tests.service.forges.fake_github import store
from tests.service.forges.server import Answer, Call, Forge, Refused, Repo, Route, page

_REPO = r"/repos/([^/]+/[^/]+)"
_STATES = ("pending", "success", "error", "failure", "warning")
"""https://codeberg.org/api/swagger: CommitStatusState. pyforgejo has it as any text."""


@cache
def _method(name: str) -> Mapping[str, inspect.Parameter]:
    """The keyword parameters of a call: those of the body or the query."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyforgejo.issue.raw_client import RawIssueClient
        from pyforgejo.organization.raw_client import RawOrganizationClient
        from pyforgejo.repository.raw_client import RawRepositoryClient
        from pyforgejo.user.raw_client import RawUserClient
    clients = (RawIssueClient, RawOrganizationClient, RawRepositoryClient, RawUserClient)
    (found,) = [getattr(one, name) for one in clients if hasattr(one, name)]
    call: Callable[..., Any] = found
    return {
        key: one
        for key, one in inspect.signature(call, eval_str=True).parameters.items()
        if one.kind is one.KEYWORD_ONLY and key != "request_options"
    }


class FakeGitea(Forge):
    """Gitea's paths below `/api/v1`. See Forge and Server too."""

    prefix = "/api/v1"
    kind = "gitea"

    def __init__(self, folder: Path, token: str = "") -> None:
        self.statuses: list[dict[str, Any]] = []
        """All that were set, with `repo` and `sha`; the newest of a context counts."""
        self.comments: dict[int, dict[str, Any]] = {}
        """By id, with `repo` and `number` of the pull request."""
        self._ids = itertools.count(70_001)
        super().__init__(folder, token)

    def connect(self, service: Service, tenant_id: int, **settings: Any) -> int:
        """Stores a connection to here; returns its id."""
        return store(service, self, tenant_id, {"token": self.token}, settings)

    def status_of(self, sha: str) -> dict[str, Any]:
        """What a commit's newest status says."""
        return [one for one in self.statuses if one["sha"] == sha][-1]

    def payload(self, repo: Repo) -> dict[str, Any]:
        """The repository as webhooks and the API show it."""
        url = f"{self.url}/{repo.full_name}"
        owner = {"id": 7, "login": repo.owner, "username": repo.owner}
        return {
            "id": repo.id,
            "owner": owner,
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "archived": repo.archived,
            "default_branch": repo.default_branch,
            "html_url": url,
            "clone_url": f"{url}.git",
        }

    def answer(self, call: Call) -> Answer:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("token", "bearer") or token != self.token:
            raise Refused(401, {"message": "token is required"})
        return super().answer(call)

    def routes(self) -> Sequence[Route]:
        return [
            ("GET", "/user/repos", self._own),
            ("GET", r"/orgs/([^/]+)/repos", self._org),
            ("GET", _REPO, self._show),
            ("POST", _REPO + r"/statuses/([0-9a-f]{40,64})", self._status),
            ("POST", _REPO + r"/issues/(\d+)/comments", self._comment),
            ("PATCH", _REPO + r"/issues/comments/(\d+)", self._recomment),
        ]

    def _own(self, call: Call) -> Answer:
        _fits(call.query, "current_list_repos")
        return self._listed(call, list(self.repos.values()))

    def _org(self, call: Call, org: str) -> Answer:
        _fits(call.query, "org_list_repos")
        rows = [one for one in self.repos.values() if one.owner == org]
        if not rows:
            raise Refused(404, {"message": "user redirect does not exist"})
        return self._listed(call, rows)

    def _listed(self, call: Call, repos: Sequence[Repo]) -> Answer:
        rows = [self.payload(one) for one in repos]
        part, number, pages = page(call, rows, "limit", most=50)
        headers = {"X-Total-Count": str(len(rows))}
        if number < pages:
            address = f"{self.url}{call.path}?limit={len(part)}&page={number + 1}"
            headers["Link"] = f'<{address}>; rel="next"'
        return Answer(200, part, headers)

    def _show(self, call: Call, name: str) -> Answer:
        return Answer(200, self.payload(self.named(name)))

    def _status(self, call: Call, name: str, sha: str) -> Answer:
        repo = self.named(name)
        body = _body(call, "repo_create_status")
        if body.get("state") not in _STATES:
            raise Refused(422, {"message": "state is unknown"})
        row = {"id": next(self._ids), "repo": repo.full_name, "sha": sha} | body
        self.statuses.append(row)
        return Answer(201, row)

    def _comment(self, call: Call, name: str, number: str) -> Answer:
        repo = self.named(name)
        body = _body(call, "create_comment")
        key = next(self._ids)
        row = {"id": key, "repo": repo.full_name, "number": int(number), **body}
        self.comments[key] = row
        return Answer(201, row)

    def _recomment(self, call: Call, name: str, key: str) -> Answer:
        repo = self.named(name)
        body = _body(call, "edit_comment")
        row = self.comments.get(int(key))
        if row is None or row["repo"] != repo.full_name:
            raise Refused(404, {"message": "not found"})
        row.update(body)
        return Answer(200, row)


def _body(call: Call, method: str) -> dict[str, Any]:
    try:
        body = call.json
    except ValueError:
        raise Refused(422, {"message": "the body is no JSON"}) from None
    if not isinstance(body, dict):
        raise Refused(422, {"message": "the body is no object"})
    _fits(body, method)
    return body


def _fits(given: Mapping[str, Any], method: str) -> None:
    """Refuses with 422 what the published description does not know."""
    known = _method(method)
    wrong = [f"{key} is unknown" for key in given if key not in known]
    wrong += [
        f"{k} is missing" for k, p in known.items() if p.default is p.empty and k not in given
    ]
    for key, value in given.items():
        if key in known:
            try:
                _type(method, key).validate_python(value)
            except ValidationError:
                wrong.append(f"{key} is invalid")
    if wrong:
        raise Refused(422, {"message": ", ".join(wrong)})


@cache
def _type(method: str, key: str) -> TypeAdapter[Any]:
    shape = _method(method)[key].annotation
    return TypeAdapter(shape, config=ConfigDict(arbitrary_types_allowed=True))
