"""Numbered pages of a list. One row more than is shown is asked for: it says that more follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.errors import NotThere

Row = TypeVar("Row")

LAST_PAGE = 2_000
"""Databases walk over all rows before a page: further ones take a filter."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """The rows of one page, counted from 1."""

    rows: Sequence[Row]
    number: int
    more: bool
    total: int | None = None

    @property
    def first(self) -> int:
        """Place of the first row in the whole list."""
        return (self.number - 1) * limits.PAGE + 1

    @property
    def last(self) -> int:
        """Place of the last row."""
        return self.first + len(self.rows) - 1


def listed(
    session: Session, asked: sa.Select[Any], number: int, *, total: bool = True
) -> Listed[Any]:
    """Page `number` of what is asked for, in its order."""
    rows = session.scalars(asked.offset(offset(number)).limit(limits.PAGE + 1)).all()
    whole = None
    if total:
        counted = sa.select(sa.func.count()).select_from(asked.order_by(None).subquery())
        whole = session.scalar(counted) or 0
    return Listed(rows[: limits.PAGE], number, len(rows) > limits.PAGE, whole)


def offset(number: int) -> int:
    """Rows before page `number`. Raises NotThere beyond LAST_PAGE."""
    if number > LAST_PAGE:
        raise NotThere(f"lists end at page {LAST_PAGE}: narrow them by a filter")
    return (number - 1) * limits.PAGE


def pairs(session: Session, asked: sa.Select[*tuple[Any, ...]]) -> dict[Any, Any]:
    """The rows of a question for two columns, the second by the first."""
    return {row[0]: row[1] for row in session.execute(asked)}
