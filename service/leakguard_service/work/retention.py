"""Removes what is old: deliveries, jobs, messages, sessions. Findings and the log of deeds stay."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from leakguard_service import limits
from leakguard_service.db.tables import WebSession
from leakguard_service.db.work_tables import Delivery, Job, Notification
from leakguard_service.service import Service

_Old = tuple[InstrumentedAttribute[Any], sa.ColumnElement[bool]]


def clean(service: Service, at: datetime) -> int:
    """Removes all that is older than `history_days`; how many rows. Some at a time."""
    total = 0
    for key, old in _old(at, at - timedelta(days=service.settings.history_days)):
        while True:
            removed = _some(service, key, old)
            total += removed
            if removed < limits.RETENTION_ROWS:
                break
    return total


def _old(at: datetime, before: datetime) -> Iterator[_Old]:
    """What is removed: a table's key, and which rows. Work that waits is never old."""
    yield (
        Notification.id,
        sa.and_(Notification.created_at < before, Notification.state.not_in(("queued", "sending"))),
    )
    yield Job.id, sa.and_(Job.created_at < before, Job.state.not_in(("queued", "running")))
    waiting = sa.select(Job.delivery_id).where(Job.delivery_id.is_not(None))
    yield Delivery.id, sa.and_(Delivery.received_at < before, Delivery.id.not_in(waiting))
    yield WebSession.hash, WebSession.expires_at < at


def _some(service: Service, key: InstrumentedAttribute[Any], old: sa.ColumnElement[bool]) -> int:
    some = sa.select(key).where(old).limit(limits.RETENTION_ROWS)
    with service.db.write() as session:
        gone = session.execute(
            sa.delete(key.class_).where(key.in_(some)).execution_options(synchronize_session=False)
        )
        return cast("sa.CursorResult[Any]", gone).rowcount
