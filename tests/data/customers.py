"""Customers that nobody has, and files of them in the forms in which they leave a company."""

import csv
import io
import json
import random
import sqlite3
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

# fmt: off
_FIRST = (
    "Anna", "Bert", "Clara", "Dieter", "Eva", "Frank", "Greta", "Hans", "Ida", "Jonas", "Karla",
    "Lars", "Mona", "Nils", "Olga",
)
_LAST = (
    "Alster", "Brenner", "Crohn", "Dunkel", "Ebers", "Fiedler", "Gruber", "Haller", "Imhof",
    "Jansen", "Keller",
)
_NAME = (
    "Amber", "Boreal", "Cedar", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Indigo",
    "Juniper", "Krypton", "Lumen",
)
_TRADE = (
    "Logistics", "Consulting", "Foods", "Energy", "Partners", "Analytics", "Software", "Trading",
    "Media",
)
# fmt: on
_FORM = ("GmbH", "Ltd", "Inc", "LLC", "AG")

HEADER = ("organisation", "contact", "email", "phone", "seats")


class Customer(NamedTuple):
    """One row."""

    organisation: str
    contact: str
    email: str
    phone: str
    seats: str


def customers(count: int, seed: int = 1) -> list[Customer]:
    """So many, each with an address of its own."""
    chance = random.Random(seed)  # noqa: S311 - it must be the same each time
    rows = []
    for number in range(count):
        name, trade = chance.choice(_NAME), chance.choice(_TRADE)
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        house = f"{name}{chance.choice(_NAME)}{number}".lower()
        rows.append(
            Customer(
                f"{name} {chance.choice(_NAME)} {number} {trade} {chance.choice(_FORM)}",
                f"{first} {last}",
                f"{first}.{last}{number}@{house}.de".lower(),
                f"+49 171 {chance.randrange(10**6, 10**7)}",
                str(chance.randrange(1, 500)),
            )
        )
    return rows


def as_csv(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, mark: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def as_json(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    objects = [dict(zip(header, row, strict=True)) for row in rows]
    return json.dumps({"customers": objects}, indent=1).encode()


def as_lines(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    objects = (json.dumps(dict(zip(header, row, strict=True))) for row in rows)
    return "".join(f"{text}\n" for text in objects).encode()


def as_inserts(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    values = ",".join("(" + ",".join(f"'{cell}'" for cell in row) + ")" for row in rows)
    columns = ", ".join(f"`{name}`" for name in header)
    return f"-- MySQL dump 10.13\n\nINSERT INTO `clients` ({columns}) VALUES {values};\n".encode()


def as_copy(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    lines = "".join("\t".join(row) + "\n" for row in rows)
    head = f"COPY public.clients ({', '.join(header)}) FROM stdin;\n"
    return f"--\n-- PostgreSQL database dump\n--\n\n{head}{lines}\\.\n".encode()


def as_sqlite(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE clients ({', '.join(header)})")
    marks = ", ".join("?" * len(header))
    connection.executemany(f"INSERT INTO clients VALUES ({marks})", rows)  # noqa: S608
    connection.commit()
    return connection.serialize()


def as_xlsx(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    """With all texts in a file of their own, as Excel writes them."""
    texts = list(dict.fromkeys(cell for row in [header, *rows] for cell in row))
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    lines = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + column)}{number}" t="s"><v>{texts.index(cell)}</v></c>'
            for column, cell in enumerate(row)
        )
        + "</row>"
        for number, row in enumerate([header, *rows], 1)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<?xml version='1.0'?><workbook/>")
        book.writestr("xl/sharedStrings.xml", f"<?xml version='1.0'?><sst>{shared}</sst>")
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f"<?xml version='1.0'?><worksheet><sheetData>{lines}</sheetData></worksheet>",
        )
    return out.getvalue()


def as_cards(rows: Sequence[Customer]) -> bytes:
    return "".join(
        f"BEGIN:VCARD\nVERSION:3.0\nFN:{row.contact}\nORG:{row.organisation}\n"
        f"EMAIL;TYPE=work:{row.email}\nTEL:{row.phone}\nEND:VCARD\n"
        for row in rows
    ).encode()


def as_ldif(rows: Sequence[Customer]) -> bytes:
    return "".join(
        f"dn: cn={number},ou=clients\ncn: {row.contact}\no: {row.organisation}\n"
        f"mail: {row.email}\ntelephoneNumber: {row.phone}\n\n"
        for number, row in enumerate(rows)
    ).encode()


def as_parquet(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    import pyarrow
    from pyarrow import parquet

    columns = {name: [row[at] for row in rows] for at, name in enumerate(header)}
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def as_avro(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    import fastavro

    fields = [{"name": name, "type": "string"} for name in header]
    out = io.BytesIO()
    schema = {"type": "record", "name": "client", "fields": fields}
    fastavro.writer(out, schema, [dict(zip(header, row, strict=True)) for row in rows])
    return out.getvalue()


def as_mbox(rows: Sequence[Customer]) -> bytes:
    return "".join(
        f"From x@y Thu Jan  1 00:00:00 2026\nFrom: {row.email}\nTo: Sales <s@own-house.de>\n"
        f"Subject: Contract of {row.organisation}\n\nText\n\n"
        for row in rows
    ).encode()
