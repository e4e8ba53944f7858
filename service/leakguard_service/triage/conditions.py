"""A filter of findings as conditions of SQL, the same in SQLite and PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from leakguard_service.db.tables import Finding, Occurrence, Repository
from leakguard_service.triage.filters import NOBODY, FindingFilter


def conditions(tenant_id: int, wanted: FindingFilter) -> list[sa.ColumnElement[bool]]:
    """The filter as conditions on Finding; the tenant's own is not among them."""
    return [*_columns(wanted), *_spans(wanted), *_places(tenant_id, wanted)]


def _columns(wanted: FindingFilter) -> list[sa.ColumnElement[bool]]:
    several: tuple[tuple[sa.ColumnElement[Any], Sequence[object]], ...] = (
        (Finding.state.expression, [state.value for state in wanted.states]),
        (Finding.severity.expression, wanted.severities),
        (Finding.rule_id.expression, wanted.rules),
    )
    single: tuple[tuple[sa.ColumnElement[Any], object], ...] = (
        (Finding.kind.expression, wanted.kind and wanted.kind.value),
        (Finding.historical.expression, wanted.historical),
        (Finding.on_branch.expression, wanted.on_branch),
        (Finding.resolution.expression, wanted.resolution and wanted.resolution.value),
    )
    found: list[sa.ColumnElement[bool]] = [
        column.in_(values) for column, values in several if values
    ]
    found += [column == value for column, value in single if value is not None]
    if wanted.assignee_id == NOBODY:
        found.append(Finding.assignee_id.is_(None))
    elif wanted.assignee_id is not None:
        found.append(Finding.assignee_id == wanted.assignee_id)
    return found


def _spans(wanted: FindingFilter) -> list[sa.ColumnElement[bool]]:
    first, end = wanted.span()
    found = [] if first is None else [Finding.created_at >= first]
    return found if end is None else [*found, Finding.created_at < end]


def _places(tenant_id: int, wanted: FindingFilter) -> list[sa.ColumnElement[bool]]:
    place = sa.select(Occurrence.finding_id).where(Occurrence.tenant_id == tenant_id)
    found: list[sa.ColumnElement[bool]] = []
    if wanted.repository_id is not None:
        found.append(Finding.id.in_(place.where(Occurrence.repository_id == wanted.repository_id)))
    if wanted.text:
        named = place.join(Repository, Repository.id == Occurrence.repository_id).where(
            sa.or_(_holds(Occurrence.path, wanted.text), _holds(Repository.full_name, wanted.text))
        )
        own = [_holds(c, wanted.text) for c in (Finding.preview, Finding.rule_id, Finding.name)]
        found.append(sa.or_(*own, Finding.id.in_(named)))
    return found


def _holds(column: Any, text: str) -> sa.ColumnElement[bool]:
    """Case does not matter; `%` and `_` mean themselves."""
    holds: sa.ColumnElement[bool] = sa.cast(column, sa.String).icontains(text, autoescape=True)
    return holds
