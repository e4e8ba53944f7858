"""The whole way, with real processes: a push with a token, what everybody is told, and the end.

The forge is a real git server over http with a real repository, and its REST API checked against
the published schemas (see fakeforge.py).
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.gitrepo import GitRepo, make_repository
from tests.helpers import PATIENCE_SECONDS, github_token
from tests.service.fakeforge import FakeGitea, FakeGitHub, FakeGitLab, Receiver, Repo
from tests.service.hooks import payloads
from tests.service.play import Play
from tests.tokens import slack_bot


@dataclass
class World:
    """A service, a forge, a repository, and somewhere to be told."""

    play: Play
    forge: Any
    slack: Receiver
    work: GitRepo
    repo: Repo
    hook: str = ""
    secret: str = ""

    def connect(self, access: dict[str, object]) -> None:
        made: Any = self.play.api(
            "POST",
            "/connections",
            {
                "forge": self.forge.kind,
                "name": "the forge",
                "web_url": self.forge.web_url,
                "api_url": self.forge.api_url,
                "access": access,
                "settings": {"backfill": False},
            },
        )
        self.hook, self.secret = made["connection"]["hook_path"], made["secret"]
        config = {"webhook_url": f"{self.slack.url}/hook"}
        self.play.api("POST", "/channels", {"kind": "slack", "name": "alerts", "config": config})

    def push(self, message: str, files: dict[str, str | bytes]) -> tuple[str, str]:
        """Commits and pushes to the forge; the ids before and after."""
        before = self.work.head()
        after = self.work.commit(message, files)
        self.work.git("push", "-q", str(self.repo.bare), "HEAD:refs/heads/work")
        return before, after

    def deliver(self, payload: dict[str, Any], event: str = "") -> None:
        content = payloads.body(payload)
        headers = payloads.signed(self.forge.kind, self.secret, content, event=event)
        status, text = self.play.ask("POST", self.hook, content, headers)
        assert status == 202, text

    def findings(self, query: str = "") -> list[dict[str, Any]]:
        answer: Any = self.play.api("GET", f"/findings?{query}")
        items: list[dict[str, Any]] = answer["items"]
        return items


def until(ready: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """What `ready` gives, as soon as it gives anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


def pages(play: Play, *paths: str) -> list[str]:
    """These pages, as the admin sees them who signs in with the token of the first start."""
    with httpx2.Client(base_url=play.url, timeout=PATIENCE_SECONDS) as client:
        form = re.search(r'name="form_token" value="(\w+)"', client.get("/sign-in").text)
        fields = {"form_token": form[1] if form else "", "token": play.token()}
        client.post("/sign-in", data=fields, headers={"Origin": play.url})
        answers = [client.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    return [answer.text for answer in answers]


@pytest.fixture
def world(tmp_path: Path, cache_dir: Path) -> Iterator[Callable[[type[Any]], World]]:
    """Makes a world with a forge of this class."""
    made: list[World] = []

    def make(kind: type[Any]) -> World:
        work = make_repository(tmp_path / "work")
        work.commit("first", {"README.md": "An app.\n"})
        forge, slack = kind(tmp_path / "forge"), Receiver()
        repo = forge.add_repository("acme/app", source=work.path)
        play = Play(tmp_path, more={"LEAKGUARD_CACHE_DIR": str(cache_dir)})
        made.append(World(play, forge, slack, work, repo))
        play.serve()
        return made[-1]

    yield make
    for world in made:
        world.play.stop()
        world.forge.close()
        world.slack.close()


def test_github_from_push_to_resolved(world: Callable[[type[Any]], World]) -> None:
    at = world(FakeGitHub)
    at.connect({"app_id": str(at.forge.app_id), "private_key": at.forge.private_key})
    token = slack_bot(11)
    before, after = at.push("add", {"src/conf.py": f"a = 1\nb = 2\nSLACK_TOKEN = '{token}'\n"})
    named = payloads.Repo(at.repo.id, at.repo.full_name)

    at.deliver(payloads.github_push(named, "refs/heads/work", before, after, installation=1))

    run = until(lambda: [r for r in at.forge.check_runs.values() if r.get("conclusion")])[0]
    assert (run["head_sha"], run["conclusion"]) == (after, "failure")
    (mark,) = run["output"]["annotations"]
    assert (mark["path"], mark["start_line"], mark["end_line"]) == ("src/conf.py", 3, 3)
    (finding,) = at.findings()
    assert finding["state"] == "open"
    assert finding["rule"] == "slack-bot-token"
    post = until(lambda: at.slack.posts)[0]
    assert f"/findings/{finding['id']}" in post.body.decode()
    shown = pages(at.play, "/findings", f"/findings/{finding['id']}")
    assert all("Slack bot token" in text and "src/conf.py:3" in text for text in shown)
    for text in (post.body.decode(), str(run), str(finding), at.play.log(), *shown):
        assert token not in text

    # The fix: the check of the new commit is green, the finding stays until the token is revoked.
    before, fixed = at.push("fix", {"src/conf.py": "a = 1\n"})
    at.deliver(payloads.github_push(named, "refs/heads/work", before, fixed, installation=1))
    until(lambda: [r for r in at.forge.check_runs.values() if r["head_sha"] == fixed])
    until(lambda: at.forge.run_for(fixed).get("conclusion") == "success")
    assert at.findings()[0]["state"] == "open"

    at.play.api(
        "POST",
        f"/findings/{finding['id']}/actions",
        {"action": "resolve", "resolution": "revoked", "comment": "revoked at GitHub"},
    )
    assert at.findings("state=resolved")[0]["resolution"] == "revoked"
    until(lambda: at.forge.run_for(after).get("conclusion") == "success")
    assert "Revoked" in pages(at.play, f"/findings/{finding['id']}")[0]


def test_gitlab_push(world: Callable[[type[Any]], World]) -> None:
    at = world(FakeGitLab)
    at.connect({"token": at.forge.token})
    before, after = at.push("add", {"conf.py": f"key = '{github_token(12)}'\n"})
    named = payloads.Repo(at.repo.id, at.repo.full_name)

    at.deliver(payloads.gitlab_push(named, "refs/heads/work", before, after))

    until(lambda: at.findings())
    until(lambda: at.slack.posts)
    status = until(lambda: [s for s in at.forge.statuses if s["state"] == "failed"])[0]
    assert after in str(status)


def test_forgejo_push(world: Callable[[type[Any]], World]) -> None:
    at = world(FakeGitea)
    at.connect({"token": at.forge.token})
    before, after = at.push("add", {"conf.py": f"key = '{github_token(13)}'\n"})
    named = payloads.Repo(at.repo.id, at.repo.full_name)

    at.deliver(payloads.gitea_push(named, "refs/heads/work", before, after))

    until(lambda: at.findings())
    until(lambda: at.slack.posts)
    status = until(lambda: [s for s in at.forge.statuses if s["state"] == "failure"])[0]
    assert after in str(status)
