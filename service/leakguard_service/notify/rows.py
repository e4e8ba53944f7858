"""The rows of messages: read, changed only as long as they are as they were read, ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.scope import get
from leakguard_service.db.tables import Channel
from leakguard_service.db.work_tables import Notification
from leakguard_service.notify.channels import KINDS, Kind
from leakguard_service.service import Service


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as it was read: claiming it succeeds only while it is still so."""

    id: int
    tenant_id: int
    channel_id: int
    state: str
    not_before: datetime | None
    attempts: int
    kind: Kind


def look(service: Service, notification_id: int) -> Seen | None:
    """The row as it is now; None when it is gone with its channel."""
    with service.db.read() as session:
        row = session.get(Notification, notification_id)
        if row is None:
            return None
        kind = KINDS[get(session, Channel, row.channel_id, row.tenant_id).kind]
        return Seen(
            row.id, row.tenant_id, row.channel_id, row.state, row.not_before, row.attempts, kind
        )


def change(service: Service, seen: Seen, values: dict[str, Any]) -> bool:
    """Changes the row if it is still as it was read."""
    with service.db.write() as session:
        same = Notification.not_before == seen.not_before
        changed = session.execute(
            sa.update(Notification)
            .where(
                Notification.id == seen.id,
                Notification.tenant_id == seen.tenant_id,
                Notification.state == seen.state,
                same if seen.not_before is not None else Notification.not_before.is_(None),
            )
            .values(**values)
        )
        return cast("sa.CursorResult[Any]", changed).rowcount == 1


def end(service: Service, seen: Seen, values: dict[str, Any], problem: str) -> None:
    """Writes what came of it, and at the channel what is wrong with it."""
    with service.db.write() as session:
        session.execute(
            sa.update(Notification)
            .where(
                Notification.id == seen.id,
                Notification.tenant_id == seen.tenant_id,
                Notification.state != "sent",
            )
            .values(**values)
        )
        _note(session, seen.tenant_id, seen.channel_id, problem)


def tell(service: Service, tenant_id: int, channel_id: int, problem: str) -> None:
    """Writes at the channel what is wrong with it; empty for nothing."""
    with service.db.write() as session:
        _note(session, tenant_id, channel_id, problem)


def _note(session: Session, tenant_id: int, channel_id: int, problem: str) -> None:
    session.execute(
        sa.update(Channel)
        .where(Channel.id == channel_id, Channel.tenant_id == tenant_id, Channel.error != problem)
        .values(error=problem)
    )
