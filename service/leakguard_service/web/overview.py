"""The first page: what needs attention now, how it goes over time, and what is not covered."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.responses import Response

from leakguard_service.db.scope import mine
from leakguard_service.db.tables import Channel, Connection, Finding, Repository
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Job, Notification, Scan, Worker
from leakguard_service.limits import LEASE_SECONDS
from leakguard_service.nouns import Role
from leakguard_service.triage import queries
from leakguard_service.triage.figures import Figures, figures
from leakguard_service.triage.filters import FindingFilter
from leakguard_service.triage.queries import Order
from leakguard_service.web import charts
from leakguard_service.web.visit import THEMES, Route, Visit

SPANS: Final = (30, 90, 365)
"""Days that the figures can span."""

URGENT: Final = 6
"""Findings that the overview names."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Repositories of the tenant that are switched on, by how their last scan went."""

    all: int
    never: int
    failed: int
    incomplete: int

    @property
    def whole(self) -> int:
        """Those that were scanned and of which everything was looked at."""
        return max(0, self.all - self.never - self.failed - self.incomplete)


def show(visit: Visit) -> Response:
    """The overview; on a fresh installation what to do first."""
    days, tenant = _span(visit), visit.tenant_id
    with visit.service.db.read() as session:
        if not session.scalar(sa.select(mine(Connection, tenant).exists())):
            return visit.page("welcome.html")
        wanted = FindingFilter.from_query({"state": "open"})
        urgent = queries.findings(session, tenant, wanted, order=Order.SEVERITY, limit=URGENT)
        return visit.page(
            "overview.html",
            figures=_figures(session, tenant, days),
            span=days,
            spans=SPANS,
            weeks=charts.weeks_of,
            urgent=urgent.rows,
            places=queries.where_found(session, tenant, [row.id for row in urgent.rows]),
            coverage=coverage(session, tenant),
            troubles=troubles(session, tenant),
            unassigned=queries.count(
                session, tenant, FindingFilter.from_query({"state": "open", "assignee": "none"})
            ),
        )


def draw(visit: Visit) -> Response:
    """One chart as an image."""
    theme = visit.request.query_params.get("theme", "auto")
    theme = theme if theme in THEMES else "auto"
    with visit.service.db.read() as session:
        found = _figures(session, visit.tenant_id, _span(visit))
    if visit.request.path_params["name"] == "open":
        image = charts.open_over_time(found.days, theme)
    else:
        image = charts.opened_and_closed(charts.weeks_of(found.days), theme)
    headers = {
        "Content-Security-Policy": charts.CONTENT_POLICY,
        "Cache-Control": "private, max-age=60",
        "Vary": "Cookie",
    }
    return Response(image, 200, headers, "image/svg+xml")


def _span(visit: Visit) -> int:
    given = visit.request.query_params.get("days", "")
    return int(given) if given in [str(days) for days in SPANS] else 90


def _figures(session: Session, tenant_id: int, days: int) -> Figures:
    today = now().date()
    return figures(session, tenant_id, today - timedelta(days=days - 1), today)


def coverage(session: Session, tenant_id: int) -> Coverage:
    """What was looked at."""
    every = sa.select(sa.func.count()).where(Repository.tenant_id == tenant_id, Repository.enabled)
    incomplete = sa.select(Scan.id).where(
        Scan.repository_id == Repository.id,
        Scan.id.in_(latest_scans(tenant_id)),
        Scan.verdict == "incomplete",
    )

    def counted(*narrower: sa.ColumnElement[bool]) -> int:
        return session.scalar(every.where(*narrower)) or 0

    return Coverage(
        counted(),
        counted(Repository.error == "", Repository.scanned_at.is_(None)),
        counted(Repository.error != ""),
        counted(Repository.error == "", Repository.scanned_at.is_not(None), incomplete.exists()),
    )


def latest_scans(tenant_id: int) -> sa.Select[int]:
    """Ids of the last scan of each repository."""
    return (
        sa.select(sa.func.max(Scan.id))
        .where(Scan.tenant_id == tenant_id, Scan.finished_at.is_not(None))
        .group_by(Scan.repository_id)
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that needs somebody, where to see it, and how bad it is (`bad` or `warn`)."""

    text: str
    link: str
    kind: str = "warn"


def troubles(session: Session, tenant_id: int) -> list[Trouble]:
    """What does not work, the worst first."""
    found = [
        Trouble(f"{row.name}: {row.error}", f"/settings/connections/{row.id}", "bad")
        for row in session.scalars(mine(Connection, tenant_id).where(Connection.error != ""))
    ]
    found += [
        Trouble(f"{row.name}: {row.error}", f"/settings/channels/{row.id}")
        for row in session.scalars(
            mine(Channel, tenant_id).where(Channel.error != "", Channel.enabled)
        )
    ]
    fresh = now() - timedelta(seconds=2 * LEASE_SECONDS)
    waiting = _count(session, Job, tenant_id, Job.state == "queued", Job.created_at < fresh)
    if waiting and not session.scalar(sa.select(Worker.id).where(Worker.beat_at > fresh).limit(1)):
        text = f"No worker is running, {_many(waiting, 'job')} waiting: start `leakguard worker`."
        found.insert(0, Trouble(text, "/jobs?state=queued", "bad"))
    week = now() - timedelta(days=7)
    failed = _count(session, Job, tenant_id, Job.state == "failed", Job.created_at > week)
    if failed:
        found.append(Trouble(f"{_many(failed, 'job')} failed this week.", "/jobs?state=failed"))
    unsent = _count(
        session,
        Notification,
        tenant_id,
        Notification.state.in_(("failed", "unknown")),
        Notification.created_at > week,
    )
    if unsent:
        found.append(
            Trouble(f"{_many(unsent, 'message')} could not be sent.", "/settings/channels")
        )
    review = _count(session, Finding, tenant_id, Finding.state == "pending_review")
    if review:
        found.append(
            Trouble(
                f"Waiting for review: {_many(review, 'dismissal')}.",
                "/findings?state=pending_review",
            )
        )
    return found


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _count(
    session: Session,
    table: type[Job] | type[Notification] | type[Finding],
    tenant_id: int,
    *narrower: sa.ColumnElement[bool],
) -> int:
    asked = sa.select(sa.func.count()).where(table.tenant_id == tenant_id, *narrower)
    return session.scalar(asked) or 0


ROUTES: Final = (
    Route("GET", "/", show, Role.VIEWER),
    Route("GET", "/charts/{name}.svg", draw, Role.VIEWER),
)
