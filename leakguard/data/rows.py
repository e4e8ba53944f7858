"""Texts in, tables out: rows of delimited files, JSON, SQL dumps, address books, mail stores.

Whether a text may hold a table at all says forms.py; of each table no more than a sample is read.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Any, Final, NamedTuple

from leakguard import limits
from leakguard.data.forms import COLUMNAR


class Table(NamedTuple):
    """A sample of a table."""

    name: str
    """What the file calls it; empty when it has no name."""
    header: tuple[str, ...]
    """Names of the columns; empty texts when there are none."""
    rows: list[tuple[str, ...]]
    line: int = 1
    """Where it begins in the text, from 1."""


_LINE_MOST: Final = 4096
_JSON_DEPTH: Final = 3
_REGULAR: Final = 0.7
"""Least part of a table's lines that have as many delimiters as the first: a cell may hold some."""
_LINES_ASKED: Final = 100
"""Lines by which the delimiter is found."""


def tables_in(form: str, data: bytes) -> Iterator[Table]:
    """The tables of a text, a sample of each; nothing for what turns out to be none.

    Raises ImportError for a form that a library reads which is not there.
    """
    if form == COLUMNAR:
        from leakguard.data.columnar import columnar  # most scans meet none

        yield from columnar(data)
        return
    text = _decoded(data)
    try:
        yield from _READERS[form](text)
    except (csv.Error, ValueError, RecursionError):
        return


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        # A sample may end within a character.
        text = data.decode("utf-8", "replace")
        return text if text.count("\ufffd") <= 1 else data.decode("latin-1")


def _delimited(text: str) -> Iterator[Table]:
    """By the delimiter that most lines have as often as the first one."""
    text = text.removeprefix("\ufeff")
    lines = text.splitlines()[: limits.TABLE_SAMPLE_ROWS + 1]
    if not lines:
        return
    delimiter = delimiter_of("\n".join(lines[:_LINES_ASKED]))
    width = lines[0].count(delimiter)
    if sum(line.count(delimiter) >= width for line in lines) < _REGULAR * len(lines):
        return
    rows = list(islice(csv.reader(StringIO(text), delimiter=delimiter), len(lines)))
    yield from _with_header("", [tuple(row) for row in rows if row])


def delimiter_of(text: str) -> str:
    """What stands between the cells of most lines."""
    lines = text.splitlines()[:_LINES_ASKED]
    return max(",;\t|", key=lambda mark: _regular(lines, mark)) if lines else ","


def _regular(lines: Sequence[str], mark: str) -> int:
    count = lines[0].count(mark)
    return sum(line.count(mark) >= count for line in lines) * count if count else 0


def _with_header(name: str, rows: list[tuple[str, ...]], line: int = 1) -> Iterator[Table]:
    """A table whose first row may be its header: one without digits or addresses."""
    if not rows or len(rows[0]) < 2:
        return
    width = len(rows[0])
    body = [row for row in rows[1:] if len(row) == width]
    if all(cell and not cell[0].isdigit() and "@" not in cell for cell in rows[0]):
        yield Table(name, rows[0], body, line)
    else:
        yield Table(name, ("",) * width, [rows[0], *body], line)


def _tabbed(text: str) -> Iterator[Table]:
    """Lines of values between tabs, as databases come out of their files: a table for each run of
    lines with as many tabs."""
    run: list[tuple[str, ...]] = []
    for number, line in enumerate([*text.split("\n"), ""]):
        cells = tuple(line.split("\t"))
        if run and len(cells) == len(run[0]):
            if len(run) <= limits.TABLE_SAMPLE_ROWS:
                run.append(cells)
            continue
        yield from _with_header("", run, number - len(run) + 1)
        run = [cells] if len(cells) > 1 else []


def _json(text: str) -> Iterator[Table]:
    """Lists of objects, wherever they are in it; an object a line; a list that is cut off."""
    text = text.removeprefix("\ufeff").lstrip()
    try:
        yield from _lists("", json.loads(text), _JSON_DEPTH)
    except json.JSONDecodeError:
        yield from _of_objects("", _cut_objects(text))


def _cut_objects(text: str) -> Iterator[Any]:
    """Objects that follow one another, up to where the sample ends."""
    decoder = json.JSONDecoder()
    at = text.find("{", 0 if text.startswith("{") else text.find("["))
    start = text.find("[{")
    if text.startswith("{") and "\n{" not in text[:_LINE_MOST] and start >= 0:
        at = start + 1
    for _ in range(limits.TABLE_SAMPLE_ROWS):
        if at < 0:
            return
        try:
            found, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return
        yield found
        at = text.find("{", end)


def _lists(name: str, value: Any, depth: int) -> Iterator[Table]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        yield from _of_objects(name, value)
    elif depth and isinstance(value, dict):
        for key, inner in islice(value.items(), limits.TABLE_SAMPLE_ROWS):
            if isinstance(inner, dict | list):
                yield from _lists(str(key), inner, depth - 1)


def _of_objects(name: str, objects: Iterable[Any]) -> Iterator[Table]:
    """A table of objects, their own objects flattened once (`profile.real_name`)."""
    flat = [
        _flat(item) for item in islice(objects, limits.TABLE_SAMPLE_ROWS) if isinstance(item, dict)
    ]
    header = tuple(dict.fromkeys(key for item in flat[: limits.TABLE_ROWS] for key in item))
    if flat and len(header) > 1:
        yield Table(name, header, [tuple(item.get(key, "") for key in header) for item in flat])


def _flat(item: Mapping[Any, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in item.items():
        if isinstance(value, dict):
            found |= {f"{key}.{k}": _cell(v) for k, v in value.items()}
        else:
            found[str(key)] = _cell(value)
    return found


def _cell(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _sql(text: str) -> Iterator[Table]:
    """Of INSERT and COPY statements, a table for each name; what SQLite holds, by its tabs."""
    if text.startswith("CREATE "):
        yield from _tabbed(text)
    if "INSERT" not in text and "insert" not in text and "COPY" not in text:
        return
    from leakguard.data.statements import tables  # its patterns take a while to compile

    for name, header, rows, line in tables(text):
        yield Table(name, header, rows, line)


def _cards(text: str) -> Iterator[Table]:
    """vCards (RFC 6350): a row each."""
    yield from _of_objects(
        "contacts", _blocks(text, "BEGIN:VCARD", re.compile(r"(?m)^(\w+)[^:\n]*:(.*)$"))
    )


def _ldif(text: str) -> Iterator[Table]:
    """Entries of a directory (RFC 2849): a row each."""
    yield from _of_objects("directory", _blocks(text, "\ndn: ", re.compile(r"(?m)^(\w+): (.*)$")))


def _mbox(text: str) -> Iterator[Table]:
    """Messages of a mail store (RFC 4155): their heads, a row each."""
    yield from _of_objects(
        "mail", _blocks(f"\n{text}", "\nFrom ", re.compile(r"(?m)^(From|To|Subject|Date): (.*)$"))
    )


def _blocks(text: str, between: str, pair: "re.Pattern[str]") -> Iterator[dict[str, str]]:
    for block in text.split(between)[: limits.TABLE_SAMPLE_ROWS]:
        found: dict[str, str] = {}
        for name, value in pair.findall(block[:_LINE_MOST]):
            found.setdefault(name.lower(), value.strip())
        if found:
            yield found


_READERS: Final[Mapping[str, Callable[[str], Iterator[Table]]]] = {
    "delimited": _delimited,
    "bom": _delimited,
    "json": _json,
    "sql": _sql,
    "vcard": _cards,
    "ldif": _ldif,
    "mbox": _mbox,
}
