"""The rows of the table `job`: what people see, and what counts attempts."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs.port import NewJob, Task
from leakguard_service.nouns import JobKind

ENDED = ("done", "failed", "cancelled")
UNDONE = ("failed", "cancelled")
"""Ended, but not with what was asked for: asking again queues it again."""


def insert(session: Session, job: NewJob) -> bool:
    """Writes a new row. False when there is one with this id, however many ask at once."""
    dialect = session.get_bind().dialect.name
    table = postgresql.insert(Job) if dialect == "postgresql" else sqlite.insert(Job)
    written = session.execute(
        table.values(
            id=job.id,
            tenant_id=job.tenant_id,
            kind=job.kind.value,
            repository_id=job.repository_id,
            delivery_id=job.delivery_id,
            arguments=dict(job.arguments),
            not_before=later(job.delay),
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(Job.id)
    )
    return written.first() is not None


def held(session: Session, job_id: str) -> Job | None:
    """The row as it is now, held until the transaction ends; None where there is none."""
    session.flush()
    return session.get(Job, job_id, with_for_update=True, populate_existing=True)


def later(seconds: float) -> datetime | None:
    """The moment in so many seconds; None for at once."""
    return now() + timedelta(seconds=seconds) if seconds > 0 else None


def renew(row: Job, job: NewJob | None = None) -> None:
    """Queued anew, as if it had never been tried; with the arguments of `job` where given."""
    queued(row, 0.0)
    row.attempts = 0
    row.deaths = 0
    row.error = ""
    row.result = {}
    if job is not None:
        row.delivery_id = job.delivery_id or row.delivery_id
        row.arguments = dict(job.arguments)
        row.not_before = later(job.delay)


def queued(row: Job, delay: float) -> None:
    """Waits for a further run, which begins no earlier than in `delay` seconds."""
    postponed(row, delay)
    row.steps = 0
    row.deaths = 0


def postponed(row: Job, delay: float) -> None:
    """The same, and what killed its process is not forgotten."""
    row.state = "queued"
    row.run += 1
    row.worker_id = None
    row.not_before = later(delay)
    row.started_at = None
    row.finished_at = None


def died(row: Job, steps: int) -> None:
    """Its process died in it, after so many steps of this run.

    That is an attempt, but one which is forgiven as soon as a later process gets further: then it
    was not the job that killed the process.
    """
    if steps > row.steps:
        row.attempts -= row.deaths
        row.deaths = 0
    row.steps = steps
    row.deaths += 1
    row.attempts += 1


def leave(session: Session, worker: str) -> None:
    """The worker's running jobs wait again: it ends, and that is not their fault."""
    waits = sa.update(Job).where(Job.worker_id == worker, Job.state == "running")
    session.execute(waits.values(state="queued", worker_id=None, started_at=None))


def end(row: Job, state: str, *, error: str = "", result: dict[str, Any] | None = None) -> None:
    """Nothing more is done for it."""
    row.state = state
    row.error = error
    row.result = result or {}
    row.finished_at = now()


def task(row: Job) -> Task:
    """What its handler gets."""
    return Task(
        id=row.id,
        kind=JobKind(row.kind),
        tenant_id=row.tenant_id,
        repository_id=row.repository_id,
        delivery_id=row.delivery_id,
        arguments=dict(row.arguments),
        attempts=row.attempts,
    )
