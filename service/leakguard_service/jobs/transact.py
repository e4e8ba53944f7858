"""DBOS Transact as it is used here: its settings, tables, and what is put in and read out of it.

Its tables are in the service's own database, so that a job and what asked for it are one
transaction: in SQLite beside ours, in PostgreSQL in the schema `dbos`.
https://docs.dbos.dev/python/reference/client
"""

import logging
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs.plainjson import PlainJson
from leakguard_service.nouns import JobKind

VERSION: Final = "leakguard-jobs-1"
"""Workers do jobs of their own version only. It stays the same through releases, and is counted
up when a workflow of the old code cannot be gone on with by the new; the old ones are drained."""

WORKFLOW: Final = "job"
TELLING: Final = "job-failed"
"""The workflow that says that a job was given up."""

APPLICATION: Final = "leakguard"
LIVE: Final = ("ENQUEUED", "DELAYED", "PENDING")
"""States of a workflow that will still be run, or is."""

QUEUES: Final[Mapping[JobKind, str]] = {
    JobKind.PUSH: "push",
    JobKind.BACKFILL: "backfill",
    JobKind.REPORT: "report",
    JobKind.NOTIFY: "notify",
    JobKind.RECONCILE: "upkeep",
    JobKind.INVENTORY: "upkeep",
}
"""A push waits for no backfill, not even of its own repository; and asking a forge what there is
waits for neither."""

BY_REPOSITORY: Final = frozenset({"push", "backfill"})
"""Queues of which one job a repository runs at a time."""


class EngineTrouble(Exception):
    """The engine could not write what came of a job. Its text is the class of what was raised."""


class _Seldom(logging.Filter):
    """Lets each kind of message through once in a while: idle queues look many times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place, moment = (record.module, record.lineno), time.monotonic()
        if moment - self._said.get(place, -limits.SAID_SECONDS) < limits.SAID_SECONDS:
            return False
        self._said[place] = moment
        return True


_SELDOM = _Seldom()


def quiet() -> None:
    """DBOS says only what is wrong, through our own handlers, and prints nothing."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    logger.propagate = True
    logger.addFilter(_SELDOM)
    if not logger.handlers:  # with none at all DBOS would add one that writes to the terminal
        logger.addHandler(logging.NullHandler())


def prepare(db: Database) -> None:
    """Makes DBOS's tables, or brings them up to date; several processes may do so at once."""
    quiet()
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.ERROR)  # it warns when it may not look at the database `postgres`
    try:
        DBOS.migrate(db.url)
    finally:
        logger.setLevel(logging.WARNING)


def engine_for(db: Database) -> sa.Engine:
    """The connections that DBOS uses.

    Its statements count on transactions that begin with the first write: those of `db.engine`
    begin as writers, and an idle queue that looks for jobs would hold up everybody else.
    """
    if not db.sqlite:
        return db.engine
    engine = sa.create_engine(
        db.url, connect_args={"check_same_thread": False}, pool_size=20, max_overflow=40
    )

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in (
            "busy_timeout=30000",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def client_for(engine: sa.Engine) -> DBOSClient:
    """What queues, asks for and ends workflows, in any process. Connects when it is used."""
    return DBOSClient(
        system_database_engine=engine,
        serializer=PlainJson(),
        application_name=APPLICATION,
        lazy=True,
    )


def config_for(engine: sa.Engine, executor: str) -> DBOSConfig:
    """How DBOS runs in a worker: no console, no telemetry, no Conductor, JSON instead of pickle."""
    return DBOSConfig(
        name=APPLICATION,
        system_database_engine=engine,
        executor_id=executor,
        application_version=VERSION,
        serializer=PlainJson(),
        run_migrations=False,
        enable_otlp=False,
        log_level="WARNING",
        console_log_level="WARNING",
        # nobody here waits for messages of workflows: no connection is kept open for them
        use_listen_notify=False,
        notification_listener_polling_interval_sec=limits.POLL_SECONDS,
        # nothing here is scheduled by DBOS: see work/timers.py
        scheduler_polling_interval_sec=3600.0,
    )


def register_queues(client: DBOSClient, workers: int) -> None:
    """Writes down the queues. They are every worker's: the last that starts sets `workers`.

    Pushes get all of them; a history takes hours, so histories get half; what only speaks to other
    machines gets twice as many.
    """
    limited = {"push": workers, "backfill": max(1, workers // 2)}
    for name in dict.fromkeys(QUEUES.values()):
        awaited = name in ("push", "report")
        client.register_queue(
            name,
            partition_concurrency=1 if name in BY_REPOSITORY else None,
            worker_concurrency=limited.get(name, 2 * workers),
            polling_interval_sec=limits.POLL_SECONDS if awaited else limits.POLL_SLOW_SECONDS,
        )


def workflow_id(job_id: str, run: int) -> str:
    """The id of one run of a job: `push:3:...~0`."""
    return f"{job_id}~{run}"


def queue(client: DBOSClient, session: Session, job: Job, delay: float = 0.0) -> None:
    """Queues the job's present run, within the caller's transaction; `delay` in seconds."""
    name = QUEUES[JobKind(job.kind)]
    options = EnqueueOptions(
        workflow_name=WORKFLOW,
        queue_name=name,
        workflow_id=workflow_id(job.id, job.run),
        app_version=VERSION,
    )
    if name in BY_REPOSITORY:
        options["queue_partition_key"] = str(job.repository_id or 0)
    if delay > 0:
        options["delay_seconds"] = delay
    session.flush()
    client.enqueue_in_transaction(session, options, job.id, job.run)


def queue_telling(client: DBOSClient, session: Session, job: Job) -> None:
    """Queues that it is told that the job was given up, within the caller's transaction."""
    options = EnqueueOptions(
        workflow_name=TELLING,
        queue_name=QUEUES[JobKind.NOTIFY],
        workflow_id=f"{workflow_id(job.id, job.run)}~failed",
        app_version=VERSION,
    )
    session.flush()
    client.enqueue_in_transaction(session, options, job.id, job.error)


def states(client: DBOSClient, ids: Sequence[str]) -> dict[str, str]:
    """The state of each of these workflows; those that are not there are left out."""
    if not ids:
        return {}
    found = client.list_workflows(workflow_ids=list(ids), load_input=False, load_output=False)
    return {one.workflow_id: one.status for one in found}
