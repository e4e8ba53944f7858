"""Engines on databases of both kinds, and workers as processes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
import sqlalchemy as sa

from leakguard_service.crypto import Keyring
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Base
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs import transact
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.port import NewJob
from leakguard_service.settings import Settings
from tests.service.conftest import KEY
from tests.service.jobs import play
from tests.service.jobs.process import Given
from tests.service.jobs.process import start as start_process

Starter = Callable[..., BaseProcess]


@dataclass(frozen=True, slots=True)
class World:
    """A database, an engine that works, and the book in which its jobs write."""

    db: Database
    engine: DbosEngine
    book: play.Book

    def put(self, *jobs: NewJob) -> list[bool]:
        return play.put(self.db, self.engine, *jobs)

    def row(self, job_id: str) -> Job:
        return play.row(self.db, job_id)

    def end(self) -> None:
        """Waits until no job is unfinished."""
        play.until(lambda: play.unended(self.db) == 0)


@pytest.fixture
def book(settings: Settings) -> play.Book:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return play.Book(settings.data_dir / "book")


@pytest.fixture
def db(database: Database) -> Database:
    """A database of each kind with the engine's tables, a tenant and its repositories."""
    transact.prepare(database)
    play.fill(database, Keyring([KEY]))
    return database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One of each kind for all tests of a module, with a worker in this process."""
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(data_dir=folder, secret_key=KEY, _env_file=None)
    sqlite = request.param == "sqlite"
    db = Database(settings.url() if sqlite else request.getfixturevalue("postgresql_url"))
    clear(db)
    transact.prepare(db)
    play.fill(db, Keyring([KEY]))
    world = World(db, DbosEngine(db, settings, lease=2.0, beat=0.3), play.Book(folder / "book"))
    world.engine.start(play.handlers(world.book), play.failed(world.book), 4)
    yield world
    world.engine.stop()
    db.close()


@pytest.fixture
def lite(sqlite: Database) -> Database:
    """The same, SQLite only."""
    transact.prepare(sqlite)
    play.fill(sqlite, Keyring([KEY]))
    return sqlite


@pytest.fixture
def large(postgresql_url: str) -> Iterator[Database]:
    """The same, PostgreSQL only."""
    db = Database(postgresql_url)
    clear(db)
    transact.prepare(db)
    play.fill(db, Keyring([KEY]))
    yield db
    db.close()


def clear(db: Database) -> None:
    from leakguard_service.db import work_tables  # noqa: F401 - registers its tables

    if db.sqlite:
        Base.metadata.create_all(db.engine)
        return
    with db.engine.begin() as connection:
        for schema in ("public", "dbos"):
            connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    Base.metadata.create_all(db.engine)


@pytest.fixture
def start(settings: Settings) -> Iterator[Starter]:
    """Starts workers as processes, which are killed at the end."""
    processes: list[BaseProcess] = []

    def started(db: Database, **given: Any) -> BaseProcess:
        processes.append(start_process(db, settings.data_dir, Given(**given)))
        return processes[-1]

    yield started
    for process in processes:
        process.kill()
        process.join()


@pytest.fixture
def engines(settings: Settings) -> Iterator[Callable[..., DbosEngine]]:
    """Makes engines of this process, which are stopped at the end."""
    made: list[DbosEngine] = []

    def make(
        db: Database, *, lease: float = 2.0, beat: float = 0.3, stray: float = 60.0
    ) -> DbosEngine:
        made.append(DbosEngine(db, settings, lease=lease, beat=beat, stray=stray))
        return made[-1]

    yield make
    for engine in made:
        engine.stop()
