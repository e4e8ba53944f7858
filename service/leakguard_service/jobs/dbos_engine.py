"""The job engine: DBOS beneath, the table `job` for what people see, for attempts and ends."""

import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress

import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs import rows, transact, workers, workflows
from leakguard_service.jobs.port import Failed, Handler, NewJob
from leakguard_service.jobs.running import Runner
from leakguard_service.jobs.transact import prepare
from leakguard_service.jobs.workers import Crew
from leakguard_service.nouns import JobKind
from leakguard_service.settings import Settings

__all__ = ["DbosEngine", "prepare"]


class DbosEngine:
    """A JobEngine. Queues in any process, once `prepare` has made DBOS's tables.

    DBOS runs once in a process, so only one engine of a process can be started at a time.
    """

    def __init__(
        self,
        db: Database,
        settings: Settings,
        *,
        lease: float = limits.LEASE_SECONDS,
        beat: float = limits.BEAT_SECONDS,
        stray: float = limits.STRAY_SECONDS,
    ) -> None:
        self._db = db
        self._lease = lease
        self._beat = beat
        self._stray = stray
        self._engine = transact.engine_for(db)
        self._client: DBOSClient | None = None
        self._lock = threading.Lock()
        self._worker = "local" if db.sqlite else uuid.uuid4().hex
        self._runner: Runner | None = None
        self._crew: Crew | None = None

    def enqueue(self, session: Session, job: NewJob) -> bool:
        session.flush()
        if rows.insert(session, job):
            row = session.get_one(Job, job.id)
            transact.queue(self.client, session, row, job.delay)
            return True
        there = rows.held(session, job.id)
        if there is None or there.state not in rows.UNDONE:
            return False
        rows.renew(there, job)
        transact.queue(self.client, session, there, job.delay)
        return True

    def again(self, session: Session, job_id: str) -> bool:
        row = rows.held(session, job_id)
        if row is None or row.state not in rows.ENDED:
            return False
        rows.renew(row)
        transact.queue(self.client, session, row)
        return True

    def cancel(self, job_id: str) -> bool:
        with self._db.write() as session:
            row = rows.held(session, job_id)
            if row is None or row.state != "queued":
                return False
            rows.end(row, "cancelled")
            workflow = transact.workflow_id(row.id, row.run)
        # were this left out by a kill, the workflow would find that there is nothing to do
        self.client.cancel_workflow(workflow)
        return True

    def start(self, handlers: Mapping[JobKind, Handler], failed: Failed, workers: int) -> None:
        transact.quiet()
        runner = Runner(self._db, self.client, self._worker, handlers, failed)
        workflows.run_by(runner)
        transact.register_queues(self.client, workers)
        self._crew = Crew(
            self._db,
            self.client,
            self._worker,
            runner.active,
            lease=self._lease,
            beat=self._beat,
            stray=self._stray,
        )
        self._crew.join()
        self._runner = runner
        DBOS(config=transact.config_for(self._engine, self._worker))
        DBOS.launch()

    def stop(self) -> None:
        """Also returns when jobs still run after limits.STOP_SECONDS. Their threads keep Python
        from ending by itself: see `busy`."""
        if self._runner is None or self._crew is None:
            return
        self._runner.ending()
        wait = limits.STOP_SECONDS if self._runner.active() else 0
        DBOS.destroy(workflow_completion_timeout_sec=wait)
        workflows.run_by(None)
        with suppress(sa.exc.SQLAlchemyError), self._db.write() as session:
            rows.leave(session, self._worker)
        self._crew.leave()
        self._crew = None
        if self._db.sqlite:
            self._engine.dispose()

    def busy(self) -> bool:
        """Whether jobs of this process still run; after `stop` they may be killed with it."""
        return self._runner is not None and bool(self._runner.active())

    def alive(self) -> Sequence[str]:
        return workers.alive(self._db, self._lease)

    @property
    def client(self) -> DBOSClient:
        """What speaks to DBOS's tables; made when it is first used."""
        with self._lock:
            if self._client is None:
                transact.quiet()
                self._client = transact.client_for(self._engine)
            return self._client
