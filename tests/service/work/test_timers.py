"""What is due is queued once, however many processes look."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import AuditEntry, Base, Channel, Finding, Repository, WebSession
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Delivery, Job, Notification
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.work import retention
from leakguard_service.work.timers import Timers, tick
from tests.service.conftest import add_connection, add_repository, add_tenant, make_service

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def both(settings: Settings, database: Database) -> Service:
    return make_service(settings, database)


def jobs(service: Service, kind: str) -> list[str]:
    with service.db.read() as session:
        return sorted(session.scalars(sa.select(Job.id).where(Job.kind == kind)))


def change(service: Service, model: type[Base], key: object, **values: object) -> None:
    with service.db.write() as session:
        row = session.get_one(model, key)
        for name, value in values.items():
            setattr(row, name, value)


def repository(service: Service) -> int:
    return add_repository(service, add_connection(service, add_tenant(service)))


def test_reconciliations_are_queued_once(both: Service) -> None:
    number = repository(both)
    for _ in range(3):
        assert tick(both, AT) == {}
    assert len(jobs(both, "reconcile")) == 1
    with both.db.write() as session:
        session.execute(sa.update(Job).values(state="failed", created_at=AT))
    tick(both, AT + timedelta(seconds=5))
    with both.db.read() as session:
        assert session.scalars(sa.select(Job.state)).all() == ["failed"]

    change(both, Repository, number, reconciled_at=AT)
    tick(both, AT + timedelta(seconds=899))
    assert len(jobs(both, "reconcile")) == 1
    tick(both, AT + timedelta(seconds=901))
    assert len(jobs(both, "reconcile")) == 2


def test_scans_are_queued_at_their_time(both: Service) -> None:
    number = repository(both)
    change(both, Repository, number, scan_every_hours=24, next_scan_at=AT)
    tick(both, AT - timedelta(seconds=1))
    assert not jobs(both, "backfill")
    for _ in range(2):
        tick(both, AT)
    assert jobs(both, "backfill") == [f"backfill:{number}:at{int(AT.timestamp())}"]
    with both.db.read() as session:
        assert session.get_one(Repository, number).next_scan_at == AT + timedelta(hours=24)


def test_dismissals_end(both: Service) -> None:
    tenant_id = add_tenant(both)
    with both.db.write() as session:
        session.add(
            Finding(
                tenant_id=tenant_id,
                identity="1",
                rule_id="r",
                name="n",
                kind="secret",
                severity=1,
                confidence=1,
                preview="",
                state="dismissed",
                resolution="wont_fix",
                until=AT,
                closed_at=AT,
            )
        )
    tick(both, AT)
    with both.db.read() as session:
        assert session.scalars(sa.select(Finding.state)).one() == "open"
        assert session.scalars(sa.select(AuditEntry.actor_kind)).one() == "system"


def test_old_rows_go_and_what_waits_stays(both: Service) -> None:
    number = repository(both)
    old = now() - timedelta(days=200)
    with both.db.write() as session:
        tenant_id = session.get_one(Repository, number).tenant_id
        connection_id = session.get_one(Repository, number).connection_id
        for name in ("old", "waits"):
            delivery = Delivery(
                tenant_id=tenant_id,
                connection_id=connection_id,
                delivery_id=name,
                event="push",
                size=1,
                received_at=old,
            )
            session.add(delivery)
            session.flush()
            session.add(
                Job(
                    id=name,
                    tenant_id=tenant_id,
                    kind="push",
                    delivery_id=delivery.id,
                    state="queued" if name == "waits" else "done",
                    created_at=old,
                )
            )
        session.add(WebSession(hash="h", tenant_id=tenant_id, expires_at=old))
    assert retention.clean(both, now()) == 3
    with both.db.read() as session:
        assert session.scalars(sa.select(Delivery.delivery_id)).all() == ["waits"]
        assert session.scalars(sa.select(Job.id)).all() == ["waits"]


def test_a_database_that_is_away_stops_no_timer(service: Service) -> None:
    repository(service)
    with service.db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE job RENAME TO job_away"))
    assert "reconciliations" in tick(service, AT)
    timers = Timers(service, 0.02)
    timers.start()
    time.sleep(0.1)
    with service.db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE job_away RENAME TO job"))
    end = time.monotonic() + 20
    while not jobs(service, "reconcile") and time.monotonic() < end:
        time.sleep(0.05)
    timers.stop()
    assert jobs(service, "reconcile")
    assert "timers" not in {thread.name for thread in threading.enumerate()}


def test_messages_that_were_left_are_unknown(both: Service) -> None:
    tenant_id = add_tenant(both)
    with both.db.write() as session:
        channel = Channel(tenant_id=tenant_id, kind="webhook", name="w", config="")
        session.add(channel)
        session.flush()
        for name, left in (("a", timedelta(hours=1)), ("b", timedelta(0))):
            session.add(
                Notification(
                    tenant_id=tenant_id,
                    channel_id=channel.id,
                    cause=name,
                    change="created",
                    state="sending",
                    not_before=AT - left,
                )
            )
    tick(both, AT)
    with both.db.read() as session:
        states = session.scalars(sa.select(Notification.state).order_by(Notification.cause)).all()
    assert states == ["unknown", "sending"]
