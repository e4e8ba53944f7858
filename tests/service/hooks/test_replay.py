"""Deliveries that are done again by request."""

import pytest

from leakguard_service.db.tables import AuditEntry
from leakguard_service.db.work_tables import Delivery, Job
from leakguard_service.errors import NotThere
from leakguard_service.hooks.intake import replay
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from tests.service.conftest import add_connection, add_tenant
from tests.service.hooks import payloads
from tests.service.hooks.desk import client, deliver, rows
from tests.service.hooks.payloads import Repo, sha

ADA = Actor("user", "ada", 1, Role.ADMIN)
PUSH = payloads.github_push(Repo(), "refs/heads/main", sha("a"), sha("b"))


@pytest.fixture
def tenant(service: Service) -> int:
    return add_tenant(service)


def once(service: Service, tenant: int, payload: object, event: str) -> int:
    """A delivery whose jobs are done; returns the id of its row."""
    add_connection(service, tenant)
    row: int = deliver(client(service), payload, event=event).json()["delivery"]
    with service.db.write() as session:
        for job in rows(service, Job):
            session.get_one(Job, job.id).state = "done"
    return row


def again(service: Service, tenant: int, row: int) -> bool:
    with service.db.write() as session:
        return replay(service, session, tenant, row, ADA)


def test_a_push_is_done_again(service: Service, tenant: int) -> None:
    row = once(service, tenant, PUSH, "push")

    assert again(service, tenant, row)

    states = {job.kind: job.state for job in rows(service, Job)}
    assert states == {"push": "queued", "backfill": "done"}
    assert rows(service, Delivery)[0].state == "queued"
    (entry,) = rows(service, AuditEntry)
    assert (entry.action, entry.subject, entry.subject_id) == ("delivery.replayed", "delivery", row)
    assert (entry.actor, entry.details["jobs"]) == (
        "ada",
        [job.id for job in rows(service, Job) if job.kind == "push"],
    )


def test_an_installation_is_asked_again(service: Service, tenant: int) -> None:
    row = once(service, tenant, payloads.github_installation(9), "installation")

    assert again(service, tenant, row)
    assert [job.state for job in rows(service, Job)] == ["queued"]


@pytest.mark.parametrize(
    ("event", "payload"), [("ping", payloads.github_ping()), ("star", {"action": "created"})]
)
def test_there_may_be_nothing_to_do(
    service: Service, tenant: int, event: str, payload: object
) -> None:
    row = once(service, tenant, payload, event)

    assert not again(service, tenant, row)
    assert [entry.action for entry in rows(service, AuditEntry)] == ["delivery.replayed"]


def test_another_tenants_delivery_is_not_there(service: Service, tenant: int) -> None:
    row = once(service, tenant, PUSH, "push")
    other = add_tenant(service, "other")

    for number in (row, row + 1):
        with pytest.raises(NotThere):
            again(service, other, number)
    assert [job.state for job in rows(service, Job)] == ["done", "done"]
