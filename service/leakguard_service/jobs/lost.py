"""What two tables say of one job is compared now and then: nothing that was accepted is lost."""

import logging

import sqlalchemy as sa
from dbos import DBOSClient

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs import rows, transact

_LOG = logging.getLogger(__name__)


def requeue_lost(db: Database, client: DBOSClient, after: str) -> str:
    """Queues jobs anew that the engine does not know of, or holds to be ended.

    Looks at limits.LOST_ROWS unfinished jobs whose id is above `after`. Returns the last of them,
    for the next call; empty when it came to the end.
    """
    with db.read() as session:
        asked = sa.select(Job.id, Job.run).where(
            Job.state.in_(("queued", "running")), Job.id > after
        )
        unfinished = session.execute(asked.order_by(Job.id).limit(limits.LOST_ROWS)).all()
    ids = {transact.workflow_id(job, run): (job, run) for job, run in unfinished}
    known = transact.states(client, list(ids))
    for workflow, (job, run) in ids.items():
        if known.get(workflow) not in transact.LIVE:
            _requeue(db, client, job, run)
    return unfinished[-1].id if len(unfinished) == limits.LOST_ROWS else ""


def _requeue(db: Database, client: DBOSClient, job_id: str, run: int) -> None:
    """The row is read again, held: a job writes its end before its workflow ends."""
    with db.write() as session:
        row = rows.held(session, job_id)
        if row is None or row.run != run or row.state not in ("queued", "running"):
            return
        _LOG.warning("job %s was lost by the engine; it is queued again", job_id)
        attempts = row.attempts + (row.state == "running")
        rows.queued(row, 0.0)
        row.attempts = attempts
        transact.queue(client, session, row)
