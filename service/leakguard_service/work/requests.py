"""Scans that somebody asked for: of a repository, or of all that a connection has."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.work_tables import Job
from leakguard_service.errors import Conflict, NotThere
from leakguard_service.jobs.names import backfill_job, inventory_job
from leakguard_service.nouns import Actor, JobKind
from leakguard_service.service import Service
from leakguard_service.triage.audit import record

_WAITING = ("queued", "running")


def scan_repository(
    service: Service,
    session: Session,
    actor: Actor,
    repository_id: int,
    tenant_id: int | None = None,
) -> str:
    """Queues a scan of a repository's whole history; the job's id.

    Without `tenant_id` the caller has made sure whose it is. Raises NotThere, and Conflict when it
    is switched off or such a scan is queued already.
    """
    row = _repository(session, repository_id, tenant_id)
    if not row.enabled or not row.connection.enabled:
        raise Conflict(f"{row.full_name} is switched off: switch it on to scan it")
    if row.id in _busy(session, row.tenant_id):
        raise Conflict(f"a scan of {row.full_name} is queued or runs already")
    entry = record(session, row.tenant_id, actor, "repository.scan_requested", "repository", row.id)
    job = backfill_job(row, f"asked{entry.id}")
    service.jobs.enqueue(session, job)
    entry.details = {"job": job.id}
    return job.id


def scan_connection(
    service: Service,
    session: Session,
    actor: Actor,
    connection_id: int,
    tenant_id: int | None = None,
) -> int:
    """Queues a scan of every repository of a connection; how many were queued.

    The forge is asked for its repositories too, and new ones are scanned when they come. Those
    that are switched off, or have such a scan queued, are left out. Raises as scan_repository.
    """
    row = session.get(Connection, connection_id)
    if row is None or tenant_id not in (None, row.tenant_id):
        raise NotThere(f"there is no connection {connection_id}")
    if not row.enabled:
        raise Conflict(f"the connection {row.name} is switched off: switch it on to scan it")
    entry = record(session, row.tenant_id, actor, "connection.scan_requested", "connection", row.id)
    busy = _busy(session, row.tenant_id)
    asked = mine(Repository, row.tenant_id).where(
        Repository.connection_id == row.id, Repository.enabled.is_(True)
    )
    queued = sum(
        service.jobs.enqueue(session, backfill_job(repository, f"asked{entry.id}"))
        for repository in session.scalars(asked.order_by(Repository.id))
        if repository.id not in busy
    )
    if row.access:
        mark = f"asked{entry.id}"
        service.jobs.enqueue(session, inventory_job(row.tenant_id, row.id, mark))
    entry.details = {"repositories": queued}
    return queued


def _repository(session: Session, repository_id: int, tenant_id: int | None) -> Repository:
    if tenant_id is not None:
        return get(session, Repository, repository_id, tenant_id)
    row = session.get(Repository, repository_id)
    if row is None:
        raise NotThere(f"there is no repository {repository_id}")
    return row


def _busy(session: Session, tenant_id: int) -> frozenset[int]:
    """Repositories whose history is being scanned, or soon will be."""
    asked = sa.select(Job.repository_id).where(
        Job.tenant_id == tenant_id,
        Job.kind == JobKind.BACKFILL,
        Job.state.in_(_WAITING),
        Job.repository_id.is_not(None),
    )
    return frozenset(one for one in session.scalars(asked) if one is not None)
