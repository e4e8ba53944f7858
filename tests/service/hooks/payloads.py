"""Deliveries as the forges send them, for all tests: payloads, and headers that sign them."""

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ZEROS = "0" * 40
SECRET = "hook-words"  # noqa: S105 - of the connections that conftest.py makes
_COUNT = itertools.count(1)


@dataclass(frozen=True)
class Repo:
    """A repository at a forge."""

    id: int = 1
    full_name: str = "acme/app"
    default_branch: str = "main"
    private: bool = True
    archived: bool = False

    @property
    def name(self) -> str:
        return self.full_name.rpartition("/")[2]

    @property
    def owner(self) -> str:
        return self.full_name.rpartition("/")[0]


def sha(word: str) -> str:
    """An object id that is the same for the same word."""
    return hashlib.sha1(word.encode()).hexdigest()  # noqa: S324 - git's own ids


def body(payload: Any) -> bytes:
    """The bytes that are sent."""
    return json.dumps(payload).encode()


# --- GitHub


def github_repository(repo: Repo) -> dict[str, Any]:
    url = f"https://api.github.com/repos/{repo.full_name}"
    return {
        "id": repo.id,
        "node_id": f"R_{repo.id}",
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": github_user(repo.owner),
        "html_url": f"https://github.com/{repo.full_name}",
        "url": url,
        "fork": False,
        "clone_url": f"https://github.com/{repo.full_name}.git",
        "default_branch": repo.default_branch,
        "archived": repo.archived,
        "disabled": False,
        "visibility": "private" if repo.private else "public",
    }


def github_short(repo: Repo) -> dict[str, Any]:
    """A repository in an installation's list."""
    return {
        "id": repo.id,
        "node_id": f"R_{repo.id}",
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }


def github_user(login: str) -> dict[str, Any]:
    return {
        "login": login,
        "id": 7,
        "node_id": "U_7",
        "html_url": f"https://github.com/{login}",
        "type": "User",
        "site_admin": False,
    }


def github_push(
    repo: Repo,
    ref: str,
    before: str,
    after: str,
    *,
    forced: bool = False,
    sender: str = "alice",
    installation: int = 0,
    commits: int = 1,
) -> dict[str, Any]:
    """`before` or `after` empty for a ref that was made or deleted."""
    listed = [_commit(after, number) for number in range(commits if after else 0)]
    return _installed(
        {
            "ref": ref,
            "before": before or ZEROS,
            "after": after or ZEROS,
            "repository": github_repository(repo),
            "pusher": {"name": sender, "email": f"{sender}@corp.net"},
            "sender": github_user(sender),
            "created": not before,
            "deleted": not after,
            "forced": forced,
            "base_ref": None,
            "compare": f"https://github.com/{repo.full_name}/compare/{before}...{after}",
            "commits": listed,
            "head_commit": listed[-1] if listed else None,
        },
        installation,
    )


def _commit(after: str, number: int) -> dict[str, Any]:
    who = {"name": "Alice", "email": "alice@corp.net", "username": "alice"}
    return {
        "id": after if number == 0 else sha(f"{after}{number}"),
        "tree_id": sha("tree"),
        "distinct": True,
        "message": "Add settings",
        "timestamp": "2026-11-22T10:00:00+01:00",
        "url": f"https://github.com/acme/app/commit/{after}",
        "author": who,
        "committer": who,
        "added": ["settings.py"],
        "removed": [],
        "modified": [],
    }


def _installed(payload: dict[str, Any], installation: int) -> dict[str, Any]:
    if installation:
        payload["installation"] = {"id": installation, "node_id": f"I_{installation}"}
    return payload


