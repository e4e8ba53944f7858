"""Lists of findings: filtered, searched, in a stable order, page by page; and how many there are.

Pages go on behind the last row seen ("keyset"), so rows that are added meanwhile move none.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from leakguard_service import limits
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import Finding, Occurrence
from leakguard_service.errors import Invalid
from leakguard_service.triage.conditions import conditions
from leakguard_service.triage.cursors import Cursor, Page, page_of
from leakguard_service.triage.facets import Facets, Value, facets
from leakguard_service.triage.filters import FindingFilter, Kind

__all__ = [
    "Facets",
    "FindingFilter",
    "Kind",
    "Order",
    "Page",
    "Value",
    "checked_order",
    "count",
    "facets",
    "findings",
    "where_found",
]


class Order(StrEnum):
    """Which findings come first. Equal ones: the newest."""

    NEWEST = "newest"
    """Opened last."""
    OLDEST = "oldest"
    SEVERITY = "severity"
    SEEN = "seen"
    """A push brought it last."""
    RULE = "rule"


_ORDERS: Final[Mapping[Order, tuple[sa.ColumnElement[Any], ...]]] = {
    Order.NEWEST: (Finding.opened_at.desc(), Finding.id.desc()),
    Order.OLDEST: (Finding.opened_at.asc(), Finding.id.asc()),
    Order.SEVERITY: (Finding.severity.desc(), Finding.opened_at.desc(), Finding.id.desc()),
    Order.SEEN: (Finding.seen_at.desc(), Finding.id.desc()),
    Order.RULE: (Finding.rule_id.asc(), Finding.id.asc()),
}


def findings(
    session: Session,
    tenant_id: int,
    wanted: FindingFilter,
    *,
    order: Order = Order.NEWEST,
    after: str = "",
    offset: int = 0,
    limit: int = limits.PAGE,
) -> Page[Finding]:
    """The next `limit` findings, each with its assignee.

    `after` is the `next` of the page before; `offset` skips rows instead, for numbered pages.
    Raises Invalid when `after` is none of this order.
    """
    cursor = Cursor(order.value, _ORDERS[order])
    asked = (
        mine(Finding, tenant_id)
        .where(*conditions(tenant_id, wanted))
        .options(selectinload(Finding.assignee))
    )
    return page_of(session, asked.offset(max(0, offset)), cursor, after, limit)


def count(session: Session, tenant_id: int, wanted: FindingFilter) -> int:
    """How many findings the filter lets through."""
    asked = sa.select(sa.func.count()).select_from(Finding).where(Finding.tenant_id == tenant_id)
    return session.scalar(asked.where(*conditions(tenant_id, wanted))) or 0


def where_found(session: Session, tenant_id: int, ids: Sequence[int]) -> dict[int, Occurrence]:
    """For each finding its newest place that a branch still holds, else its newest place."""
    rank = sa.func.row_number().over(
        partition_by=Occurrence.finding_id,
        order_by=(Occurrence.on_branch.desc(), Occurrence.id.desc()),
    )
    ranked = (
        sa.select(Occurrence.id, rank.label("rank"))
        .where(Occurrence.tenant_id == tenant_id, Occurrence.finding_id.in_(ids))
        .subquery()
    )
    asked = (
        mine(Occurrence, tenant_id)
        .join(ranked, ranked.c.id == Occurrence.id)
        .where(ranked.c.rank == 1)
        .options(selectinload(Occurrence.repository))
    )
    return {row.finding_id: row for row in session.scalars(asked)}


def checked_order(text: str) -> Order:
    """The order of this name; the newest first for none. Raises Invalid."""
    try:
        return Order(text or Order.NEWEST)
    except ValueError:
        raise Invalid(f"order is one of {', '.join(Order)}", "order") from None
