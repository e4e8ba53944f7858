"""Workers say that they live; what a dead one was doing is taken over by the others.

DBOS itself goes on with the jobs of a process only when one of the same name starts.
With SQLite there is one process, of one name: there DBOS's own recovery does it at the start.
"""

import logging
import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Worker
from leakguard_service.jobs import trouble
from leakguard_service.jobs.lost import requeue_lost

_LOG = logging.getLogger(__name__)
_SWEEPING = 0x6C65_616B
"""Key of the lock in PostgreSQL under which one worker at a time takes over jobs."""

_CLEAN_BEATS = 12
"""Between two removals of old rows: a minute."""


class Crew:
    """This process among the workers: its heartbeat, and its eye on the others."""

    def __init__(
        self,
        db: Database,
        client: DBOSClient,
        worker: str,
        active: Callable[[], frozenset[str]],
        *,
        lease: float = limits.LEASE_SECONDS,
        beat: float = limits.BEAT_SECONDS,
        stray: float = limits.STRAY_SECONDS,
    ) -> None:
        self._db = db
        self._client = client
        self._worker = worker
        self._active = active
        self._lease = lease
        self._beat = beat
        self._stray_after = stray
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="leakguard-worker", daemon=True)
        self._idle_since: dict[str, float] = {}
        self._after = ""
        self._beats = 0
        self._sweeps_from = 0.0

    def join(self) -> None:
        """Says that this worker lives, and begins to watch. To be called before it takes jobs."""
        self.beat()
        self._thread.start()

    def leave(self) -> None:
        """This worker does nothing more: its jobs are the others' at once."""
        self._ended.set()
        self._thread.join(self._beat + 5.0)
        with suppress(sa.exc.SQLAlchemyError), self._db.write() as session:
            session.execute(sa.delete(Worker).where(Worker.id == self._worker))

    def beat(self) -> None:
        """Says that this worker lives. Its row may be gone: others held it to be dead."""
        with self._db.write() as session:
            moment = _moment(session)
            mine = sa.update(Worker).where(Worker.id == self._worker)
            told = session.execute(mine.values(beat_at=moment, pid=os.getpid()))
            if told.rowcount == 0:  # type: ignore[attr-defined]
                row = {"id": self._worker, "host": socket.gethostname()[:255], "pid": os.getpid()}
                session.execute(sa.insert(Worker).values(**row, beat_at=moment))

    def sweep(self) -> int:
        """Takes over what no living worker does. Returns how many jobs.

        Whoever removes a dead worker's row is to free its jobs. Should that one die on the way,
        they are found all the same: their worker has no row.
        """
        with self._alone() as first:
            if not first:
                return 0
            with self._db.write() as session:
                dead = _dead(session, self._lease)
                living = set(session.scalars(sa.select(Worker.id)))
            if dead:
                _LOG.warning("workers have died: %s", ", ".join(dead))
            return self._free(living)

    def alive(self) -> Sequence[str]:
        """Ids of workers that said so within the lease."""
        return alive(self._db, self._lease)

    def _free(self, living: set[str]) -> int:
        """Puts jobs of workers that are gone back on their queues, and strays of this one."""
        pending = self._client.list_workflows(
            status=["PENDING"], load_input=False, load_output=False
        )
        ours = [one for one in pending if one.executor_id == self._worker]
        strays = self._stray({one.workflow_id for one in ours})
        queues: dict[str, list[str]] = defaultdict(list)
        for one in pending:
            if one.executor_id not in living or one.workflow_id in strays:
                queues[one.queue_name or "upkeep"].append(one.workflow_id)
        for queue, ids in queues.items():
            _LOG.warning("taken over on queue %s: %s", queue, ", ".join(ids))
            self._client.resume_workflows(ids, queue_name=queue)
        return sum(map(len, queues.values()))

    def _stray(self, ours: set[str]) -> set[str]:
        """Jobs that this worker has claimed, but lost on the way to a thread."""
        moment = time.monotonic()
        idle = ours - self._active()
        self._idle_since = {one: self._idle_since.get(one, moment) for one in idle}
        return {one for one, at in self._idle_since.items() if moment - at > self._stray_after}

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other worker is sweeping; none will as long as the block runs."""
        if self._db.sqlite:
            yield True
            return
        with self._db.engine.connect() as connection:
            asked = sa.select(sa.func.pg_try_advisory_xact_lock(_SWEEPING))
            yield bool(connection.execute(asked).scalar())

    def _live(self) -> None:
        while not self._ended.wait(self._beat):
            try:
                self.beat()
                self._watch()
            except Exception as error:
                _LOG.warning("heartbeat: %s", trouble.reason(error))
                # when the database comes back, the others shall speak first
                self._sweeps_from = time.monotonic() + self._lease

    def _watch(self) -> None:
        if time.monotonic() < self._sweeps_from:
            return
        self.sweep()
        self._after = requeue_lost(self._db, self._client, self._after)
        self._beats += 1
        if self._beats % _CLEAN_BEATS == 0:
            self.clean()

    def clean(self) -> None:
        """Removes the engine's rows of jobs that ended long ago."""
        before = datetime.now(UTC) - timedelta(hours=limits.ENGINE_HOURS)
        old = self._client.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            completed_before=before.isoformat(),
            limit=limits.ENGINE_ROWS,
            load_input=False,
            load_output=False,
        )
        if old:
            self._client.delete_workflows([one.workflow_id for one in old])


def alive(db: Database, lease: float = limits.LEASE_SECONDS) -> Sequence[str]:
    """Ids of workers that said within `lease` seconds that they live."""
    with db.read() as session:
        asked = sa.select(Worker.id).where(Worker.beat_at > _moment(session, -lease))
        return list(session.scalars(asked.order_by(Worker.id)))


def _dead(session: Session, lease: float) -> list[str]:
    """Removes the rows of workers that have been silent for `lease` seconds; gives their ids."""
    silent = sa.delete(Worker).where(Worker.beat_at < _moment(session, -lease))
    return list(session.scalars(silent.returning(Worker.id)))


def _moment(session: Session, seconds: float = 0.0) -> Any:
    """This moment, or one so many seconds from it, by the database's clock: workers' may differ."""
    if session.get_bind().dialect.name != "postgresql":
        return now() + timedelta(seconds=seconds)
    shift = sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return sa.func.clock_timestamp() + shift
