"""Jobs that write down what happens to them, and processes that do them."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from leakguard_service.crypto import Keyring
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Connection, Repository, Tenant
from leakguard_service.db.work_tables import Job
from leakguard_service.errors import Hopeless, Later
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.port import Handler, NewJob, Steps, Task
from leakguard_service.nouns import JobKind
from tests.helpers import PATIENCE_SECONDS

REPOSITORIES = 8
HELD = -1.0
"""As the seconds of a step: until the test says `book.release(job)`, however slow it all is."""


class Book:
    """Lines of a file that several processes append to: `moment what job pid`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, what: str, job: str) -> None:
        line = f"{time.time():.6f} {what} {job} {os.getpid()}\n"
        opened = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(opened, line.encode())
        finally:
            os.close(opened)

    def release(self, *jobs: NewJob) -> None:
        """Lets the steps of these jobs that are HELD go on, and those that come."""
        for one in jobs:
            self.write("go", one.id)

    def lines(self) -> list[tuple[float, str, str, int]]:
        if not self.path.exists():
            return []
        parts = [line.split() for line in self.path.read_text().splitlines()]
        return [(float(at), what, job, int(pid)) for at, what, job, pid in parts]

    def times(self, what: str, job: str) -> int:
        return sum(line[1:3] == (what, job) for line in self.lines())

    def first(self, what: str, job: str) -> float:
        return min(line[0] for line in self.lines() if line[1:3] == (what, job))


def play(book: Book) -> Handler:
    """A handler that does what the job's arguments say; see `job`."""

    def handler(task: Task, steps: Steps) -> Mapping[str, Any]:
        book.write("begin", task.id)
        done = 0
        for name, seconds in task.arguments.get("steps", [["only", 0.0]]):
            done += steps.run(name, _part(book, task, name, seconds))
        book.write("end", task.id)
        return {"done": done}

    return handler


def _part(book: Book, task: Task, name: str, seconds: float) -> Callable[[], int]:
    def part() -> int:
        book.write(name, task.id)
        if seconds == HELD:
            until(lambda: book.times("go", task.id), 2 * PATIENCE_SECONDS)
        else:
            time.sleep(seconds)
        if name == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "fail":
            raise ValueError("text of a repository")
        if name == "hopeless":
            raise Hopeless("the repository is gone")
        if name == "later" and book.times(name, task.id) < 4:
            raise Later("rate limit", 0.3, waited=True)
        book.write(f"{name}-done", task.id)
        return 1

    return part


def handlers(book: Book) -> Mapping[JobKind, Handler]:
    return dict.fromkeys(JobKind, play(book))


def failed(book: Book) -> Callable[[Task, str], None]:
    return lambda task, _reason: book.write("told", task.id)


def job(
    kind: JobKind, name: str, *steps: tuple[str, float], repository: int = 1, delay: float = 0.0
) -> NewJob:
    """A job with these steps: names and seconds. `die`, `fail`, `hopeless` and `later` do that."""
    by = repository if kind in (JobKind.PUSH, JobKind.BACKFILL, JobKind.RECONCILE) else None
    return NewJob(
        id=f"{kind}:{repository}:{name}",
        kind=kind,
        tenant_id=1,
        repository_id=by,
        arguments={"steps": [list(step) for step in steps] or [["only", 0.0]]},
        delay=delay,
    )


def fill(db: Database, keyring: Keyring) -> None:
    """A tenant with some repositories, numbered from 1."""
    with db.write() as session:
        tenant = Tenant(name="default", identity_key=keyring.seal("key"))
        session.add(tenant)
        session.flush()
        connection = Connection(
            tenant_id=tenant.id,
            forge="github",
            name="github",
            hook="hook",
            web_url="https://github.com",
            api_url="https://github.com",
            secret=keyring.seal("hook-words"),
        )
        session.add(connection)
        session.flush()
        for number in range(1, REPOSITORIES + 1):
            session.add(
                Repository(
                    tenant_id=tenant.id,
                    connection_id=connection.id,
                    forge_id=str(number),
                    full_name=f"acme/app{number}",
                    default_branch="main",
                )
            )


def put(db: Database, engine: DbosEngine, *jobs: NewJob) -> list[bool]:
    with db.write() as session:
        return [engine.enqueue(session, one) for one in jobs]


def row(db: Database, job_id: str) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def unended(db: Database) -> int:
    with db.read() as session:
        asked = sa.select(sa.func.count()).where(Job.state.in_(("queued", "running")))
        return session.execute(asked).scalar() or 0


def until(true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for it. Fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited for nothing"
        time.sleep(0.02)