def github_ping(repo: Repo | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = {"zen": "Keep it logically awesome.", "hook_id": 30}
    return payload | ({"repository": github_repository(repo)} if repo else {})


def github_pull_request(
    repo: Repo, number: int, after: str, *, action: str = "opened", before: str = ""
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "action": action,
        "number": number,
        "pull_request": {
            "id": 1000 + number,
            "number": number,
            "state": "open",
            "title": "Settings",
            "head": {"ref": "settings", "sha": after, "label": "acme:settings"},
            "base": {"ref": repo.default_branch, "sha": sha("base"), "label": "acme:main"},
        },
        "repository": github_repository(repo),
        "sender": github_user("alice"),
    }
    return payload | ({"before": before, "after": after} if before else {})


def github_installation(
    installation: int, action: str = "created", repos: Sequence[Repo] = ()
) -> dict[str, Any]:
    return {
        "action": action,
        "installation": _installation(installation),
        "repositories": [github_short(repo) for repo in repos],
        "sender": github_user("alice"),
    }


def github_installation_repositories(
    installation: int, *, added: Sequence[Repo] = (), removed: Sequence[Repo] = ()
) -> dict[str, Any]:
    return {
        "action": "added" if added else "removed",
        "installation": _installation(installation),
        "repository_selection": "selected",
        "repositories_added": [github_short(repo) for repo in added],
        "repositories_removed": [github_short(repo) for repo in removed],
        "requester": None,
        "sender": github_user("alice"),
    }


def _installation(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "account": github_user("acme"),
        "app_id": 3,
        "target_id": 7,
        "target_type": "Organization",
        "repository_selection": "selected",
        "events": ["push"],
    }


def github_repository_event(repo: Repo, action: str, *, installation: int = 0) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "action": action,
        "repository": github_repository(repo),
        "sender": github_user("alice"),
    }
    if action == "renamed":
        payload["changes"] = {"repository": {"name": {"from": "old"}}}
    return _installed(payload, installation)


def github_check_run(
    repo: Repo,
    head_sha: str,
    *,
    action: str = "rerequested",
    button: str = "",
    external_id: str = "",
    branch: str | None = "main",
    sender: str = "alice",
) -> dict[str, Any]:
    """With a `button`, what GitHub sends when somebody presses it."""
    payload: dict[str, Any] = {
        "action": "requested_action" if button else action,
        "check_run": {
            "id": 555,
            "name": "leakguard",
            "node_id": "CR_555",
            "head_sha": head_sha,
            "external_id": external_id,
            "status": "completed",
            "conclusion": "failure",
            "pull_requests": [],
            "check_suite": {"id": 66, "head_branch": branch, "head_sha": head_sha},
        },
        "repository": github_repository(repo),
        "sender": github_user(sender),
    }
    return payload | ({"requested_action": {"identifier": button}} if button else {})


def github_check_suite(
    repo: Repo, head_sha: str, *, action: str = "rerequested", branch: str | None = "main"
) -> dict[str, Any]:
    return {
        "action": action,
        "check_suite": {
            "id": 66,
            "head_branch": branch,
            "head_sha": head_sha,
            "before": sha("before"),
            "after": head_sha,
            "status": "queued",
            "conclusion": None,
            "pull_requests": [],
        },
        "repository": github_repository(repo),
        "sender": github_user("alice"),
    }


# --- GitLab


def gitlab_project(repo: Repo) -> dict[str, Any]:
    return {
        "id": repo.id,
        "name": repo.name,
        "web_url": f"https://gitlab.com/{repo.full_name}",
        "git_http_url": f"https://gitlab.com/{repo.full_name}.git",
        "namespace": repo.owner,
        "visibility_level": 0 if repo.private else 20,
        "path_with_namespace": repo.full_name,
        "default_branch": repo.default_branch,
    }


def gitlab_push(
    repo: Repo, ref: str, before: str, after: str, *, sender: str = "alice"
) -> dict[str, Any]:
    """Of a branch, or of a tag when the ref is one; also what a server's own hook sends."""
    kind = "tag_push" if ref.startswith("refs/tags/") else "push"
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": before or ZEROS,
        "after": after or ZEROS,
        "ref": ref,
        "checkout_sha": after or None,
        "user_id": 4,
        "user_name": sender.title(),
        "user_username": sender,
        "project_id": repo.id,
        "project": gitlab_project(repo),
        "commits": [],
        "total_commits_count": 1,
    }


def gitlab_update(repo: Repo, changes: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """`repository_update` of a server's own hook; `changes` are ref, before, after."""
    return {
        "event_name": "repository_update",
        "user_id": 4,
        "user_name": "Alice",
        "project_id": repo.id,
        "project": gitlab_project(repo),
        "changes": [
            {"ref": ref, "before": before or ZEROS, "after": after or ZEROS}
            for ref, before, after in changes
        ],
        "refs": [ref for ref, _, _ in changes],
    }


def gitlab_merge_request(
    repo: Repo, number: int, after: str, *, action: str = "open", before: str = ""
) -> dict[str, Any]:
    attributes = {
        "id": 1000 + number,
        "iid": number,
        "action": action,
        "source_branch": "settings",
        "target_branch": repo.default_branch,
        "last_commit": {"id": after, "message": "Add settings"},
    }
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": {"id": 4, "name": "Alice", "username": "alice"},
        "project": gitlab_project(repo),
        "object_attributes": attributes | ({"oldrev": before} if before else {}),
    }


