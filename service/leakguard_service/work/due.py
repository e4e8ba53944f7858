"""What is due now: reconciliations, scans, listings, reports that no longer fit, lost messages."""

from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import Connection, Finding, Occurrence, Repository, Tenant
from leakguard_service.db.work_tables import ForgeReport, Job, Notification, Scan, ScanFinding
from leakguard_service.jobs.names import backfill_job, inventory_job, reconcile_job, report_job
from leakguard_service.nouns import JobKind
from leakguard_service.service import Service

_WAITING: Final = ("queued", "running")
_LATE: Final = timedelta(seconds=60)
"""A change whose report was not queued by then was not queued at all."""

_RECENT: Final = timedelta(days=1)


def reconciliations(service: Service, at: datetime) -> int:
    """Queues those of the repositories that were compared longest ago; how many."""
    seconds = service.settings.reconcile_seconds
    slot = int(at.timestamp() // seconds)
    with service.db.write() as session:
        rows = session.scalars(_unreconciled(at - timedelta(seconds=seconds)))
        jobs = [reconcile_job(row, str(slot)) for row in rows]
        return sum(
            service.jobs.enqueue(session, job)
            for job in jobs
            if session.get(Job, job.id) is None  # one that failed is due in the next slot
        )


def _enabled() -> sa.Select[Repository]:
    return (
        sa.select(Repository)
        .join(Connection, Connection.id == Repository.connection_id)
        .where(
            Repository.enabled.is_(True),
            Repository.archived.is_(False),
            Connection.enabled.is_(True),
        )
    )


def _waits(kind: JobKind) -> sa.Exists:
    return sa.exists().where(
        Job.repository_id == Repository.id, Job.kind == kind.value, Job.state.in_(_WAITING)
    )


def _tried(at: datetime) -> sa.Exists:
    """A reconciliation that ended lately, well or not."""
    return sa.exists().where(
        Job.repository_id == Repository.id,
        Job.kind == JobKind.RECONCILE.value,
        Job.created_at > at,
    )


def _unreconciled(before: datetime) -> sa.Select[Repository]:
    long_ago = sa.or_(Repository.reconciled_at.is_(None), Repository.reconciled_at <= before)
    return (
        _enabled()
        .where(long_ago, ~_waits(JobKind.RECONCILE), ~_tried(before))
        .order_by(Repository.reconciled_at.asc().nulls_first(), Repository.id)
        .limit(limits.DUE_REPOSITORIES)
    )


def scheduled_scans(service: Service, at: datetime) -> int:
    """Queues scans of whole histories whose time has come, and sets the next; how many."""
    asked = (
        _enabled()
        .where(
            Repository.scan_every_hours > 0,
            sa.or_(Repository.next_scan_at.is_(None), Repository.next_scan_at <= at),
        )
        .order_by(Repository.id)
        .limit(limits.DUE_REPOSITORIES)
        .with_for_update(of=Repository, skip_locked=True)
    )
    queued = 0
    with service.db.write() as session:
        for row in session.scalars(asked).all():
            due, row.next_scan_at = row.next_scan_at, at + timedelta(hours=row.scan_every_hours)
            if due is not None:  # the first one is a period after it was asked for
                job = backfill_job(row, f"at{int(due.timestamp())}")
                queued += service.jobs.enqueue(session, job)
    return queued


def inventories(service: Service, at: datetime) -> int:
    """Queues the listing of each connection that has a token, once a period; how many."""
    slot = int(at.timestamp() // limits.INVENTORY_SECONDS)
    asked = sa.select(Connection).where(Connection.enabled.is_(True), Connection.access != "")
    with service.db.read() as session:
        jobs = [
            job
            for row in session.scalars(asked.order_by(Connection.id))
            if session.get(Job, (job := inventory_job(row.tenant_id, row.id, str(slot))).id) is None
        ]
    if not jobs:
        return 0
    with service.db.write() as session:
        return sum(service.jobs.enqueue(session, job) for job in jobs)


def reports(service: Service, at: datetime) -> int:
    """Queues reports of commits whose findings changed since the forge was told; how many.

    Whoever changes a finding queues them; this is for what was not: more commits than one action
    renews, and histories.
    """
    with service.db.read() as session:
        tenants = list(session.scalars(sa.select(Tenant.id)))
        stale = [row for tenant_id in tenants for row in _stale(session, tenant_id, at)]
    if not stale:
        return 0
    with service.db.write() as session:
        return sum(
            service.jobs.enqueue(
                session, report_job(tenant_id, repository_id, scan_id, f"changed{int(moment)}")
            )
            for tenant_id, repository_id, scan_id, moment in stale
        )


def _stale(session: Session, tenant_id: int, at: datetime) -> list[tuple[int, int, int, float]]:
    """Tenant, repository, scan and when its finding changed, in seconds since 1970."""
    moment = sa.case((Finding.closed_at.is_not(None), Finding.closed_at), else_=Finding.opened_at)
    asked = (
        mine(ForgeReport, tenant_id)
        .join(Scan, Scan.id == ForgeReport.scan_id)
        .join(ScanFinding, ScanFinding.scan_id == Scan.id)
        .join(Occurrence, Occurrence.id == ScanFinding.occurrence_id)
        .join(Finding, Finding.id == Occurrence.finding_id)
        .where(
            Finding.tenant_id == tenant_id,
            moment > at - _RECENT,
            moment < at - _LATE,
            ForgeReport.posted_at < moment,
            ForgeReport.kind.in_(("check_run", "status")),
        )
        .with_only_columns(ForgeReport.repository_id, Scan.id, sa.func.max(moment))
        .group_by(ForgeReport.repository_id, Scan.id)
        .limit(limits.RENEWED_SCANS)
    )
    return [
        (tenant_id, repository_id, scan_id, changed.timestamp())
        for repository_id, scan_id, changed in session.execute(asked)
    ]


def left_messages(service: Service, at: datetime) -> int:
    """Marks messages as unknown that a process left on their way and no job took up; how many."""
    before = at - timedelta(seconds=limits.UNSURE_SECONDS)
    stale = (
        sa.update(Notification)
        .where(
            Notification.state == "sending",
            sa.func.coalesce(Notification.not_before, Notification.created_at) < before,
        )
        .values(state="unknown", error="the process that sent it ended before it knew the answer")
    )
    with service.db.write() as session:
        return cast("sa.CursorResult[Any]", session.execute(stale)).rowcount
