"""Figures of a tenant: opened and closed day by day, where secrets are, how long they live."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard.model import Severity
from leakguard_service.db.tables import AuditEntry, Finding, Occurrence, Repository
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Change, State

SPAN_DAYS: Final = 366
"""The longest span."""

_MOST: Final = 20
"""Rules and repositories: those with most open findings."""

_OPENED: Final = tuple(f"finding.{c.value}" for c in (Change.CREATED, Change.REOPENED))
_CLOSED: Final = tuple(f"finding.{c.value}" for c in (Change.RESOLVED, Change.DISMISSED))
_LIVE: Final = (State.OPEN.value, State.PENDING_REVIEW.value)


@dataclass(frozen=True, slots=True)
class Day:
    """One day, in UTC."""

    day: date
    opened: int
    """Created or reopened."""
    closed: int
    """Resolved or dismissed."""
    open: int
    """At the day's end; those under review are among them."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many open findings fall to one thing."""

    key: str
    """Id of the rule or repository, name of the severity."""
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the overview shows."""

    days: tuple[Day, ...]
    """Oldest first, every day of the span."""
    states: Mapping[str, int]
    """Findings in each state, now."""
    by_severity: tuple[Share, ...]
    """Open ones, critical first."""
    by_rule: tuple[Share, ...]
    """Open ones, most first."""
    by_repository: tuple[Share, ...]
    """Open ones, most first; a finding counts in each repository that has it."""
    resolved: int
    """Resolved in the span and still so; dismissed ones do not count."""
    mean_seconds: float | None
    """From opened to resolved, of those; None when there are none."""


def figures(session: Session, tenant_id: int, since: date, until: date) -> Figures:
    """The figures from one day to another, both included (UTC).

    Raises Invalid when the span is upside down or longer than SPAN_DAYS.
    """
    if not 0 <= (until - since).days < SPAN_DAYS:
        raise Invalid(f"a span has 1 to {SPAN_DAYS} days", "since")
    states = _states(session, tenant_id)
    resolved, mean = _time_to_resolve(session, tenant_id, since, until)
    return Figures(
        days=_days(session, tenant_id, since, until, sum(states[state] for state in _LIVE)),
        states=states,
        by_severity=_by_severity(session, tenant_id),
        by_rule=_by_rule(session, tenant_id),
        by_repository=_by_repository(session, tenant_id),
        resolved=resolved,
        mean_seconds=mean,
    )


def _states(session: Session, tenant_id: int) -> dict[str, int]:
    asked = (
        sa.select(Finding.state, sa.func.count())
        .where(Finding.tenant_id == tenant_id)
        .group_by(Finding.state)
    )
    found = {row[0]: row[1] for row in session.execute(asked).all()}
    return {state.value: found.get(state.value, 0) for state in State}


def _days(session: Session, tenant_id: int, since: date, until: date, live: int) -> tuple[Day, ...]:
    """Counts back from what is open now, through what happened since."""
    changes = _changes(session, tenant_id, since)
    live -= sum(opened - closed for day, (opened, closed) in changes.items() if day > until)
    days: list[Day] = []
    for back in range((until - since).days + 1):
        day = until - timedelta(days=back)
        opened, closed = changes.get(day, (0, 0))
        days.append(Day(day, opened, closed, max(0, live)))
        live -= opened - closed
    return tuple(reversed(days))


def _changes(session: Session, tenant_id: int, since: date) -> dict[date, tuple[int, int]]:
    """What was opened and closed on each day since then."""
    day = _day(session, AuditEntry.at).label("day")
    asked = (
        sa.select(day, AuditEntry.action, sa.func.count())
        .where(
            AuditEntry.tenant_id == tenant_id,
            AuditEntry.action.in_((*_OPENED, *_CLOSED)),
            AuditEntry.at >= datetime.combine(since, time(), UTC),
        )
        .group_by(day, AuditEntry.action)
    )
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for at, action, number in session.execute(asked).all():
        when = date.fromisoformat(at) if isinstance(at, str) else at
        found[when][action in _CLOSED] += number
    return {when: (opened, closed) for when, (opened, closed) in found.items()}


def _time_to_resolve(
    session: Session, tenant_id: int, since: date, until: date
) -> tuple[int, float | None]:
    first = datetime.combine(since, time(), UTC)
    end = datetime.combine(until, time.max, UTC)
    asked = sa.select(
        sa.func.count(), sa.func.avg(_seconds(session, Finding.opened_at, Finding.closed_at))
    ).where(
        Finding.tenant_id == tenant_id,
        Finding.state == State.RESOLVED.value,
        Finding.closed_at >= first,
        Finding.closed_at <= end,
    )
    number, mean = session.execute(asked).one()
    return number, None if mean is None else float(mean)


def _by_severity(session: Session, tenant_id: int) -> tuple[Share, ...]:
    asked = (
        sa.select(Finding.severity, sa.func.count())
        .where(_open(tenant_id))
        .group_by(Finding.severity)
    )
    found = sorted(((row[0], row[1]) for row in session.execute(asked)), reverse=True)
    named = ((Severity(severity).name.lower(), number) for severity, number in found)
    return tuple(Share(name, name, number) for name, number in named)


def _by_rule(session: Session, tenant_id: int) -> tuple[Share, ...]:
    number = sa.func.count().label("number")
    asked = (
        sa.select(Finding.rule_id, sa.func.max(Finding.name), number)
        .where(_open(tenant_id))
        .group_by(Finding.rule_id)
        .order_by(number.desc(), Finding.rule_id)
        .limit(_MOST)
    )
    return tuple(Share(rule, name, found) for rule, name, found in session.execute(asked).all())


def _by_repository(session: Session, tenant_id: int) -> tuple[Share, ...]:
    number = sa.func.count(sa.distinct(Finding.id)).label("number")
    asked = (
        sa.select(Repository.id, Repository.full_name, number)
        .join(Occurrence, Occurrence.repository_id == Repository.id)
        .join(Finding, Finding.id == Occurrence.finding_id)
        .where(Repository.tenant_id == tenant_id, _open(tenant_id))
        .group_by(Repository.id, Repository.full_name)
        .order_by(number.desc(), Repository.full_name, Repository.id)
        .limit(_MOST)
    )
    found = session.execute(asked).all()
    return tuple(Share(str(key), name, total) for key, name, total in found)


def _open(tenant_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(Finding.tenant_id == tenant_id, Finding.state.in_(_LIVE))


def _day(session: Session, moment: Any) -> sa.ColumnElement[Any]:
    """The day of a moment in UTC: a date in PostgreSQL, text in SQLite, which has no dates."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.strftime("%Y-%m-%d", moment, type_=sa.String)
    return sa.cast(sa.func.timezone("UTC", moment), sa.Date)


def _seconds(session: Session, first: Any, last: Any) -> sa.ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        days = sa.func.julianday(last) - sa.func.julianday(first)
        return sa.cast(days * 86_400.0, sa.Float)
    return sa.func.extract("epoch", last - first)
