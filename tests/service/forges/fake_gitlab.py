"""A GitLab to test with: commit statuses, merge request notes, projects, groups."""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from leakguard_service.service import Service
from tests.service.forges.fake_github import store
from tests.service.forges.server import Answer, Call, Forge, Refused, Repo, Route, page

_STATUS: Mapping[str, type] = {
    "state": str,
    "coverage": float,
    "description": str,
    "name": str,
    "context": str,
    "pipeline_id": int,
    "ref": str,
    "target_url": str,
}
"""https://docs.gitlab.com/api/commits/#set-commit-pipeline-status"""

_STATES = ("pending", "running", "success", "failed", "canceled", "skipped")

_NOTE: Mapping[str, type] = {
    "body": str,
    "created_at": str,
    "internal": bool,
    "merge_request_diff_head_sha": str,
}
"""https://docs.gitlab.com/api/notes/#create-new-merge-request-note"""

_LIST = {
    "archived", "id_after", "id_before", "include_subgroups", "membership", "min_access_level",
    "order_by", "owned", "page", "pagination", "per_page", "simple", "sort", "visibility",
    "with_shared",
}  # fmt: skip
"""https://docs.gitlab.com/api/projects/#list-all-projects and
https://docs.gitlab.com/api/groups/#list-projects"""

_PROJECT = r"/projects/([^/]+)"


