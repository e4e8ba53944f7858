"""Deliveries as fast as one client can: none lost, none doubled, each answered at once.

`python -m tests.service.speed` sends 500 and says how long the slowest hundredth takes: that is for
a machine that does nothing else. Here other tests run beside it.
"""

import http.client
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from leakguard_service import run
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Repository
from leakguard_service.db.work_tables import Delivery, Job
from tests.service.conftest import add_connection, add_tenant
from tests.service.hooks import payloads
from tests.service.play import Play

DELIVERIES = 100
REPOSITORIES = 50
AGAIN = 20
"""Delivered a second time, as a forge does by request."""
FORGE_SECONDS = 10.0
"""What GitHub waits for an answer."""


def connected(folder: Path, url: str) -> Play:
    """A service that is not started yet, with one GitHub connection."""
    play = Play(folder, url, {"LEAKGUARD_DELIVERIES_PER_MINUTE": "100000"})
    service = run.build(play.settings())
    add_connection(service, add_tenant(service))
    service.db.close()
    return play


@pytest.fixture(params=["sqlite", "postgresql"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Play]:
    """A service whose jobs nobody does."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    if url:
        empty(url)
    play = connected(tmp_path, url)
    yield play
    play.stop()


def empty(url: str) -> None:
    """Takes everything out of a PostgreSQL database."""
    db = Database(url)
    with db.engine.begin() as connection:
        for schema in ("public", "dbos"):
            connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    db.close()


def deliveries(count: int) -> list[tuple[bytes, dict[str, str]]]:
    """Body and headers of each; the last ones are copies of the first."""
    made = []
    for number in range(count):
        repo = payloads.Repo(number % REPOSITORIES + 1, f"acme/app{number % REPOSITORIES}")
        before, after = payloads.sha(f"{number - REPOSITORIES}"), payloads.sha(f"{number}")
        content = payloads.body(payloads.github_push(repo, "refs/heads/main", before, after))
        made.append((content, payloads.signed("github", payloads.SECRET, content)))
    return made + made[:AGAIN]


def flood(play: Play, count: int) -> tuple[Counter[int], list[float]]:
    """Sends all, one after the other; the answers by status, and the seconds of each, sorted."""
    client = http.client.HTTPConnection("127.0.0.1", play.port, timeout=30)
    seconds, answers = [], Counter[int]()
    for content, headers in deliveries(count):
        begun = time.perf_counter()
        client.request("POST", "/hooks/github", content, headers)
        answer = client.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - begun)
        answers[answer.status] += 1
    client.close()
    return answers, sorted(seconds)


def stored(play: Play) -> tuple[int, int, int, int]:
    """Deliveries, the same with their copies, pushes to scan, repositories."""
    db = Database(play.settings().url())
    asked = (
        sa.select(sa.func.count(Delivery.id)),
        sa.select(sa.func.sum(Delivery.copies)),
        sa.select(sa.func.count(Job.id)).where(Job.kind == "push"),
        sa.select(sa.func.count(Repository.id)),
    )
    with db.read() as session:
        deliveries, copies, pushes, repositories = (session.scalar(one) or 0 for one in asked)
    db.close()
    return deliveries, copies, pushes, repositories


def test_a_flood_is_taken_whole(play: Play) -> None:
    play.serve(workers=0)

    answers, seconds = flood(play, DELIVERIES)

    assert answers == {202: DELIVERIES + AGAIN}
    assert seconds[-1] < FORGE_SECONDS
    assert stored(play) == (DELIVERIES, DELIVERIES + AGAIN, DELIVERIES, REPOSITORIES)
