"""What a delivery that is being taken knows of its surroundings, and what comes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.work_tables import Delivery, Job
from leakguard_service.jobs.port import NewJob
from leakguard_service.nouns import Actor, Event, Role
from leakguard_service.service import Service


@dataclass(frozen=True, slots=True)
class Taking:
    """One delivery within its transaction."""

    service: Service
    session: Session
    connection: Connection
    event: Event
    delivery_id: int
    """Of its row."""
    force: bool = False
    """Whether jobs that were done are done again: somebody asked for it."""

    def queue(self, jobs: Iterable[NewJob], force: Sequence[str] = ()) -> tuple[str, ...]:
        """Queues what is not queued or done; returns the ids. Those in `force` are done again.

        In the order of their ids: two transactions that queue the same do not block each other.
        """
        queued = []
        for job in sorted(jobs, key=lambda job: job.id):
            again = self.force or job.id in force
            added = self.service.jobs.enqueue(self.session, job)
            if added or (again and self.service.jobs.again(self.session, job.id)):
                queued.append(job.id)
        return tuple(queued)

    @property
    def actor(self) -> Actor:
        """Who did it at the forge; only who may write to a repository can ask for something."""
        return Actor("forge", self.event.sender or "the forge", role=Role.TRIAGER)

    def state(self, queued: Iterable[str]) -> str:
        """`queued` when the end of one of these jobs is the end of this delivery, else `done`."""
        rows = (self.session.get(Job, job_id) for job_id in queued)
        own = any(row is not None and row.delivery_id == self.delivery_id for row in rows)
        return "queued" if own else "done"

    def unfinished(self, jobs: Iterable[NewJob]) -> bool:
        """Whether one of these still waits or runs, whoever queued it."""
        rows = (self.session.get(Job, job.id) for job in jobs)
        return any(row is not None and row.state in ("queued", "running") for row in rows)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery."""

    state: str
    """See Delivery.state."""
    note: str = ""
    jobs: tuple[str, ...] = ()
    """Ids of what was queued by it."""
    repository: Repository | None = None


def ignored(note: str, repository: Repository | None = None) -> Outcome:
    """Nothing is to be done, and why."""
    return Outcome("ignored", note, repository=repository)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the receiver answers."""

    delivery: int
    state: str
    jobs: tuple[str, ...]
    fresh: bool
    """False for one that came before."""


def row_of(delivery: Delivery, jobs: Sequence[str], *, fresh: bool) -> Taken:
    """The answer for a delivery's row."""
    return Taken(delivery.id, delivery.state, tuple(jobs), fresh)
