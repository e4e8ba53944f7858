"""Doing one job: from its row to its handler, and from what came of it back to the row.

The row is written before DBOS writes that the workflow ended. A process that dies in between leaves
a workflow that is run again and finds that nothing is left to be done.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from dbos import DBOSClient
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Job
from leakguard_service.errors import ServiceError
from leakguard_service.jobs import rows, transact, trouble
from leakguard_service.jobs.durable import DurableSteps
from leakguard_service.jobs.port import Failed, Handler, Task
from leakguard_service.nouns import JobKind

_LOG = logging.getLogger(__name__)
_TELL_TRIES = 3
_CROWD_SECONDS = 1.0
"""Before a job is tried that another one of its repository is in the way of."""

_AGAIN_SECONDS = (0.2, 1.0, 5.0, 15.0, 30.0)
_TURNS = {JobKind.PUSH: 0x6C67_0001, JobKind.BACKFILL: 0x6C67_0002}
"""First keys of the locks in PostgreSQL under which jobs begin; the second is the repository."""
Result = TypeVar("Result")


class Left(BaseException):
    """The process is ending: DBOS shall write nothing about this workflow, which is run later."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that is being done. `moment` tells this beginning from any other."""

    task: Task
    run: int
    moment: datetime


class Runner:
    """Does the jobs of one process."""

    def __init__(
        self,
        db: Database,
        client: DBOSClient,
        worker: str,
        handlers: Mapping[JobKind, Handler],
        failed: Failed,
    ) -> None:
        self._db = db
        self._client = client
        self._worker = worker
        self._handlers = handlers
        self._failed = failed
        self._since = time.monotonic()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._active: Counter[str] = Counter()

    def run(self, job_id: str, run: int) -> str:
        """Does the job's run of this number. Returns what came of it, in a word."""
        with self._counted(transact.workflow_id(job_id, run)):
            begun = self._patiently(lambda: self._begin(job_id, run))
            if begun is None:
                return "nothing"
            try:
                result = self._handlers[begun.task.kind](begun.task, DurableSteps())
            except Exception as error:
                return self._gone_wrong(begun, error)
            self._patiently(lambda: self._done(begun, dict(result or {})))
            return "done"

    def tell(self, job_id: str, text: str) -> str:
        """Says that a job was given up. Goes on when that fails: the row says it, too."""
        task = self._patiently(lambda: self._task(job_id))
        if task is None:
            return "nothing"
        for turn in range(_TELL_TRIES):
            try:
                self._failed(task, text)
                return "told"
            except Exception as error:
                _LOG.warning("job %s: its end was not told: %s", job_id, trouble.reason(error))
                if self._ending.wait(_AGAIN_SECONDS[turn]):
                    raise Left from None
        return "not told"

    def ending(self) -> None:
        """Begins no further job."""
        self._ending.set()

    def active(self) -> frozenset[str]:
        """Ids of workflows that this process is running."""
        with self._lock:
            return frozenset(self._active)

    def _task(self, job_id: str) -> Task | None:
        with self._db.read() as session:
            row = session.get(Job, job_id)
            return rows.task(row) if row is not None else None

    def _begin(self, job_id: str, run: int) -> Begun | None:
        """Writes that the job is running. None when there is nothing to do (any longer)."""
        workflow = transact.workflow_id(job_id, run)
        steps = len(self._client.list_workflow_steps(workflow, load_output=False))
        with self._db.write() as session:
            row = rows.held(session, job_id)
            if row is None or row.run != run or row.state in rows.ENDED:
                return None
            if row.state == "running" and not self._twice(workflow):
                rows.died(row, steps)
            if row.attempts >= limits.JOB_ATTEMPTS:
                self._give_up(session, row, _why(row))
                return None
            if wait := self._wait(session, row):
                rows.postponed(row, wait)
                transact.queue(self._client, session, row, wait)
                return None
            row.state, row.worker_id, row.started_at = "running", self._worker, now()
            return Begun(rows.task(row), run, row.started_at)

    def _twice(self, workflow: str) -> bool:
        """Whether this process is doing it already: then none has died, it was freed too early."""
        with self._lock:
            return self._active[workflow] > 1

    def _wait(self, session: Session, row: Job) -> float:
        """Seconds before the job may be begun here; 0 for now."""
        if row.deaths and row.attempts >= limits.JOB_ATTEMPTS - 1:
            lived = time.monotonic() - self._since
            if lived < limits.CALM_SECONDS:
                row.error = _why(row) + "; it is done once more when processes live longer"
                return limits.CALM_SECONDS - lived + limits.POLL_SECONDS
        return _CROWD_SECONDS if _crowded(session, row) else 0.0

    def _done(self, begun: Begun, result: dict[str, Any]) -> None:
        with self._db.write() as session:
            row = _mine(session, begun)
            if row is not None:
                rows.end(row, "done", result=result)

    def _gone_wrong(self, begun: Begun, error: Exception) -> str:
        """The row after a failure, and the next try with it in one transaction."""
        if self._ending.is_set() and not isinstance(error, ServiceError):
            raise Left from None
        found = trouble.verdict(error, begun.task.attempts)
        _LOG.warning("job %s: %s", begun.task.id, found.text)

        def settle() -> str:
            with self._db.write() as session:
                row = _mine(session, begun)
                if row is None:
                    return "nothing"
                row.attempts += found.counts
                if found.hopeless or row.attempts >= limits.JOB_ATTEMPTS:
                    self._give_up(session, row, found.text)
                    return "failed"
                rows.queued(row, found.seconds)
                row.error = found.text
                transact.queue(self._client, session, row, found.seconds)
                return "later"

        return self._patiently(settle)

    def _give_up(self, session: Session, row: Job, text: str) -> None:
        """The job has failed, and that will be told even if this process dies now."""
        _LOG.error("job %s is given up: %s", row.id, text)
        rows.end(row, "failed", error=text)
        transact.queue_telling(self._client, session, row)

    def _patiently(self, action: Callable[[], Result]) -> Result:
        """What `action` gives; while the database is away it is tried again."""
        turn = 0
        while True:
            try:
                return action()
            except (sa.exc.SQLAlchemyError, OSError) as error:
                if not trouble.outage(error):
                    raise transact.EngineTrouble(type(error).__name__) from None
                _LOG.warning("jobs wait: %s", trouble.reason(error))
            if self._ending.wait(_AGAIN_SECONDS[min(turn, len(_AGAIN_SECONDS) - 1)]):
                raise Left
            turn += 1

    @contextmanager
    def _counted(self, workflow: str) -> Iterator[None]:
        if self._ending.is_set():
            raise Left
        with self._lock:
            self._active[workflow] += 1
        try:
            yield
        finally:
            with self._lock:
                self._active[workflow] -= 1
                self._active += Counter()  # keeps those above zero


