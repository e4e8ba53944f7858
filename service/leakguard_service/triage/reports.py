"""Checks at the forge that follow what was done here."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.tables import Occurrence
from leakguard_service.db.work_tables import Scan, ScanFinding
from leakguard_service.jobs.names import report_job
from leakguard_service.service import Service


def renew(
    service: Service, session: Session, tenant_id: int, finding_ids: Sequence[int], mark: str
) -> int:
    """Queues a new report of the latest scan of each commit whose push brought the findings.

    `mark` tells this report from earlier ones. Returns how many were queued: the newest commits,
    at most limits.REPORTS_PER_ACTION.
    """
    latest = sa.func.max(Scan.id).label("scan")
    asked = (
        sa.select(latest, Scan.repository_id)
        .join(ScanFinding, ScanFinding.scan_id == Scan.id)
        .join(Occurrence, Occurrence.id == ScanFinding.occurrence_id)
        .where(
            Scan.tenant_id == tenant_id,
            Occurrence.tenant_id == tenant_id,
            Occurrence.finding_id.in_(finding_ids),
            Scan.kind == "push",
            Scan.after != "",
            Scan.finished_at.is_not(None),
        )
        .group_by(Scan.repository_id, Scan.after)
        .order_by(latest.desc())
        .limit(limits.REPORTS_PER_ACTION)
    )
    jobs = [
        report_job(tenant_id, repository_id, scan_id, mark)
        for scan_id, repository_id in session.execute(asked).all()
    ]
    return sum(service.jobs.enqueue(session, job) for job in jobs)
