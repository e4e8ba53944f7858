"""Connections to the database, with SQLite and PostgreSQL alike."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

_BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another one in SQLite."""


class Database:
    """One database. Every session is one transaction: it ends with the `with` block.

    `engine` begins every transaction as a writer (SQLite has one writer at a time, and a reader
    that wants to write later would fail); `read` is for those that only read.
    """

    def __init__(self, url: str, *, pool: int = 20) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.engine = _sqlite(url, "IMMEDIATE") if self.sqlite else _postgresql(url, pool)
        self._reading = _sqlite(url, "DEFERRED") if self.sqlite else self.engine
        self._closed = False
        sa.event.listen(self.engine, "checkin", self._given_back)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed at the end, or rolled back by an exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Closes all connections; those that a thread still uses, when it gives them back."""
        self._closed = True
        self.engine.dispose()
        self._reading.dispose()

    def _given_back(self, _connection: Any, record: sa.pool.ConnectionPoolEntry) -> None:
        if self._closed:
            record.invalidate()


def _postgresql(url: str, pool: int) -> sa.Engine:
    return sa.create_engine(
        url, pool_size=pool, max_overflow=pool, pool_pre_ping=True, pool_recycle=1_800
    )


def _sqlite(url: str, mode: str) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"check_same_thread": False}, pool_size=20, max_overflow=40
    )

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in (
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",  # what was answered with 202 survives a power cut
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine
