"""What a fake GitHub is told of commits and pull requests: half of FakeGitHub."""

import base64
import gzip
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.service.forges.schemas import problems
from tests.service.forges.server import Answer, Call, Forge, Refused, Repo, Route, page

REPO = r"/repos/([^/]+/[^/]+)"
_CREATED = ("ReposOwnerRepoCheckRunsPostBodyOneof0", "ReposOwnerRepoCheckRunsPostBodyOneof1")
_CHANGED = (
    "ReposOwnerRepoCheckRunsCheckRunIdPatchBodyAnyof0",
    "ReposOwnerRepoCheckRunsCheckRunIdPatchBodyAnyof1",
)


class Told(Forge):
    """Checks, statuses, comments, issues, code scanning."""

    app_id = 4711

    def __init__(self, folder: Path, token: str = "") -> None:
        self.check_runs: dict[int, dict[str, Any]] = {}
        """By id. `output.annotations` are all that were sent so far."""
        self.statuses: list[dict[str, Any]] = []
        self.comments: dict[int, dict[str, Any]] = {}
        """By id, with `number` of the issue or pull request and `repo`."""
        self.issues: dict[int, dict[str, Any]] = {}
        """By number."""
        self.sarifs: list[dict[str, Any]] = []
        """Bodies; `log` is the SARIF log, unpacked."""
        self._ids = itertools.count(50_001)
        super().__init__(folder, token)

    def run_for(self, sha: str) -> dict[str, Any]:
        """The only check run of a commit."""
        (run,) = [one for one in self.check_runs.values() if one["head_sha"] == sha]
        return run

    def reached(self, call: Call, name: str, permission: str, *, app: bool = False) -> Repo:
        """The repository, when the request's token may do this with it."""
        raise NotImplementedError

    def told_routes(self) -> Sequence[Route]:
        return [
            ("POST", REPO + "/check-runs", self._create_run),
            ("GET", REPO + "/commits/([^/]+)/check-runs", self._runs_of),
            ("GET", REPO + r"/check-runs/(\d+)", self._show_run),
            ("PATCH", REPO + r"/check-runs/(\d+)", self._change_run),
            ("GET", REPO + r"/check-runs/(\d+)/annotations", self._annotations),
            ("POST", REPO + "/statuses/([0-9a-f]{40,64})", self._status),
            ("GET", REPO + r"/issues/(\d+)/comments", self._comments_of),
            ("POST", REPO + r"/issues/(\d+)/comments", self._comment),
            ("PATCH", REPO + r"/issues/comments/(\d+)", self._recomment),
            ("POST", REPO + "/issues", self._issue),
            ("PATCH", REPO + r"/issues/(\d+)", self._change_issue),
            ("POST", REPO + "/code-scanning/sarifs", self._sarif),
        ]

    def _create_run(self, call: Call, name: str) -> Answer:
        repo = self.reached(call, name, "checks", app=True)
        body = self.fits(call, *_CREATED)
        run: dict[str, Any] = {"id": next(self._ids), "repo": repo.full_name}
        run |= {"app": {"id": self.app_id}} | body
        run["output"] = dict(body.get("output") or {})
        self.check_runs[run["id"]] = run
        return Answer(201, self._run(run))

    def _run(self, run: Mapping[str, Any]) -> dict[str, Any]:
        output = dict(run["output"])
        output["annotations_count"] = len(output.pop("annotations", []))
        address = f"{self.url}/{run['repo']}/runs/{run['id']}"
        shown = {"conclusion": None, "external_id": None, "details_url": None}
        return {**shown, **run, "output": output, "html_url": address}

    def _held(self, repo: Repo, number: str) -> dict[str, Any]:
        run = self.check_runs.get(int(number))
        if run is None or run["repo"] != repo.full_name:
            raise Refused(404, {"message": "Not Found"})
        return run

    def _show_run(self, call: Call, name: str, number: str) -> Answer:
        return Answer(200, self._run(self._held(self.reached(call, name, "checks"), number)))

    def _change_run(self, call: Call, name: str, number: str) -> Answer:
        run = self._held(self.reached(call, name, "checks", app=True), number)
        body = self.fits(call, *_CHANGED)
        old = run["output"].get("annotations", [])
        output = body.pop("output", None) or {}
        run.update(body)
        added = output.pop("annotations", [])
        run["output"] = {**run["output"], **output, "annotations": [*old, *added]}
        return Answer(200, self._run(run))

    def _runs_of(self, call: Call, name: str, sha: str) -> Answer:
        repo = self.reached(call, name, "checks")
        rows = [
            self._run(one)
            for one in self.check_runs.values()
            if one["repo"] == repo.full_name
            and one["head_sha"] == sha
            and call.query.get("check_name", one["name"]) == one["name"]
        ]
        return self.paged(call, rows, "check_runs")

    def _annotations(self, call: Call, name: str, number: str) -> Answer:
        run = self._held(self.reached(call, name, "checks"), number)
        return self.paged(call, run["output"].get("annotations", []))

    def _status(self, call: Call, name: str, sha: str) -> Answer:
        repo = self.reached(call, name, "statuses")
        body = self.fits(call, "ReposOwnerRepoStatusesShaPostBody")
        if len(body.get("description") or "") > 140:
            raise Refused(422, {"message": "description is too long (maximum is 140 characters)"})
        row = {"context": "default", "id": next(self._ids), "repo": repo.full_name, "sha": sha}
        self.statuses.append({**row, **body})
        return Answer(201, self.statuses[-1])

    def _comments_of(self, call: Call, name: str, number: str) -> Answer:
        repo = self.reached(call, name, "pull_requests")
        rows = [
            one
            for one in self.comments.values()
            if one["repo"] == repo.full_name and one["number"] == int(number)
        ]
        return self.paged(call, rows)

    def _comment(self, call: Call, name: str, number: str) -> Answer:
        repo = self.reached(call, name, "pull_requests")
        body = self.fits(call, "ReposOwnerRepoIssuesIssueNumberCommentsPostBody")
        key = next(self._ids)
        row = {"id": key, "repo": repo.full_name, "number": int(number), "body": body["body"]}
        self.comments[key] = row
        return Answer(201, row)

    def _recomment(self, call: Call, name: str, key: str) -> Answer:
        repo = self.reached(call, name, "pull_requests")
        body = self.fits(call, "ReposOwnerRepoIssuesCommentsCommentIdPatchBody")
        row = self.comments.get(int(key))
        if row is None or row["repo"] != repo.full_name:
            raise Refused(404, {"message": "Not Found"})
        row["body"] = body["body"]
        return Answer(200, row)

    def _issue(self, call: Call, name: str) -> Answer:
        repo = self.reached(call, name, "issues")
        body = self.fits(call, "ReposOwnerRepoIssuesPostBody")
        number = len(self.issues) + 1
        address = f"{self.url}/{repo.full_name}/issues/{number}"
        row: dict[str, Any] = {"id": next(self._ids), "number": number, "html_url": address}
        row["state"] = "open"
        self.issues[number] = row | {"repo": repo.full_name} | body
        return Answer(201, self.issues[number])

    def _change_issue(self, call: Call, name: str, number: str) -> Answer:
        self.reached(call, name, "issues")
        body = self.fits(call, "ReposOwnerRepoIssuesIssueNumberPatchBody")
        if int(number) not in self.issues:
            raise Refused(404, {"message": "Not Found"})
        self.issues[int(number)].update(body)
        return Answer(200, self.issues[int(number)])

    def _sarif(self, call: Call, name: str) -> Answer:
        self.reached(call, name, "security_events")
        body = self.fits(call, "ReposOwnerRepoCodeScanningSarifsPostBody")
        packed = base64.b64decode(body["sarif"], validate=True)
        if len(packed) > 10 * 1024 * 1024:
            raise Refused(413, {"message": "Payload Too Large"})
        log = json.loads(gzip.decompress(packed))
        if any("partialFingerprints" not in one for one in log["runs"][0]["results"]):
            raise Refused(400, {"message": "partialFingerprints are missing"})
        self.sarifs.append({**body, "log": log})
        key = f"47177e22-5596-11eb-80a1-c1e54ef945{len(self.sarifs):02}"
        return Answer(202, {"id": key, "url": f"{self.api_url}{call.path}/{key}"})

    def paged(self, call: Call, rows: Sequence[Any], key: str = "") -> Answer:
        part, number, pages = page(call, rows)
        headers = {}
        if number < pages:
            address = f"{self.url}{call.path}?per_page={len(part)}&page={number + 1}"
            headers["Link"] = f'<{address}>; rel="next"'
        if not key:
            return Answer(200, part, headers)
        return Answer(200, {"total_count": len(rows), key: part}, headers)

    def fits(self, call: Call, *models: str, empty: bool = False) -> dict[str, Any]:
        """The body. Refuses with 422 what fits none of the models, with 400 what is no JSON."""
        try:
            body = call.json
        except ValueError:
            raise Refused(400, {"message": "Problems parsing JSON"}) from None
        if body is None and empty:
            return {}
        if wrong := problems(body, *models):
            raise Refused(422, {"message": "Invalid request.", "errors": wrong})
        assert isinstance(body, dict)
        return body
