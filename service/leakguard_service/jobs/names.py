"""The jobs there are, and their ids: an id says what is to be done, so the same work is one job."""

import hashlib

from leakguard_service.db.tables import Repository
from leakguard_service.jobs.port import NewJob
from leakguard_service.nouns import JobKind, PushedRef


def _short(text: str) -> str:
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:16]


def push_job(
    repository: Repository, pushed: PushedRef, *, delivery_id: int | None = None, number: int = 0
) -> NewJob:
    """Bring one ref up to date. `number` is that of a pull request whose head it is."""
    return NewJob(
        id=f"push:{repository.id}:{_short(pushed.ref)}:{pushed.after}",
        kind=JobKind.PUSH,
        tenant_id=repository.tenant_id,
        repository_id=repository.id,
        delivery_id=delivery_id,
        arguments={
            "ref": pushed.ref,
            "before": pushed.before,
            "after": pushed.after,
            "forced": pushed.forced,
            "number": number,
        },
    )


def backfill_job(repository: Repository, mark: str) -> NewJob:
    """Scan the whole history. `mark` tells apart: `first`, a moment, a request's id."""
    return NewJob(
        id=f"backfill:{repository.id}:{mark}",
        kind=JobKind.BACKFILL,
        tenant_id=repository.tenant_id,
        repository_id=repository.id,
    )


def report_job(tenant_id: int, repository_id: int, scan_id: int, mark: str) -> NewJob:
    """Tell the forge what a scan found; `mark` tells a second report from the first."""
    return NewJob(
        id=f"report:{scan_id}:{mark}",
        kind=JobKind.REPORT,
        tenant_id=tenant_id,
        repository_id=repository_id,
        arguments={"scan": scan_id},
    )


def notify_job(tenant_id: int, notification_id: int, delay: float = 0.0) -> NewJob:
    """Send one message."""
    return NewJob(
        id=f"notify:{notification_id}",
        kind=JobKind.NOTIFY,
        tenant_id=tenant_id,
        arguments={"notification": notification_id},
        delay=delay,
    )


def reconcile_job(repository: Repository, mark: str) -> NewJob:
    """Compare the forge's refs with what was scanned; `mark` is the moment it was due."""
    return NewJob(
        id=f"reconcile:{repository.id}:{mark}",
        kind=JobKind.RECONCILE,
        tenant_id=repository.tenant_id,
        repository_id=repository.id,
    )


def inventory_job(tenant_id: int, connection_id: int, mark: str) -> NewJob:
    """Ask a connection's forge which repositories there are."""
    return NewJob(
        id=f"inventory:{connection_id}:{mark}",
        kind=JobKind.INVENTORY,
        tenant_id=tenant_id,
        arguments={"connection": connection_id},
    )
