"""SQL dumps: the rows of INSERT and COPY statements."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from leakguard import limits

_INSERT = re.compile(
    r"(?im)^\s*INSERT\s+(?:IGNORE\s+)?INTO\s+([`\"\w.\[\]]+)\s*(?:\(([^()]*)\))?\s*VALUES\s*"
)
_COPY = re.compile(r"(?m)^COPY\s+([\w.\"]+)\s*\(([^()]*)\)\s+FROM\s+stdin;\n")
_CREATE = re.compile(
    r"(?is)CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([`\"\w.\[\]]+)\s*\((.*?)\n\)"
)
_VALUE = re.compile(r"\s*(?:'((?:[^'\\]|\\.|'')*)'|([^,()']*))\s*([,)])", re.DOTALL)


_BETWEEN_MOST: Final = 200
"""Characters between two rows of a statement."""

Row = tuple[str, ...]


def tables(text: str) -> Iterator[tuple[str, Row, list[Row], int]]:
    """Name, columns, a sample of the rows and line of each table; columns without a name have an
    empty one."""
    yield from _inserted(text)
    yield from _copied(text)


def _inserted(text: str) -> Iterator[tuple[str, Row, list[Row], int]]:
    created = {_bare(it[1]): _columns(it[2]) for it in _CREATE.finditer(text)}
    rows: dict[tuple[str, Row], list[Row]] = {}
    lines: dict[str, int] = {}
    for match in _INSERT.finditer(text):
        name = _bare(match[1])
        header = tuple(_bare(it) for it in match[2].split(",")) if match[2] else ()
        found = rows.setdefault((name, header or created.get(name, ())), [])
        if name not in lines:
            lines[name] = text.count("\n", 0, match.start(1)) + 1
        if len(found) < limits.TABLE_SAMPLE_ROWS:
            found += islice(_tuples(text, match.end()), limits.TABLE_SAMPLE_ROWS - len(found))
    for (name, header), found in rows.items():
        yield from _named(name, header, found, lines[name])


def _copied(text: str) -> Iterator[tuple[str, Row, list[Row], int]]:
    for match in _COPY.finditer(text):
        end = text.find("\n\\.", match.end())
        body = text[match.end() : end if end >= 0 else len(text)].split("\n")
        cells = [tuple(line.split("\t")) for line in body[: limits.TABLE_SAMPLE_ROWS]]
        names = tuple(_bare(it) for it in match[2].split(","))
        line = text.count("\n", 0, match.start(1)) + 1
        yield from _named(_bare(match[1]), names, cells, line)


def _named(
    name: str, header: Row, rows: list[Row], line: int
) -> Iterator[tuple[str, Row, list[Row], int]]:
    width = len(header) or (len(rows[0]) if rows else 0)
    body = [row for row in rows if len(row) == width]
    if body:
        yield name, header or ("",) * width, body, line


def _bare(name: str) -> str:
    return name.strip().rpartition(".")[2].strip('`"[] ')


def _columns(body: str) -> Row:
    """Names of a CREATE TABLE's columns, a line each, without keys and constraints."""
    names = re.findall(r"(?m)^\s*([`\"\[]?\w+[`\"\]]?)\s+\w", body)
    other = {"primary", "key", "unique", "constraint", "foreign", "index", "check", "fulltext"}
    return tuple(_bare(name) for name in names if name.lower() not in other)


def _tuples(text: str, at: int) -> Iterator[Row]:
    """The rows of one INSERT, `(1,'a'),(2,'b');`."""
    while (start := text.find("(", at, at + _BETWEEN_MOST)) >= 0 and ";" not in text[at:start]:
        cells: list[str] = []
        at = start + 1
        while match := _VALUE.match(text, at):
            cells.append(match[1].replace("''", "'") if match[1] is not None else match[2].strip())
            at = match.end()
            if match[3] == ")":
                break
        else:
            return
        yield tuple("" if cell.upper() == "NULL" else cell for cell in cells)
