"""What is to be told: a row for each message, written with the change that it tells of."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import (
    AuditEntry,
    Channel,
    Finding,
    Occurrence,
    Repository,
    Tenant,
)
from leakguard_service.db.work_tables import Notification, Scan
from leakguard_service.errors import Conflict
from leakguard_service.jobs.names import notify_job
from leakguard_service.notify import committer, digests
from leakguard_service.notify.channels import KINDS, Filter, filter_of
from leakguard_service.notify.delivery import deliver, give_up, test_message
from leakguard_service.nouns import Actor, Change
from leakguard_service.service import Service

__all__ = ["announce", "deliver", "digest", "give_up", "resend", "test_message"]

_AGAIN: Final = ("failed", "unknown")


def announce(
    service: Service,
    session: Session,
    tenant_id: int,
    finding_id: int,
    change: Change,
    cause: str,
) -> list[int]:
    """Queues a message for each channel that wants to hear of the change; returns their ids.

    In the caller's transaction; the same cause is told once. What a scan of the past created is
    never told one by one: see `digest`.
    """
    finding = get(session, Finding, finding_id, tenant_id)
    if finding.historical and change is Change.CREATED:
        return []
    _committers(service, session, tenant_id)
    names = _repositories(session, tenant_id, finding_id)
    wanted = [
        channel.id
        for channel in _channels(session, tenant_id)
        if _wants(filter_of(channel.kind, channel.filter), change, finding.severity, names)
        and _may(service, session, channel, finding_id, change)
    ]
    return _queue(
        service,
        session,
        wanted,
        {
            "tenant_id": tenant_id,
            "cause": cause,
            "change": change.value,
            "finding_id": finding_id,
        },
    )


def digest(service: Service, session: Session, tenant_id: int, scan_id: int) -> list[int]:
    """Queues one message for each channel about all that a scan of the past found; their ids.

    None when it found nothing new that a channel wants to hear of. Told once for each scan.
    """
    scan = get(session, Scan, scan_id, tenant_id)
    name = get(session, Repository, scan.repository_id, tenant_id).full_name
    worst = max((severity for severity, _ in digests.tally(session, tenant_id, scan_id)), default=0)
    wanted = [
        channel.id
        for channel in _channels(session, tenant_id)
        if KINDS[channel.kind].digests
        and _wants(filter_of(channel.kind, channel.filter), Change.CREATED, worst, [name])
    ]
    return _queue(
        service,
        session,
        wanted,
        {
            "tenant_id": tenant_id,
            "cause": f"digest:{scan_id}",
            "change": "digest",
            "scan_id": scan_id,
        },
    )


def resend(
    service: Service, session: Session, tenant_id: int, notification_id: int, actor: Actor
) -> None:
    """Queues a message again that failed, or of which nobody knows whether it got out.

    Raises NotThere, and Conflict when it was sent or still will be.
    """
    row = get(session, Notification, notification_id, tenant_id)
    if row.state not in _AGAIN:
        raise Conflict(f"the message is {row.state}: only failed and unknown ones are sent again")
    row.state, row.attempts, row.error, row.not_before = "queued", 0, "", None
    session.flush()
    job = notify_job(tenant_id, row.id)
    if not service.jobs.enqueue(session, job) and not service.jobs.again(session, job.id):
        raise Conflict("the job of this message has not ended yet: try again in a moment")
    session.add(
        AuditEntry(
            tenant_id=tenant_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor=actor.name,
            address=actor.address,
            action="notification.resent",
            subject="channel",
            subject_id=row.channel_id,
            details={"notification": row.id},
        )
    )


def _channels(session: Session, tenant_id: int) -> Sequence[Channel]:
    asked = mine(Channel, tenant_id).where(Channel.enabled.is_(True), Channel.kind.in_(KINDS))
    return session.scalars(asked.order_by(Channel.id)).all()


def _repositories(session: Session, tenant_id: int, finding_id: int) -> list[str]:
    asked = (
        sa.select(Repository.full_name)
        .join(Occurrence, Occurrence.repository_id == Repository.id)
        .where(Occurrence.tenant_id == tenant_id, Occurrence.finding_id == finding_id)
        .distinct()
    )
    return list(session.scalars(asked))


def _wants(chosen: Filter, change: Change, severity: int, names: Sequence[str]) -> bool:
    if change.value not in chosen.changes or severity < chosen.min_severity:
        return False
    return not chosen.repositories or any(
        fnmatchcase(name.lower(), glob.lower()) for name in names for glob in chosen.repositories
    )


def _may(
    service: Service, session: Session, channel: Channel, finding_id: int, change: Change
) -> bool:
    """Committers' messages are written only where there is somebody to write to."""
    if channel.kind != "committer":
        return True
    return bool(committer.recipient(service, session, channel.tenant_id, finding_id, change))


def _committers(service: Service, session: Session, tenant_id: int) -> None:
    """Makes the channel for committers when the tenant wants them told and has none."""
    if not committer.active(service, session, tenant_id) or _told(session, tenant_id):
        return
    session.scalars(sa.select(Tenant.id).where(Tenant.id == tenant_id).with_for_update()).one()
    if _told(session, tenant_id):
        return
    session.add(
        Channel(
            tenant_id=tenant_id,
            kind="committer",
            name=KINDS["committer"].label,
            config=service.keyring.seal("{}"),
            filter={},
        )
    )
    session.flush()


def _told(session: Session, tenant_id: int) -> bool:
    asked = mine(Channel, tenant_id).where(Channel.kind == "committer").limit(1)
    return session.scalars(asked).first() is not None


def _queue(
    service: Service, session: Session, channels: Sequence[int], row: dict[str, Any]
) -> list[int]:
    """Writes the rows that are not there yet, and a job for each."""
    if not channels:
        return []
    session.flush()
    insert = sqlite.insert if service.db.sqlite else postgresql.insert
    values = [{**row, "channel_id": channel} for channel in channels]
    written = insert(Notification).values(values).on_conflict_do_nothing()
    ids = sorted(session.scalars(written.returning(Notification.id)))
    for new in ids:
        service.jobs.enqueue(session, notify_job(row["tenant_id"], new))
    return ids