class FakeGitLab(Forge):
    """GitLab's paths below `/api/v4`. See Forge and Server too."""

    prefix = "/api/v4"
    kind = "gitlab"

    def __init__(self, folder: Path, token: str = "") -> None:
        self.statuses: list[dict[str, Any]] = []
        """All that were set, with `project` and `sha`; the newest of a name counts."""
        self.notes: dict[int, dict[str, Any]] = {}
        """By id, with `project` and `number` of the merge request."""
        self._ids = itertools.count(90_001)
        super().__init__(folder, token)

    def connect(self, service: Service, tenant_id: int, **settings: Any) -> int:
        """Stores a connection to here; returns its id."""
        return store(service, self, tenant_id, {"token": self.token}, settings)

    def status_of(self, sha: str) -> dict[str, Any]:
        """What a commit's newest status says."""
        return [one for one in self.statuses if one["sha"] == sha][-1]

    def payload(self, repo: Repo) -> dict[str, Any]:
        """The project as webhooks and the API show it."""
        url = f"{self.url}/{repo.full_name}"
        return {
            "id": repo.id,
            "name": repo.name,
            "path_with_namespace": repo.full_name,
            "default_branch": repo.default_branch,
            "visibility": "private" if repo.private else "public",
            "visibility_level": 0 if repo.private else 20,
            "archived": repo.archived,
            "web_url": url,
            "http_url_to_repo": f"{url}.git",
            "git_http_url": f"{url}.git",
        }

    def answer(self, call: Call) -> Answer:
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        if self.token not in (call.headers.get("private-token", ""), bearer):
            raise Refused(401, {"message": "401 Unauthorized"})
        return super().answer(call)

    def routes(self) -> Sequence[Route]:
        return [
            ("GET", "/projects", self._projects),
            ("GET", r"/groups/([^/]+)/projects", self._group),
            ("GET", _PROJECT, self._show),
            ("POST", _PROJECT + r"/statuses/([0-9a-f]{40,64})", self._status),
            ("GET", _PROJECT + r"/merge_requests/(\d+)/notes", self._notes_of),
            ("POST", _PROJECT + r"/merge_requests/(\d+)/notes", self._note),
            ("PUT", _PROJECT + r"/merge_requests/(\d+)/notes/(\d+)", self._renote),
        ]

    def _project(self, key: str) -> Repo:
        if key.isdigit() and int(key) in self.repos:
            return self.repos[int(key)]
        if not key.isdigit() and "%2F" not in key and "/" not in unquote(key):
            raise Refused(404, {"message": "404 Project Not Found"})
        return self.named(unquote(key))

    def _projects(self, call: Call) -> Answer:
        return self._listed(call, sorted(self.repos.values(), key=lambda one: one.id))

    def _group(self, call: Call, group: str) -> Answer:
        start = unquote(group) + "/"
        rows = [one for one in self.repos.values() if one.full_name.startswith(start)]
        if not rows:
            raise Refused(404, {"message": "404 Group Not Found"})
        return self._listed(call, rows)

    def _listed(self, call: Call, repos: Sequence[Repo]) -> Answer:
        if unknown := set(call.query) - _LIST:
            raise Refused(400, {"error": f"unknown: {sorted(unknown)}"})
        if call.query.get("pagination") == "keyset":
            return self._keyset(call, repos)
        part, number, pages = page(call, [self.payload(one) for one in repos], default=20)
        headers = {"X-Page": str(number), "X-Next-Page": str(number + 1) if number < pages else ""}
        return Answer(200, part, headers)

    def _keyset(self, call: Call, repos: Sequence[Repo]) -> Answer:
        if (call.query.get("order_by"), call.query.get("sort", "desc")) != ("id", "asc"):
            raise Refused(405, {"error": "Keyset pagination is not yet available for this type"})
        size = min(int(call.query.get("per_page", "20")), 100)
        rest = [one for one in repos if one.id > int(call.query.get("id_after", "0"))]
        headers = {}
        if len(rest) > size:
            kept = {**call.query, "id_after": str(rest[size - 1].id)}
            text = "&".join(f"{key}={value}" for key, value in kept.items())
            headers["Link"] = f'<{self.url}{call.path}?{text}>; rel="next"'
        return Answer(200, [self.payload(one) for one in rest[:size]], headers)

    def _show(self, call: Call, key: str) -> Answer:
        return Answer(200, self.payload(self._project(key)))

    def _status(self, call: Call, key: str, sha: str) -> Answer:
        repo = self._project(key)
        body = _fits(call, _STATUS, "state")
        if body["state"] not in _STATES:
            raise Refused(400, {"error": "state does not have a valid value"})
        for name in ("description", "target_url", "name"):
            if len(body.get(name, "")) > 255:
                raise Refused(400, {"message": {name: ["is too long (maximum is 255)"]}})
        row = {"id": next(self._ids), "name": "default", "project": repo.full_name, "sha": sha}
        self.statuses.append(row | body)
        return Answer(201, {**row, "status": body["state"], "target_url": body.get("target_url")})

    def _notes_of(self, call: Call, key: str, number: str) -> Answer:
        repo = self._project(key)
        rows = [
            one
            for one in self.notes.values()
            if one["project"] == repo.full_name and one["number"] == int(number)
        ]
        return Answer(200, page(call, rows, default=20)[0])

    def _note(self, call: Call, key: str, number: str) -> Answer:
        repo = self._project(key)
        body = _fits(call, _NOTE, "body")
        note = next(self._ids)
        row = {"id": note, "project": repo.full_name, "number": int(number), **body}
        self.notes[note] = row
        return Answer(201, row)

    def _renote(self, call: Call, key: str, number: str, note: str) -> Answer:
        repo = self._project(key)
        body = _fits(call, _NOTE, "body")
        row = self.notes.get(int(note))
        if row is None or (row["project"], row["number"]) != (repo.full_name, int(number)):
            raise Refused(404, {"message": "404 Not found"})
        row.update(body)
        return Answer(200, row)


def _fits(call: Call, known: Mapping[str, type], needed: str) -> dict[str, Any]:
    """The body: every parameter documented and of its type. Refuses with 400."""
    try:
        body = json.loads(call.body)
    except ValueError:
        raise Refused(400, {"error": "The request body is no JSON"}) from None
    if not isinstance(body, dict):
        raise Refused(400, {"error": "The request body is no object"})
    wrong = [f"{key} is unknown" for key in body if key not in known]
    wrong += [
        f"{key} is invalid"
        for key, value in body.items()
        if key in known and not isinstance(value, known[key])
    ]
    wrong += [] if needed in body else [f"{needed} is missing"]
    if wrong:
        raise Refused(400, {"error": ", ".join(wrong)})
    return body
