"""Where the next page of a list begins: the values of the last row's order, as text.

The text holds nothing that the page itself did not show, so it needs no signature: whoever makes
one up sees other rows of the same list.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql import operators

from leakguard_service import limits
from leakguard_service.db.types import Id, Moment
from leakguard_service.errors import Invalid

Row = TypeVar("Row")
Wanted = TypeVar("Wanted")
_CHARACTERS = 1_000
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and where the next ones begin."""

    rows: tuple[Row, ...]
    next: str = ""
    """For `after`; empty when these are the last."""


class Cursor:
    """The order of one list. Its last column makes it one where nothing is equal.

    All columns go up, or all go down; they are whole numbers, moments or texts, never null.
    """

    def __init__(self, name: str, order: Sequence[sa.ColumnElement[Any]]) -> None:
        self.name = name
        self._order = order
        parts = [part for part in order if isinstance(part, sa.UnaryExpression)]
        self._columns = [part.element for part in parts]
        self._down = parts[0].modifier is operators.desc_op

    def apply(self, asked: sa.Select[Row], after: str) -> sa.Select[Row]:
        """The question in this order, behind the row that `after` names. Raises Invalid."""
        ordered = asked.order_by(*self._order)
        if not after:
            return ordered
        pairs = zip(self._columns, self._values(after), strict=True)
        values = [sa.literal(value, column.type) for column, value in pairs]
        left, right = sa.tuple_(*self._columns), sa.tuple_(*values)
        return ordered.where(left < right if self._down else left > right)

    def text(self, row: object) -> str:
        """What `after` must be to go on behind this row."""
        values = [getattr(row, str(column.key)) for column in self._columns]
        plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
        packed = json.dumps([self.name, *plain], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def _values(self, text: str) -> list[Any]:
        problem = Invalid("after is none of this list's: begin without it", "after")
        try:
            padded = text[:_CHARACTERS] + "=" * (-len(text) % 4)
            name, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if name != self.name or len(values) != len(self._columns):
                raise problem
            pairs = zip(self._columns, values, strict=True)
            return [_typed(column.type, value) for column, value in pairs]
        except (ValueError, TypeError, RecursionError, binascii.Error) as error:
            raise problem from error


def page_of(
    session: Session, asked: sa.Select[Wanted], cursor: Cursor, after: str, limit: int
) -> Page[Wanted]:
    """The next rows behind `after`, at most limits.PAGE_MOST. Raises Invalid for a bad `after`."""
    size = max(1, min(limit, limits.PAGE_MOST))
    rows = session.scalars(cursor.apply(asked, after).limit(size + 1)).all()
    more = len(rows) > size
    return Page(tuple(rows[:size]), cursor.text(rows[size - 1]) if more else "")


def _typed(kind: object, value: object) -> object:
    """The value as its column has it. Raises ValueError."""
    if isinstance(kind, Moment) and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment
    if isinstance(kind, sa.Integer) or kind is Id:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
            return value
    elif isinstance(kind, sa.String) and isinstance(value, str) and "\0" not in value:
        value.encode()  # halves of surrogate pairs are no text
        return value
    raise ValueError("another type")
