"""Jobs as rows only: what tests of other parts use to see what was queued, and to do it at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.engine import Database
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs.port import Failed, Handler, NewJob, Task
from leakguard_service.nouns import JobKind

Result = TypeVar("Result")
_ENDED = ("failed", "cancelled")


class RowJobs:
    """A JobEngine without threads: `drain` does what is queued, in order."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def enqueue(self, session: Session, job: NewJob) -> bool:
        row = session.get(Job, job.id)
        if row is not None and row.state not in _ENDED:
            return False
        if row is None:
            row = Job(
                id=job.id,
                kind=job.kind.value,
                tenant_id=job.tenant_id,
                repository_id=job.repository_id,
                delivery_id=job.delivery_id,
                arguments=dict(job.arguments),
            )
            session.add(row)
        row.state = "queued"
        session.flush()
        return True

    def again(self, session: Session, job_id: str) -> bool:
        row = session.get_one(Job, job_id)
        if row.state in ("queued", "running"):
            return False
        row.state = "queued"
        return True

    def cancel(self, job_id: str) -> bool:
        with self._db.write() as session:
            row = session.get_one(Job, job_id)
            if row.state != "queued":
                return False
            row.state = "cancelled"
            return True

    def start(self, handlers: Mapping[JobKind, Handler], failed: Failed, workers: int) -> None:
        raise NotImplementedError("use drain")

    def stop(self) -> None:
        """Nothing runs."""

    def busy(self) -> bool:
        return False

    def alive(self) -> Sequence[str]:
        return []

    def queued(self) -> list[Job]:
        """What waits, in the order in which it came."""
        with self._db.read() as session:
            asked = sa.select(Job).where(Job.state == "queued").order_by(Job.created_at, Job.id)
            return list(session.scalars(asked))

    def drain(self, handlers: Mapping[JobKind, Handler], most: int = 100) -> list[str]:
        """Does what is queued, and what that queues; returns the ids. Errors come through."""
        done: list[str] = []
        while (waiting := self.queued()) and len(done) < most:
            row = waiting[0]
            task = Task(
                row.id,
                JobKind(row.kind),
                row.tenant_id,
                row.repository_id,
                row.delivery_id,
                row.arguments,
                row.attempts,
            )
            result = handlers[task.kind](task, _AtOnce())
            with self._db.write() as session:
                there = session.get_one(Job, row.id)
                there.state, there.result = "done", dict(result or {})
            done.append(row.id)
        return done


class _AtOnce:
    """Steps that are not remembered."""

    def run(self, name: str, part: Callable[[], Result]) -> Result:
        return part()
