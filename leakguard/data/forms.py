"""Says by a few bytes at its front whether a blob may hold a table, and of which form.

Asked for every blob, and loaded by every hook: written for speed, and apart from what reads tables.
"""

import re
from typing import Final

Buffer = bytes | bytearray

_DELIMITERS: Final = (b",", b";", b"\t", b"|")
_LINE_MOST: Final = 4096
LEAST_BYTES: Final = 400
"""A smaller blob is no table."""

COLUMNAR: Final = "columnar"
"""Parquet and Avro: read whole, by libraries."""

_FORMS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"-- ", "sql"), (b"--\n", "sql"), (b"/*!", "sql"), (b"INSERT ", "sql"), (b"CREATE ", "sql"),
    (b"SET ", "sql"), (b"DROP ", "sql"), (b"PRAGMA ", "sql"), (b"BEGIN;", "sql"),
    (b"BEGIN TRANSACTION", "sql"), (b"COPY ", "sql"), (b"\n--", "sql"), (b"insert ", "sql"),
    (b"create ", "sql"), (b"BEGIN:VCARD", "vcard"), (b"dn: ", "ldif"), (b"version: 1\n", "ldif"),
    (b"# LDIF", "ldif"), (b"# extended LDIF", "ldif"), (b"From ", "mbox"),
    (b"\xef\xbb\xbf", "bom"), (b"PAR1", COLUMNAR), (b"Obj\x01", COLUMNAR),
)  # fmt: skip
_BY_PAIR: Final[dict[int, list[tuple[bytes, str]]]] = {}
"""The forms by their first two bytes, as one number."""
for _text, _form in _FORMS:
    _BY_PAIR.setdefault(_text[0] << 8 | _text[1], []).append((_text, _form))
_CELL: Final = frozenset(range(ord("0"), ord("9") + 1)) | frozenset(
    byte for byte in range(256) if byte > 127 or chr(byte).isalpha() or chr(byte) in "\"',;\t|_"
)
"""How the first cell of a table may begin: most source files begin in another way."""


def form_of(data: Buffer, start: int, end: int) -> str:
    """What kind of table `data[start:end]` may hold, of LEAST_BYTES or more; empty for none.

    Runs for every blob that is large enough.
    """
    byte = data[start]
    if byte in b"{[":
        return _json_at(data, start, end)
    for text, form in _BY_PAIR.get(byte << 8 | data[start + 1], ()):
        if data.startswith(text, start):
            return form
    return "delimited" if byte in _CELL and _has_columns(data, start) else ""


def _has_columns(data: Buffer, start: int) -> bool:
    """Whether the first two lines have some delimiter equally often."""
    first = data.find(b"\n", start, start + _LINE_MOST)
    second = data.find(b"\n", first + 1, first + _LINE_MOST) if first > start else 0
    if second <= first + 1:
        return False
    for delimiter in _DELIMITERS:
        count = data.count(delimiter, start, first)
        if count and data.count(delimiter, first, second) == count:
            return True
    return False


def _json_at(data: Buffer, start: int, end: int) -> str:
    """Whether it begins as an array of objects, lines of objects, or an object that has some."""
    if data.find(b"[{", start, start + _LINE_MOST) >= 0:
        return "json"
    head = bytes(data[start : min(end, start + _LINE_MOST)])
    # Compiled when it is asked for: most scans of a hook meet no such blob.
    return "json" if re.search(rb"\[\s+\{|\A\{[^\n]*\}\r?\n\{", head) else ""
