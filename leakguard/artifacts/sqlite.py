"""SQLite databases: the texts of all tables, and what deleted rows left behind.

The database is read from memory by SQLite itself, with nothing in it executed: only columns that
hold values are asked for, of plain tables. Source: "Database File Format" and "Defense Against
The Dark Arts" on sqlite.org.
"""

import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from leakguard import limits
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.runs import runs
from leakguard.artifacts.sqlite_free import free_stretches

_WAL_AT = 18
"""Two bytes that say 2 in write-ahead mode, which a database in memory cannot have."""
_STEPS = 10_000
"""Steps of SQLite's machine between two looks at the clock."""
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, limits.ARTIFACT_WHOLE_BYTES),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, limits.MIB),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)
_TABLES = "SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"
_SCHEMA = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"


def strings(data: Buffer) -> Iterator[bytes]:
    """The schema's statements; for each table its columns' names and its rows, their values
    between tabs, as UTF-8; then what is printable in unused space.

    Where SQLite gives up (damaged, encrypted, out of time), what is printable in the whole file
    follows instead.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        yield from _live(connection, data)
    except (sqlite3.Error, AttributeError, ValueError, OverflowError):
        yield from runs(data)
    else:
        for stretch in free_stretches(data):
            yield from runs(stretch)
    finally:
        connection.close()


def _live(connection: sqlite3.Connection, data: Buffer) -> Iterator[bytes]:
    """Raises sqlite3.Error; AttributeError where Python was built without `deserialize`."""
    for limit, value in _LIMITS:
        connection.setlimit(limit, value)
    ends = time.monotonic() + limits.ARTIFACT_SQLITE_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    connection.text_factory = bytes
    image = bytearray(data)
    image[_WAL_AT : _WAL_AT + 2] = b"\1\1"
    connection.deserialize(image)
    for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {setting}")
    for (sql,) in connection.execute(_SCHEMA):
        yield _bytes(sql)
    damage: sqlite3.Error | None = None
    for name, root in connection.execute(_TABLES).fetchall():
        try:
            yield from _rows(connection, name) if root else ()
        except sqlite3.Error as error:
            damage = error
    if damage:
        raise damage


def _rows(connection: sqlite3.Connection, name: bytes) -> Iterator[bytes]:
    """A plain table's rows. Columns that are computed are left out: computing is executing."""
    columns = connection.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (_text(name),))
    plain = [_bytes(column) for column, hidden in columns if hidden == 0]
    if not plain:
        return
    yield b"\t".join(plain)
    listed = ", ".join(_quoted(column) for column in plain)
    for row in connection.execute(f"SELECT {listed} FROM {_quoted(name)} NOT INDEXED"):  # noqa: S608
        yield b"\t".join(_bytes(value) for value in row)


def _quoted(name: bytes) -> str:
    return '"' + _text(name).replace('"', '""') + '"'


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _bytes(value: Any) -> bytes:
    """A value as text. Bytes are taken to be text: what else they are, nobody says."""
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode()
