"""Jobs: what waits, runs, is done or failed; doing one again, or not at all."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload
from starlette.responses import Response

from leakguard_service.db.scope import get, mine
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Job, Scan, Worker
from leakguard_service.errors import Conflict
from leakguard_service.limits import LEASE_SECONDS
from leakguard_service.nouns import JobKind, Role
from leakguard_service.triage.audit import record
from leakguard_service.web.lists import listed, pairs
from leakguard_service.web.visit import Route, Visit

STATES: Final = ("queued", "running", "done", "failed", "cancelled")

KINDS: Final = {
    JobKind.PUSH.value: "Scan a push",
    JobKind.BACKFILL.value: "Scan the history",
    JobKind.REPORT.value: "Report to the forge",
    JobKind.NOTIFY.value: "Send a message",
    JobKind.RECONCILE.value: "Compare refs",
    JobKind.INVENTORY.value: "List repositories",
}


def show_list(visit: Visit) -> Response:
    """Jobs, the newest first, with how many are in each state."""
    asked, tenant = visit.asked(), visit.tenant_id
    rows = mine(Job, tenant).order_by(Job.created_at.desc(), Job.id)
    if asked.get("state") in STATES:
        rows = rows.where(Job.state == asked["state"])
    if asked.get("kind") in KINDS:
        rows = rows.where(Job.kind == asked["kind"])
    counted = (
        sa.select(Job.state, sa.func.count()).where(Job.tenant_id == tenant).group_by(Job.state)
    )
    fresh = now() - timedelta(seconds=LEASE_SECONDS)
    alive = sa.select(sa.func.count()).select_from(Worker).where(Worker.beat_at > fresh)
    with visit.service.db.read() as session:
        return visit.page(
            "jobs.html",
            shown=listed(session, rows.options(selectinload(Job.repository)), visit.page_number()),
            counts=pairs(session, counted),
            workers=session.scalar(alive) or 0,
            states=STATES,
            kinds=KINDS,
        )


def show(visit: Visit) -> Response:
    """One job."""
    with visit.service.db.read() as session:
        job = _job(visit, session)
        scan = session.scalar(mine(Scan, visit.tenant_id).where(Scan.job_id == job.id))
        return visit.page("job.html", job=job, scan=scan, kinds=KINDS, repository=job.repository)


def again(visit: Visit) -> Response:
    """Queues a job that has ended once more."""
    with visit.service.db.write() as session:
        job = _job(visit, session)
        if not visit.service.jobs.again(session, job.id):
            raise Conflict("the job has not ended yet: wait for it, or cancel it")
        record(session, visit.tenant_id, visit.who, "job.repeated", "job", None, {"job": job.id})
    return visit.go(f"/jobs/{job.id}", "The job is queued again.")


def cancel(visit: Visit) -> Response:
    """Ends a job that has not begun."""
    with visit.service.db.read() as session:
        job = _job(visit, session)
    if not visit.service.jobs.cancel(job.id):
        raise Conflict("the job has begun already: it cannot be cancelled any more")
    with visit.service.db.write() as session:
        record(session, visit.tenant_id, visit.who, "job.cancelled", "job", None, {"job": job.id})
    return visit.go(f"/jobs/{job.id}", "The job is cancelled.")


def _job(visit: Visit, session: Session) -> Job:
    return get(session, Job, str(visit.request.path_params["job_id"])[:200], visit.tenant_id)


ROUTES: Final = (
    Route("GET", "/jobs", show_list, Role.VIEWER),
    Route("GET", "/jobs/{job_id}", show, Role.VIEWER),
    Route("POST", "/jobs/{job_id}/again", again, Role.TRIAGER),
    Route("POST", "/jobs/{job_id}/cancel", cancel, Role.TRIAGER),
)
