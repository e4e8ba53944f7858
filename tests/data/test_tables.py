"""Tables of customers are found in the forms in which they leave, and look-alikes are not."""

import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.artifacts.verdict import is_made_up
from leakguard.data.forms import LEAST_BYTES, form_of
from leakguard.data.profile import judge
from leakguard.data.rows import tables_in
from leakguard.data.seen import Data
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Finding, Severity
from leakguard.pipe import run
from leakguard.policy import DataSettings, Policy
from leakguard.sources.files import FilesSource
from tests.artifacts.make_archives import tar, zipped
from tests.data.customers import (
    HEADER,
    as_avro,
    as_cards,
    as_copy,
    as_csv,
    as_inserts,
    as_json,
    as_ldif,
    as_lines,
    as_mbox,
    as_parquet,
    as_sqlite,
    as_xlsx,
    customers,
)
from tests.helpers import RULE

ROWS = customers(60)
MONEY = [(row.contact, "DE89 3704 0044 0532 0130 00", "x") for row in ROWS]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher([RULE])


def found(
    matcher: Matcher,
    folder: Path,
    name: str,
    data: bytes,
    settings: DataSettings = DataSettings(),
    policy: Policy = Policy(),
) -> list[Finding]:
    file = folder / "scanned" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    source = FilesSource(["."], root=str(folder / "scanned"))
    findings = run([source], matcher, policy, data=Data(settings)).findings
    return [it for it in findings if it.rule_id != "data-file"]


def story() -> bytes:
    """As it was stolen: who, and how much they use it, without a single address."""
    chance = random.Random(5)  # noqa: S311
    rows = [
        (row.organisation, str(chance.randrange(40)), str(chance.randrange(9999))) for row in ROWS
    ]
    return as_csv(rows, ("organisation", "accounts", "searches"))


