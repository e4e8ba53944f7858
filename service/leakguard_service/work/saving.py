"""Puts a scan's result into the database: findings in parts, then the scan itself, at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from leakguard.model import Finding as Found
from leakguard_service.db.scope import get
from leakguard_service.db.tables import Repository
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Scan
from leakguard_service.jobs.names import report_job
from leakguard_service.notify import outbox
from leakguard_service.repos.model import ScanResult
from leakguard_service.service import Service
from leakguard_service.work import scans
from leakguard_service.work.store import Seeing, grouped, parts, store
from leakguard_service.work.target import Target


def numbers(service: Service, tenant_id: int, scan_id: int) -> dict[str, Any] | None:
    """What a scan that has ended found, for the job's row; None while it runs."""
    with service.db.read() as session:
        row = get(session, Scan, scan_id, tenant_id)
        return _numbers(row) if row.finished_at else None


def save(
    service: Service,
    target: Target,
    seeing: Seeing,
    result: ScanResult,
    heads: Mapping[str, str],
) -> dict[str, Any]:
    """Writes it all and queues the report; the numbers for the job's row.

    The last transaction writes the last findings with the scan's end and the scanned heads: what
    is not there then is done again, and gives the same rows.
    """
    seeing = replace(seeing, contexts=result.contexts)
    groups = grouped(result.findings, seeing, target.tenant.identity)
    *first, last = parts(groups) or [{}]
    for part in first:
        with service.db.write() as session:
            _part(service, session, seeing, part)
    with service.db.write() as session:
        row = _part(service, session, seeing, last)
        row.found = len(groups)
        scans.end(session, row, result)
        scans.set_heads(session, target.id, heads, result.rules, row.started_at)
        _tell(service, session, target, row, seeing.historical)
        return _numbers(row)


def _part(
    service: Service, session: Session, seeing: Seeing, part: Mapping[str, Sequence[Found]]
) -> Scan:
    row = get(session, Scan, seeing.scan_id, seeing.tenant_id)
    row.created += store(service, session, seeing, part).created
    return row


def _tell(service: Service, session: Session, target: Target, row: Scan, historical: bool) -> None:
    if historical:
        repository = session.get_one(Repository, target.id)
        repository.backfilled_at = repository.backfilled_at or now()
        if row.created:
            outbox.digest(service, session, target.tenant_id, row.id)
    if row.after and not row.ref.startswith("refs/tags/"):  # a tag's id need not be a commit's
        mark = f"scan{row.started_at.timestamp():.3f}"
        service.jobs.enqueue(session, report_job(target.tenant_id, target.id, row.id, mark))


def _numbers(row: Scan) -> dict[str, Any]:
    return {
        "scan": row.id,
        "found": row.found,
        "created": row.created,
        "skipped": row.skipped,
        "commits": row.commits,
        "blobs": row.blobs,
    }