def gitlab_project_event(repo: Repo, event: str) -> dict[str, Any]:
    """`project_rename` and its like, of a server's own hook."""
    return {
        "event_name": event,
        "name": repo.name,
        "path": repo.name,
        "path_with_namespace": repo.full_name,
        "project_id": repo.id,
        "owner_name": "Alice",
        "project_visibility": "private" if repo.private else "public",
    }


# --- Gitea and Forgejo


def gitea_repository(repo: Repo) -> dict[str, Any]:
    return {
        "id": repo.id,
        "owner": {"id": 2, "login": repo.owner, "username": repo.owner},
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "fork": False,
        "clone_url": f"https://gitea.corp.net/{repo.full_name}.git",
        "default_branch": repo.default_branch,
        "archived": repo.archived,
    }


def _gitea_user(login: str) -> dict[str, Any]:
    return {"id": 2, "login": login, "full_name": login.title(), "username": login}


def gitea_push(
    repo: Repo, ref: str, before: str, after: str, *, sender: str = "alice", secret: str = ""
) -> dict[str, Any]:
    """With a `secret`, as versions before 1.14 repeat it."""
    payload: dict[str, Any] = {
        "ref": ref,
        "before": before or ZEROS,
        "after": after or ZEROS,
        "compare_url": "",
        "commits": [],
        "total_commits": 1,
        "head_commit": None,
        "repository": gitea_repository(repo),
        "pusher": _gitea_user(sender),
        "sender": _gitea_user(sender),
    }
    return payload | ({"secret": secret} if secret else {})


def gitea_ref(repo: Repo, short: str, after: str = "", kind: str = "branch") -> dict[str, Any]:
    """`create`, or `delete` without `after`."""
    payload: dict[str, Any] = {
        "ref": short,
        "ref_type": kind,
        "repository": gitea_repository(repo),
        "sender": _gitea_user("alice"),
    }
    return payload | ({"sha": after} if after else {"pusher_type": "user"})


def gitea_pull_request(
    repo: Repo, number: int, after: str, *, action: str = "opened"
) -> dict[str, Any]:
    return {
        "action": action,
        "number": number,
        "pull_request": {
            "id": 1000 + number,
            "number": number,
            "head": {"label": "settings", "ref": "settings", "sha": after},
            "base": {"label": "main", "ref": repo.default_branch, "sha": sha("base")},
        },
        "repository": gitea_repository(repo),
        "sender": _gitea_user("alice"),
    }


# --- all of them


def push(forge: str, repo: Repo, ref: str, before: str, after: str, **more: Any) -> dict[str, Any]:
    """A push as this forge tells of it."""
    make = {"github": github_push, "gitlab": gitlab_push, "gitea": gitea_push}[forge]
    payload: dict[str, Any] = make(repo, ref, before, after, **more)
    return payload


def signed(
    forge: str,
    secret: str,
    content: bytes,
    *,
    event: str = "",
    delivery: str = "",
    signing: str = "",
    at: float | None = None,
) -> dict[str, str]:
    """The headers of a delivery, with an id of its own unless one is given.

    `event` as the forge's header has it, else that of a push. `signing` is a GitLab signing token:
    the delivery is signed with it at the moment `at` and carries no plain token.
    """
    delivery = delivery or f"{next(_COUNT):08x}-0000-4000-8000-000000000000"
    digest = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    plain = {"Content-Type": "application/json"}
    if forge == "github":
        return plain | {
            "X-GitHub-Event": event or "push",
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": f"sha256={digest}",
        }
    if forge == "gitea":
        return plain | {
            "X-Gitea-Event": event or "push",
            "X-Gitea-Delivery": delivery,
            "X-Gitea-Signature": digest,
            "X-GitHub-Event": event or "push",
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": f"sha256={digest}",
        }
    named = plain | {"X-Gitlab-Event": event or "Push Hook", "Idempotency-Key": delivery}
    if not signing:
        return named | {"X-Gitlab-Token": secret}
    return named | standard(signing, delivery, content, time.time() if at is None else at)


def standard(signing: str, mark: str, content: bytes, at: float) -> dict[str, str]:
    """The headers of the Standard Webhooks signature."""
    key = base64.b64decode(signing.removeprefix("whsec_"))
    message = f"{mark}.{int(at)}.".encode() + content
    digest = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
    return {
        "webhook-id": mark,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": f"v1,{digest}",
    }


def signing_token(word: str = "words") -> str:
    """A GitLab signing token that nobody issued."""
    return "whsec" + "_" + base64.b64encode(hashlib.sha256(word.encode()).digest()).decode()
