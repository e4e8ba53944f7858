"""Workbooks (xlsx): the rows of their sheets, whose texts stand in a file of their own.

Source: ECMA-376 part 1, chapter 18 (SpreadsheetML).
"""

import html
import re
from collections.abc import Iterator, Sequence

from leakguard import limits
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.tree import Tree

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_SHARED = "xl/sharedStrings.xml"
_ITEM = re.compile(rb"<(?:\w+:)?si\b[^>]*>(.*?)</(?:\w+:)?si>", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t\b[^>]*>([^<]*)<")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>(.*?)</(?:\w+:)?row>", re.DOTALL)
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})\d+"')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)<")
_LETTERS = 26
_COLUMNS_MOST = 200
"""Columns further right are left out: tables of people are not that wide."""


def sheets(tree: Tree, budget: Budget) -> Iterator[tuple[str, bytes]]:
    """Name and rows of each sheet: a line for a row, its cells between tabs, as UTF-8.

    Raises what reading a member raises.
    """
    shared: list[bytes] = []
    if _SHARED in tree.names:
        items = _ITEM.findall(tree.read(_SHARED, limits.ARTIFACT_WHOLE_BYTES))
        shared = [_plain(b"".join(_TEXT.findall(item))) for item in items]
    for name in tree.names:
        if _SHEET.fullmatch(name):
            rows = _ROW.findall(tree.read(name, limits.ARTIFACT_WHOLE_BYTES))
            text = b"\n".join(_row(row, shared) for row in rows)
            budget.spend(len(text))
            yield name, text


def _row(row: bytes, shared: Sequence[bytes]) -> bytes:
    cells: list[bytes] = []
    for attributes, body in _CELL.findall(row):
        place = _PLACE.search(attributes)
        column = _number(place[1]) if place else len(cells)
        if len(cells) <= column < _COLUMNS_MOST:
            cells += [b""] * (column - len(cells))
            cells.append(_cell(attributes, body, shared))
    return b"\t".join(cells)


def _cell(attributes: bytes, body: bytes, shared: Sequence[bytes]) -> bytes:
    if b't="inlineStr"' in attributes:
        return _plain(b"".join(_TEXT.findall(body)))
    found = _VALUE.search(body)
    if not found:
        return b""
    if b't="s"' in attributes:
        number = int(found[1]) if found[1].isdigit() else len(shared)
        return shared[number] if number < len(shared) else b""
    return _plain(found[1])


def _number(letters: bytes) -> int:
    """The column of `A`, `B` .. `AA`, from 0."""
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number - 1


def _plain(text: bytes) -> bytes:
    """Without escapes, and on one line."""
    text = html.unescape(text.decode("utf-8", "replace")).encode("utf-8", "replace")
    return re.sub(rb"[\t\r\n]", b" ", text)