EXPORTS = {
    "comma.csv": as_csv(ROWS),
    "semicolon.csv": as_csv(ROWS, mark=";"),
    "tabs.tsv": as_csv(ROWS, mark="\t"),
    "bom.csv": b"\xef\xbb\xbf" + as_csv(ROWS, ("name", *HEADER[1:])),
    "utf16.csv": as_csv(ROWS).decode().encode("utf-16"),
    "story.csv": story(),
    "list.json": as_json(ROWS),
    "lines.ndjson": as_lines(ROWS),
    "mysql.sql": as_inserts(ROWS),
    "postgres.sql": as_copy(ROWS),
    "crm.db": as_sqlite(ROWS),
    "book.xlsx": as_xlsx(ROWS),
    "contacts.vcf": as_cards(ROWS),
    "people.ldif": as_ldif(ROWS),
    "clients.parquet": as_parquet(ROWS),
    "clients.avro": as_avro(ROWS),
    "mail.mbox": as_mbox(ROWS),
    "packed.csv.gz": gzip.compress(as_csv(ROWS)),
    "backup.tgz": gzip.compress(tar({"a/mysql.sql": as_inserts(ROWS)})),
    "mail.zip": zipped({"export/book.xlsx": as_xlsx(ROWS)}),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_found_and_nothing_of_it_is_told(
    matcher: Matcher, tmp_path: Path, name: str
) -> None:
    findings = found(matcher, tmp_path, name, EXPORTS[name])

    assert [(it.rule_id, it.kind, it.severity) for it in findings] == [
        ("customer-table", "data", Severity.MEDIUM)
    ]
    told = repr(findings).lower()
    for row in ROWS:
        assert row.email not in told
        assert row.organisation.lower() not in told


def lines(*rows: Sequence[str], header: Sequence[str]) -> bytes:
    return as_csv(list(rows), header)


def test_the_first_customer_is_not_taken_for_names_of_columns(
    matcher: Matcher, tmp_path: Path
) -> None:
    headless = as_csv([(r.organisation, r.contact, r.phone, r.email) for r in ROWS]).split(
        b"\n", 1
    )[1]
    by_customer = json.dumps({ROWS[0].organisation: [row._asdict() for row in ROWS]}).encode()

    for name, data in (("a.csv", headless), ("b.json", by_customer)):
        findings = found(matcher, tmp_path, name, data)
        told = repr(findings)
        assert findings
        assert not any(cell in told for cell in ROWS[0][:4])
        (tmp_path / "scanned" / name).unlink()


LOOK_ALIKES = {
    "fake.csv": as_csv([(r.organisation, r.contact, f"user{n}@example.com", "", "")
                        for n, r in enumerate(ROWS)], ("login", "b", "mail", "d", "e")),
    "few.csv": as_csv(ROWS[:20]),
    "tests/fixtures/customers.csv": as_csv(ROWS),
    "db/seeds.sql": as_inserts(ROWS),
    "AUTHORS": "".join(f"{row.contact} <{row.email}>\n" for row in ROWS).encode(),
    "maintainers.csv": as_csv([(row.contact, row.email) for row in ROWS], ("name", "email")),
    "cities.csv": as_csv([(f"Bad {row.contact.split()[1]}{n}", "DE", str(n * 1000), str(50 + n / 9))
                          for n, row in enumerate(ROWS)],
                         ("city", "country", "population", "latitude")),
    "de.json": json.dumps([{"key": f"page.{n}", "text": f"Willkommen, {row.contact}"}
                           for n, row in enumerate(ROWS)]).encode(),
    "bench.csv": as_csv([(f"case {n}", str(n * 3), str(n / 7)) for n in range(99)],
                        ("name", "rounds", "seconds")),
    "iris.csv": as_csv([(str(n / 10), str(n / 7), "setosa") for n in range(150)],
                       ("sepal", "petal", "species")),
    "code.py": b"import os, sys\nfrom a import b, c\n" * 60,
    "packages.json": json.dumps([{"name": f"pkg-{n}", "version": "1.0", "license": "MIT"}
                                 for n in range(90)]).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_look_alike_is_not_told(matcher: Matcher, tmp_path: Path, name: str) -> None:
    assert found(matcher, tmp_path, name, LOOK_ALIKES[name]) == []


def iban(number: int) -> str:
    account = f"37040044{number:010}"
    digits = "".join(str(int(c, 36)) for c in f"{account}DE00")
    return f"DE{98 - int(digits) % 97:02}{account}"


def card(number: int) -> str:
    body = f"4{number:014}"
    doubled = (int(d) * (2 - at % 2) for at, d in enumerate(reversed(body)))
    return body + str(-sum(n // 10 + n % 10 for n in doubled) % 10)


@pytest.mark.parametrize(
    ("column", "make"),
    [
        ("konto", iban),
        ("pan", card),
        ("ssn", lambda number: f"{100 + number}-45-{6000 + number}"),
    ],
)
def test_names_beside_numbers_that_check_are_told(
    matcher: Matcher, tmp_path: Path, column: str, make: "object"
) -> None:
    assert callable(make)
    rows = [(f"{row.contact} {number}", make(number)) for number, row in enumerate(ROWS)]

    assert len(found(matcher, tmp_path, "a.csv", as_csv(rows, ("full name", column)))) == 1
    wrong = [(name, f"{text[:-1]}{'x'}") for name, text in rows]
    (tmp_path / "scanned" / "a.csv").unlink()
    assert found(matcher, tmp_path, "b.csv", as_csv(wrong, ("full name", column))) == []


def test_the_settings_say_how_much_makes_a_table(matcher: Matcher, tmp_path: Path) -> None:
    data = as_csv(ROWS[:20])

    assert found(matcher, tmp_path, "a.csv", data, DataSettings(rows=10))
    assert not found(matcher, tmp_path, "a.csv", data, DataSettings(rows=10, score=99))
    assert not found(matcher, tmp_path, "a.csv", as_csv(ROWS), DataSettings(tables=False))


def test_the_rule_can_be_disabled_and_a_table_excluded(matcher: Matcher, tmp_path: Path) -> None:
    data = as_csv(ROWS)
    disabled = Policy(disabled_rules=frozenset(["customer-table"]))

    assert not found(matcher, tmp_path, "a.csv", data, policy=disabled)
    assert not found(matcher, tmp_path, "a.csv", data, policy=Policy(excludes=("*.csv",)))
    assert not found(matcher, tmp_path, "a.csv", data, policy=Policy(min_severity=Severity.HIGH))


def test_a_table_deep_in_a_dump_is_found_with_its_line(matcher: Matcher, tmp_path: Path) -> None:
    filler = b"".join(
        b"INSERT INTO `log` VALUES (%d,'%s');\n" % (number, b"x" * 200) for number in range(20_000)
    )
    dump = b"-- MySQL dump 10.13\n" + filler + as_inserts(ROWS)

    findings = found(matcher, tmp_path, "a.sql", dump)

    assert [it.line for it in findings] == [
        dump[: dump.index(b"INSERT INTO `clients`")].count(b"\n") + 1
    ]


@given(st.binary(max_size=400))
def test_no_bytes_make_the_readers_fail(data: bytes) -> None:
    for form in ("delimited", "json", "sql", "vcard", "ldif", "mbox", "bom"):
        for table in tables_in(form, data):
            judge(table, 1, 1)
    form_of(data.ljust(LEAST_BYTES), 0, LEAST_BYTES)


@pytest.mark.parametrize(
    ("path", "made_up"),
    [
        ("tests/a.csv", True),
        ("src/fixtures/a.csv", True),
        ("db/seeds.sql", True),
        ("locales/de.json", True),
        ("a.zip!demo_data/x.csv", True),
        ("export/customers.csv", False),
        ("latest/contest.csv", False),
    ],
)
def test_paths_say_what_is_made_up(path: str, made_up: bool) -> None:
    assert is_made_up(path) is made_up
