"""Many deliveries at one time, on both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import pytest

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.work_tables import Delivery, Job
from leakguard_service.hooks.events import understand
from leakguard_service.hooks.intake import take
from leakguard_service.hooks.taking import Taken
from leakguard_service.jobs import transact
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.nouns import Event, ForgeKind
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from tests.service.conftest import add_connection, add_tenant, make_service
from tests.service.hooks import payloads
from tests.service.hooks.desk import client, deliver, rows
from tests.service.hooks.payloads import Repo, sha

MANY = 20
Result = TypeVar("Result")


@pytest.fixture
def real(settings: Settings, database: Database) -> Iterator[Service]:
    """A service with the engine that is used outside of tests, on each database."""
    transact.prepare(database)
    engine = DbosEngine(database, settings)
    yield replace(make_service(settings, database), jobs=engine)
    engine.stop()


def at_once(calls: list[Callable[[], Result]]) -> list[Result]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def push(ref: str = "main", repo: int = 1, after: str = "b") -> Event:
    payload = payloads.github_push(Repo(repo), f"refs/heads/{ref}", sha("a"), sha(after))
    return understand(ForgeKind.GITHUB, {"X-GitHub-Event": "push"}, payload)


def test_one_delivery_many_times_is_one_job(real: Service) -> None:
    connection = add_connection(real, add_tenant(real))

    def deliver_it() -> Taken:
        return take(real, connection, push(), "one", 100)

    taken = at_once([deliver_it] * MANY)

    assert sum(one.fresh for one in taken) == 1
    assert len({one.delivery for one in taken}) == 1
    assert sorted(job.kind for job in rows(real, Job)) == ["backfill", "push"]
    (delivery,) = rows(real, Delivery)
    assert delivery.copies == MANY
    assert len(rows(real, Repository)) == 1


def test_many_hooks_for_one_push_are_one_job(real: Service) -> None:
    connection = add_connection(real, add_tenant(real))

    def one(number: int) -> Callable[[], Taken]:
        return lambda: take(real, connection, push(), f"id-{number}", 100)

    taken = at_once([one(number) for number in range(MANY)])

    assert all(one.fresh for one in taken)
    assert len(rows(real, Delivery)) == MANY
    assert sorted(job.kind for job in rows(real, Job)) == ["backfill", "push"]


def test_deliveries_do_not_block_each_other(real: Service) -> None:
    """Refs of few repositories and installations that list them, in every order."""
    connection = add_connection(real, add_tenant(real))
    repos = [Repo(number, f"acme/r{number}") for number in range(1, 5)]

    def one(number: int) -> Callable[[], Taken]:
        if number % 4:
            event = push(f"b{number}", repo=number % 3 + 1)
        else:
            order = repos[:: -1 if number % 8 else 1]
            listed = payloads.github_installation(9, repos=order)
            event = understand(ForgeKind.GITHUB, {"X-GitHub-Event": "installation"}, listed)
        return lambda: take(real, connection, event, f"id-{number}", 100)

    taken = at_once([one(number) for number in range(MANY)])

    assert {one.state for one in taken} == {"queued"}
    kinds = [job.kind for job in rows(real, Job)]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "push": 15,
        "inventory": 5,
        "backfill": 4,
    }


def test_the_same_through_http(real: Service) -> None:
    add_connection(real, add_tenant(real))
    payload = payloads.github_push(Repo(), "refs/heads/main", sha("a"), sha("b"))
    with client(real) as to:
        answers = at_once([lambda: deliver(to, payload, delivery="one")] * MANY)

    assert {answer.status_code for answer in answers} == {202}
    assert sorted(job.kind for job in rows(real, Job)) == ["backfill", "push"]
    assert rows(real, Connection)[0].delivered_at is not None


def test_addresses_that_no_database_takes(real: Service) -> None:
    add_connection(real, add_tenant(real))
    to = client(real)

    for hook in ("%00", "%ED%A0%80", "x" * 10_000):
        assert deliver(to, payloads.github_ping(), event="ping", hook=hook).status_code == 401


def test_the_same_number_at_two_connections_is_two_repositories(real: Service) -> None:
    tenant = add_tenant(real)
    first = add_connection(real, tenant)
    with real.db.write() as session:
        session.get_one(Connection, first).hook = "first"
    second = add_connection(real, tenant)

    take(real, first, push(), "one", 100)
    gone = payloads.github_repository_event(Repo(), "deleted")
    event = understand(ForgeKind.GITHUB, {"X-GitHub-Event": "repository"}, gone)
    take(real, second, event, "two", 100)

    assert [(row.connection_id, row.enabled) for row in rows(real, Repository)] == [(first, True)]
