"""Where records for an index come from."""

import sqlite3
from pathlib import Path

import pytest

from leakguard.data.records import read_records
from leakguard.errors import UsageError
from tests.data.customers import HEADER, as_csv, as_parquet, as_sqlite, as_xlsx, customers

ROWS = customers(40)


@pytest.mark.parametrize(
    "data",
    [
        as_csv(ROWS),
        as_csv(ROWS, mark=";"),
        as_csv(ROWS).decode().encode("utf-16"),
        as_xlsx(ROWS),
        as_parquet(ROWS),
        as_sqlite(ROWS),
    ],
    ids=["csv", "semicolons", "utf-16", "xlsx", "parquet", "sqlite"],
)
def test_records_are_read_from_any_of_these(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a"
    file.write_bytes(data)

    found = read_records(str(file), "", ["email", "organisation"])

    assert list(found.names) == ["email", "organisation"]
    assert [tuple(row) for row in found.rows] == [(row.email, row.organisation) for row in ROWS]


@pytest.mark.parametrize("scheme", ["", "sqlite:///"])
def test_records_are_read_by_a_query(tmp_path: Path, scheme: str) -> None:
    file = tmp_path / "a.db"
    file.write_bytes(as_sqlite(ROWS))

    found = read_records(f"{scheme}{file}", "SELECT email, seats AS n FROM clients LIMIT 2", [])

    assert list(found.names) == ["email", "n"]
    assert [row[0] for row in found.rows] == [row.email for row in ROWS[:2]]


def test_all_columns_without_any_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(as_csv(ROWS))

    assert list(read_records(str(tmp_path / "a.csv"), "", []).names) == list(HEADER)


def test_short_rows_are_filled_and_empty_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n\n3\n4,5,6\n")

    found = read_records(str(tmp_path / "a.csv"), "", [])

    assert [list(row) for row in found.rows] == [["1", "2"], ["3", ""], ["4", "5"]]


def test_what_cannot_be_read_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04nothing")
    (tmp_path / "a.csv").write_bytes(as_csv(ROWS))
    connection = sqlite3.connect(tmp_path / "none.db")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    cases = [
        (str(tmp_path / "gone"), "", []),
        (str(tmp_path / "empty"), "", []),
        (str(tmp_path / "bad.xlsx"), "", []),
        (str(tmp_path / "none.db"), "", []),
        (str(tmp_path / "a.csv"), "", ["no such"]),
        (str(tmp_path / "none.db"), "SELECT nothing FROM nowhere", []),
        ("sqlite:////nowhere/pass:word@host/x", "SELECT 1 FROM nowhere", []),
        ("nosuch://user:hidden@host/x", "SELECT 1", []),
    ]
    for source, query, columns in cases:
        with pytest.raises(UsageError) as error:
            read_records(source, query, columns)
        assert "\n" not in str(error.value)
        assert "hidden" not in str(error.value)
