"""How many findings there are for each value that a filter could have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from leakguard.model import Severity
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import Finding, Occurrence, Repository, User
from leakguard_service.triage.conditions import conditions
from leakguard_service.triage.filters import FindingFilter

_MOST_VALUES: Final = 50
"""Values of a field: those with most findings."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value that a field of the filter could have."""

    value: str
    """As in the query string."""
    label: str
    count: int
    """Findings, under what else the filter says."""


@dataclass(frozen=True, slots=True)
class Facets:
    """For each field of the filter its values with counts, most frequent first."""

    state: tuple[Value, ...]
    severity: tuple[Value, ...]
    """Critical first."""
    rule: tuple[Value, ...]
    repository: tuple[Value, ...]
    kind: tuple[Value, ...]
    assignee: tuple[Value, ...]
    resolution: tuple[Value, ...]


def facets(session: Session, tenant_id: int, wanted: FindingFilter) -> Facets:
    """What each field could be narrowed to. A field's own choice does not count for its values."""

    def of(column: InstrumentedAttribute[Any], **without: object) -> list[tuple[Any, int]]:
        return _counted(session, tenant_id, _without(wanted, without), column)

    severities = sorted(of(Finding.severity, severities=()), reverse=True)
    repositories = _by_repository(session, tenant_id, _without(wanted, {"repository_id": None}))
    rules = of(Finding.rule_id, rules=())
    return Facets(
        state=_plain(of(Finding.state, states=())),
        severity=tuple(Value(_severity(n), _severity(n), found) for n, found in severities),
        rule=_plain(rules),
        repository=repositories,
        kind=_plain(of(Finding.kind, kind=None)),
        assignee=_assignees(session, tenant_id, of(Finding.assignee_id, assignee_id=None)),
        resolution=_plain(of(Finding.resolution, resolution=None)),
    )


def _without(wanted: FindingFilter, fields: Mapping[str, Any]) -> FindingFilter:
    given: dict[str, Any] = {name: getattr(wanted, name) for name in FindingFilter.__slots__}
    return FindingFilter(**({**given, **fields}))


def _severity(number: int) -> str:
    return Severity(number).name.lower()


def _plain(counted: Sequence[tuple[Any, int]]) -> tuple[Value, ...]:
    return tuple(Value(value, value, found) for value, found in counted if value)


def _counted(
    session: Session,
    tenant_id: int,
    wanted: FindingFilter,
    column: InstrumentedAttribute[Any],
) -> list[tuple[Any, int]]:
    found = sa.func.count().label("found")
    asked = (
        sa.select(column, found)
        .select_from(Finding)
        .where(Finding.tenant_id == tenant_id, *conditions(tenant_id, wanted))
        .group_by(column)
        .order_by(found.desc(), column)
        .limit(_MOST_VALUES)
    )
    return [(value, number) for value, number in session.execute(asked).all()]


def _by_repository(session: Session, tenant_id: int, wanted: FindingFilter) -> tuple[Value, ...]:
    found = sa.func.count(sa.distinct(Finding.id)).label("found")
    asked = (
        sa.select(Repository.id, Repository.full_name, found)
        .join(Occurrence, Occurrence.repository_id == Repository.id)
        .join(Finding, Finding.id == Occurrence.finding_id)
        .where(Repository.tenant_id == tenant_id, Finding.tenant_id == tenant_id)
        .where(*conditions(tenant_id, wanted))
        .group_by(Repository.id, Repository.full_name)
        .order_by(found.desc(), Repository.full_name, Repository.id)
        .limit(_MOST_VALUES)
    )
    return tuple(Value(str(n), name, total) for n, name, total in session.execute(asked).all())


def _assignees(
    session: Session, tenant_id: int, counted: Sequence[tuple[int | None, int]]
) -> tuple[Value, ...]:
    ids = [number for number, _ in counted if number is not None]
    users = session.scalars(mine(User, tenant_id).where(User.id.in_(ids)))
    names = {user.id: user.name or user.login for user in users}
    return tuple(
        Value("none" if number is None else str(number), names.get(number or 0, "nobody"), found)
        for number, found in counted
    )
