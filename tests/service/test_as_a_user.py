"""A running service as people meet it: signing in by a provider, a digest, and its limits."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.gitrepo import make_repository
from tests.helpers import PATIENCE_SECONDS, github_token
from tests.service.fakeforge import FakeGitea, Receiver
from tests.service.hooks import payloads
from tests.service.play import Play
from tests.service.test_end_to_end import World, until
from tests.service.web.provider import CLIENT, SECRET, running
from tests.tokens import slack_bot

Start = Callable[..., World]
"""Settings in, a world with a Forgejo out."""


@pytest.fixture
def world(tmp_path: Path, cache_dir: Path) -> Iterator[Start]:
    made: list[World] = []

    def start(**settings: str) -> World:
        work = make_repository(tmp_path / "work")
        work.commit("first", {"README.md": "An app.\n"})
        forge, slack = FakeGitea(tmp_path / "forge"), Receiver()
        repo = forge.add_repository("acme/app", source=work.path)
        more = {f"LEAKGUARD_{name.upper()}": value for name, value in settings.items()}
        play = Play(tmp_path, more={"LEAKGUARD_CACHE_DIR": str(cache_dir), **more})
        made.append(World(play, forge, slack, work, repo))
        play.serve()
        return made[-1]

    yield start
    for one in made:
        one.play.stop()
        one.forge.close()
        one.slack.close()


def test_invited_person_signs_in_by_the_provider_and_others_do_not(world: Start) -> None:
    with running() as provider:
        at = world(oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
        at.play.api("POST", "/users", {"login": "mara@corp.example", "role": "triager"})
        with httpx2.Client(base_url=at.play.url, timeout=PATIENCE_SECONDS) as browser:
            assert "/sign-in/oidc" in browser.get("/sign-in").text
            where = browser.get("/sign-in/oidc?next=/findings").headers["location"]
            answer = browser.get(provider.agree(where))
            assert (answer.status_code, answer.headers["location"]) == (303, "/findings")
            assert "mara@corp.example" in browser.get("/findings").text
            assert browser.get("/settings/people").status_code == 403
        provider.claims = {"sub": "subject-2", "email": "eve@corp.example"}
        with httpx2.Client(base_url=at.play.url, timeout=PATIENCE_SECONDS) as browser:
            where = browser.get("/sign-in/oidc").headers["location"]
            assert browser.get(provider.agree(where)).status_code == 403
            assert browser.get("/findings").status_code == 303
    assert "Traceback" not in at.play.log()


def _connect(at: World) -> None:
    """With a backfill, and a channel for Slack."""
    made: Any = at.play.api(
        "POST",
        "/connections",
        {
            "forge": "gitea",
            "name": "the forge",
            "web_url": at.forge.web_url,
            "api_url": at.forge.api_url,
            "access": {"token": at.forge.token},
        },
    )
    at.hook, at.secret = made["connection"]["hook_path"], made["secret"]
    config = {"webhook_url": f"{at.slack.url}/hook"}
    at.play.api("POST", "/channels", {"kind": "slack", "name": "alerts", "config": config})


def _push(at: World, files: dict[str, str | bytes]) -> None:
    before, after = at.push("add", files)
    named = payloads.Repo(at.repo.id, at.repo.full_name)
    at.deliver(payloads.gitea_push(named, "refs/heads/work", before, after))


def test_history_is_told_in_one_digest(world: Start) -> None:
    at = world()
    tokens = [slack_bot(1), slack_bot(2), github_token(3)]
    at.work.commit("long ago", {f"old{n}.env": f"TOKEN={one}\n" for n, one in enumerate(tokens)})
    at.work.git("push", "-q", str(at.repo.bare), "HEAD:refs/heads/main")
    _connect(at)

    _push(at, {"b": "clean\n"})

    until(lambda: len(at.findings("historical=true")) == 3)
    (post,) = until(lambda: at.slack.posts)
    told = post.body.decode()
    assert "3 leaks in the history of acme/app" in told
    assert "historical=true" in told
    assert not [token for token in tokens if token in told + at.play.log()]


def test_repository_that_is_too_large_is_said_to_be(world: Start) -> None:
    at = world(repository_bytes="400000", fetch_blob_mb="1")
    _connect(at)

    _push(at, {f"large{n}.bin": os.urandom(300_000) for n in range(3)})

    def failed() -> list[dict[str, Any]]:
        answer: Any = at.play.api("GET", "/repositories")
        return [one for one in answer["items"] if one["error"]]

    (row,) = until(failed, 3 * PATIENCE_SECONDS)
    assert "LEAKGUARD_REPOSITORY_BYTES" in row["error"]
    assert "Traceback" not in at.play.log()


def test_more_requests_than_allowed_are_refused_with_a_time(world: Start) -> None:
    at = world(requests_per_minute="5")
    headers = {"Authorization": f"Bearer {at.play.token()}"}

    with httpx2.Client(base_url=at.play.url, headers=headers, timeout=PATIENCE_SECONDS) as client:
        answers = [client.get("/api/v1/me") for _ in range(8)]

    codes = [answer.status_code for answer in answers]
    assert codes[0] == 200
    assert codes[-1] == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].headers["content-type"].startswith("application/problem+json")
