import sqlite3

import pytest
from hypothesis import given, settings

from leakguard.artifacts import sqlite
from tests.artifacts import make_documents as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a": b"key=value", "b": "Größe 😀".encode(), "c": b"long " * 3000}


def made(script: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    return connection.serialize()


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_rows_come_as_lines(encoding: str) -> None:
    texts = list(sqlite.strings(make.sqlite(FILES, encoding)))
    assert b"id\tname\tvalue" in texts
    assert b"1\ta\tkey=value" in texts
    assert "2\tb\tGröße 😀".encode() in texts
    assert b"3\tc\t" + FILES["c"] in texts, "though it fills several pages"


def test_write_ahead_mode_does_not_matter() -> None:
    data = bytearray(make.sqlite(FILES))
    data[18:20] = b"\2\2"
    assert b"1\ta\tkey=value" in list(sqlite.strings(data))


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
def test_deleted_rows_are_still_there(encoding: str) -> None:
    data = make.sqlite({"a": b"b"}, encoding, {"x": b"deleted=" + b"y" * 40})
    assert any(b"deleted=" + b"y" * 40 in text for text in sqlite.strings(data))


def test_dropped_tables_are_still_there() -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION SELECT i + 1 FROM n WHERE i < 49)"
    rows = f"INSERT INTO t {numbers} SELECT 'dropped=' || i || '{'x' * 500}' FROM n;"  # noqa: S608
    script = f"PRAGMA secure_delete=OFF; CREATE TABLE t(a); {rows} DROP TABLE t;"
    text = b"\n".join(sqlite.strings(made(script)))
    assert all(b"dropped=%dx" % i in text for i in range(50))


def test_what_is_computed_is_not_computed() -> None:
    script = "CREATE TABLE t(a, b AS (hex(zeroblob(99999999)))); INSERT INTO t VALUES ('key=value')"
    assert list(sqlite.strings(made(script)))[1:] == [b"a", b"key=value"]


def test_statements_of_the_schema_come_too() -> None:
    data = made("CREATE TABLE t(a DEFAULT 'key=value'); CREATE VIEW v AS SELECT 'in a view'")
    text = b"\n".join(sqlite.strings(data))
    assert b"key=value" in text
    assert b"in a view" in text


def test_names_are_quoted() -> None:
    data = made("""CREATE TABLE "a ""b; --"("c "" d"); INSERT INTO "a ""b; --" VALUES ('row')""")
    assert b"row" in list(sqlite.strings(data))


def test_a_damaged_one_gives_what_is_printable() -> None:
    data = make.sqlite(FILES)
    assert any(
        b"key=value" in text for text in sqlite.strings(data[:100] + b"\xff" * 20 + data[120:])
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.sqlite(FILES), make.sqlite({}, deleted=FILES)]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(lambda d: list(sqlite.strings(d)), data)