def _why(row: Job) -> str:
    """Why a job that has no attempt left is given up."""
    if row.deaths:
        return f"the process that did it ended {row.deaths} times"
    return row.error or f"it was begun {row.attempts} times and did not come to an end"


def _mine(session: Session, begun: Begun) -> Job | None:
    """The row, unless the job was taken from this process, which was believed to be dead."""
    row = rows.held(session, begun.task.id)
    if row is None or row.state != "running":
        return None
    return row if (row.run, row.started_at) == (begun.run, begun.moment) else None


def _crowded(session: Session, row: Job) -> bool:
    """Whether another job of the kind runs in the repository.

    DBOS sees to that, but not when two workers look at the same moment and one of two jobs has
    just come. From here on nobody else begins one, until the transaction ends.
    """
    kind = JobKind(row.kind)
    if row.repository_id is None or transact.QUEUES[kind] not in transact.BY_REPOSITORY:
        return False
    if session.get_bind().dialect.name == "postgresql":
        keys = _TURNS[kind], row.repository_id % 2**31
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(*keys)))
    others = sa.select(Job.id).where(
        Job.repository_id == row.repository_id,
        Job.kind == row.kind,
        Job.state == "running",
        Job.id != row.id,
    )
    return session.execute(others.limit(1)).first() is not None
