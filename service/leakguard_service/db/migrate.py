"""Brings the database to this version's tables. Safe to run by several processes at once."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from leakguard_service.db.engine import Database
from leakguard_service.errors import SettingsError

_LOCK: Final = 0x1EAC6A4D
"""Number of PostgreSQL's advisory lock that only one migrating process holds. SQLite's writer
lock does the same by itself."""


def migrate(database: Database) -> None:
    """Runs the steps that are missing, in one transaction.

    Raises SettingsError when the tables belong to a newer version of leakguard.
    """
    with database.engine.begin() as connection:
        if not database.sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config = _config()
        config.attributes["connection"] = connection
        there = MigrationContext.configure(connection).get_current_revision()
        known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
        if there is not None and there not in known:
            raise SettingsError(
                f"the database is at step {there}, which this version does not know:"
                " start the version of leakguard that was used last, or a newer one"
            )
        command.upgrade(config, "head")


def step(database: Database) -> str:
    """The step the database is at; empty for none."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
