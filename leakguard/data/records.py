"""Where records for an index come from: CSV, XLSX, Parquet, SQLite, or a query to a database."""

import csv
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from leakguard.artifacts.budget import Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.workbook import sheets
from leakguard.artifacts.zip import tree
from leakguard.data.rows import delimiter_of
from leakguard.errors import UsageError

Row = Sequence[str]

_SNIFFED: Final = 64 * 1024
"""Characters by which the delimiter of a file is found."""


class Records(NamedTuple):
    """The names of columns, and rows that have as many."""

    names: Sequence[str]
    rows: Iterator[Row]


def read_records(source: str, query: str, columns: Sequence[str]) -> Records:
    """The records of a file, or those that a query gives; only the columns that are named.

    `source` is a path, or for a query an address as SQLAlchemy takes it or the path of an SQLite
    file. Raises UsageError for what cannot be read and for a column that is not there.
    """
    found = _queried(source, query) if query else _of_file(Path(source))
    if not columns:
        return found
    missing = [name for name in columns if name not in found.names]
    if missing:
        raise UsageError(
            f"{_shown(source)} has no column `{missing[0]}`: use some of {', '.join(found.names)}"
        )
    places = [list(found.names).index(name) for name in columns]
    rows = ([row[at] for at in places] for row in found.rows)
    return Records(columns, rows)


def _of_file(path: Path) -> Records:
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    reader = next((read for magic, read in _READERS.items() if head.startswith(magic)), _csv)
    return reader(path)


def _csv(path: Path) -> Records:
    """A table between commas, semicolons, tabs or bars; its first row names the columns."""
    encoding = "utf-16" if path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        delimiter = delimiter_of(stream.read(_SNIFFED))
    rows = _csv_rows(path, encoding, delimiter)
    names = next(rows, None)
    if not names:
        raise UsageError(f"{path} is empty: an index needs records")
    return Records([name.strip() for name in names], _as_wide(rows, len(names)))


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        try:
            yield from csv.reader(stream, delimiter=delimiter)
        except csv.Error as error:
            raise UsageError(f"{path} is no table: {error}") from error


def _as_wide(rows: Iterator[Row], width: int) -> Iterator[Row]:
    """Rows with as many cells as there are columns; empty rows are left out."""
    for row in rows:
        if any(row):
            yield [*row[:width], *[""] * (width - len(row))]


def _xlsx(path: Path) -> Records:
    """The first sheet that has rows."""
    budget = Budget()
    try:
        with path.open("rb") as stream:
            book = tree(Content(stream.read, budget), budget)
        texts = [text for _, text in sheets(book, budget) if text]
    except Exception as error:
        raise UsageError(f"{path} is no workbook: {type(error).__name__}") from error
    if not texts:
        raise UsageError(f"{path} has no rows: an index needs records")
    rows = (line.decode("utf-8", "replace").split("\t") for line in texts[0].split(b"\n"))
    names = next(rows)
    return Records(names, _as_wide(rows, len(names)))


def _parquet(path: Path) -> Records:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            f"{path} is a Parquet file: `pip install 'leakguard[data]'` lets it be read"
        ) from error
    table = parquet.ParquetFile(path)
    return Records(table.schema_arrow.names, _batches(table))


def _batches(table: Any) -> Iterator[Row]:
    for batch in table.iter_batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield [_text(value) for value in row]


def _sqlite(path: Path) -> Records:
    """The largest table."""
    with closing(_opened(path)) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]  # noqa: S608
            for name in names
        }
    if not counts:
        raise UsageError(f"{path} has no table: an index needs records")
    largest = max(counts, key=counts.__getitem__)
    return _sqlite_query(path, f"SELECT * FROM {_quoted(largest)}")  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _opened(path: Path) -> sqlite3.Connection:
    """For reading only."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _sqlite_query(path: Path, query: str) -> Records:
    connection = _opened(path)
    try:
        cursor = connection.execute(query)
    except sqlite3.Error as error:
        connection.close()
        raise UsageError(f"{path}: the query cannot be run: {error}") from error
    names = [column[0] for column in cursor.description]
    return Records(names, _fetched(connection, cursor))


def _fetched(connection: sqlite3.Connection, cursor: sqlite3.Cursor) -> Iterator[Row]:
    with closing(connection):
        for row in cursor:
            yield [_text(value) for value in row]


def _queried(source: str, query: str) -> Records:
    if "://" not in source:
        return _sqlite_query(Path(source), query)
    try:
        import sqlalchemy
    except ImportError as error:
        raise UsageError(
            "a query to a database needs SQLAlchemy: `pip install 'leakguard[data]'`"
        ) from error
    try:
        engine = sqlalchemy.create_engine(source)
        connection = engine.connect()
        result = connection.execution_options(stream_results=True).execute(sqlalchemy.text(query))
    except Exception as error:
        # Its text may hold the address with a password, or a row.
        raise UsageError(
            f"{_shown(source)}: the query cannot be run ({type(error).__name__})"
        ) from error
    rows = ([_text(value) for value in row] for row in result)
    return Records(list(result.keys()), rows)


def _shown(source: str) -> str:
    """The source without what may be a password."""
    scheme, sign, rest = source.partition("://")
    return f"{scheme}{sign}…{rest.rpartition('@')[2]}" if sign else source


def _text(value: object) -> str:
    return "" if value is None else str(value)


_READERS: Final[Mapping[bytes, Callable[[Path], Records]]] = {
    b"PK\x03\x04": _xlsx,
    b"PAR1": _parquet,
    b"SQLite format 3\0": _sqlite,
}
"""By how a file begins; everything else is taken to be a table between delimiters."""
