"""Figures about the jobs, for the metrics and for operators."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Job


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many jobs there are, by kind and state."""
    asked = sa.select(Job.kind, Job.state, sa.func.count()).group_by(Job.kind, Job.state)
    return {(kind, state): number for kind, state, number in session.execute(asked)}


def oldest_queued(session: Session) -> float:
    """Seconds that the job has waited which has waited longest; 0 when none waits.

    One that may not begin yet is not waiting.
    """
    since = sa.func.coalesce(Job.not_before, Job.created_at)
    asked = sa.select(Job.not_before, Job.created_at).where(Job.state == "queued")
    first = session.execute(asked.order_by(since).limit(1)).first()
    if first is None:
        return 0.0
    begins: datetime = first.not_before or first.created_at
    return max(0.0, (now() - begins).total_seconds())
