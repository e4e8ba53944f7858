"""The tables and the steps that make them."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from leakguard_service.db import migrate as steps
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Base, Occurrence, Repository
from leakguard_service.settings import Settings
from tests.service.conftest import add_connection, add_repository, add_tenant, make_service


def test_rows_come_back_as_they_were(database: Database, settings: Settings) -> None:
    service = make_service(settings, database)
    tenant = add_tenant(service)
    repository = add_repository(service, add_connection(service, tenant), "acme/\udcff\0app")

    with database.read() as session:
        row = session.get_one(Repository, repository)

    assert row.full_name == "acme/\\udcff\\0app"
    assert row.created_at.tzinfo is not None


def test_a_connection_that_is_given_back_after_the_end_is_closed(database: Database) -> None:
    with database.engine.connect() as late:
        held = late.connection.dbapi_connection
        database.close()

    assert held is not None
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError)):
        held.cursor().execute("SELECT 1")


def test_steps_make_the_tables_that_the_code_knows(database: Database) -> None:
    Base.metadata.drop_all(database.engine)

    steps.migrate(database)
    steps.migrate(database)

    with database.engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert [item for item in difference if "dbos" not in str(item)] == []
    assert "alembic_version" in sa.inspect(database.engine).get_table_names()


def test_rows_of_an_older_step_are_kept(database: Database) -> None:
    Base.metadata.drop_all(database.engine)
    tables = sa.MetaData()
    with database.engine.begin() as connection:
        config = steps._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables.reflect(connection, only=["occurrence"])
        for table in tables.sorted_tables:
            connection.execute(table.insert().values(**_values(table)))

    steps.migrate(database)

    with database.read() as session:
        place = session.scalars(sa.select(Occurrence)).one()
        assert (place.path, place.context) == ("path", "")


def _values(table: sa.Table) -> dict[str, Any]:
    """Something for each column that must have something."""
    by_type: dict[type[Any], Any] = {
        sa.Boolean: False,
        sa.DateTime: datetime(2026, 1, 1, tzinfo=UTC),
        sa.JSON: {},
    }
    return {
        column.name: 1
        if isinstance(column.type, sa.Integer)
        else next((by_type[kind] for kind in by_type if isinstance(column.type, kind)), column.name)
        for column in table.columns
        if not column.nullable
    }
