"""The audit log: what was done by whom."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa
from starlette.responses import Response

from leakguard_service.db.scope import mine
from leakguard_service.db.tables import AuditEntry
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Role
from leakguard_service.web.finding_pages import people
from leakguard_service.web.lists import listed
from leakguard_service.web.visit import Route, Visit

SUBJECTS: Final = (
    "finding",
    "repository",
    "connection",
    "channel",
    "user",
    "token",
    "delivery",
    "job",
    "view",
    "tenant",
)

PAGES: Final = {
    "finding": "/findings/{}",
    "repository": "/repositories/{}",
    "connection": "/settings/connections/{}",
    "channel": "/settings/channels/{}",
    "delivery": "/deliveries/{}",
}
"""Where what an entry speaks of is shown."""


def show(visit: Visit) -> Response:
    """Entries under the filter of the query string, the newest first."""
    asked = visit.asked()
    rows = mine(AuditEntry, visit.tenant_id).order_by(AuditEntry.id.desc())
    if asked.get("subject") in SUBJECTS:
        rows = rows.where(AuditEntry.subject == asked["subject"])
    if actor := asked.get("actor", "")[:200]:
        rows = rows.where(sa.cast(AuditEntry.actor, sa.String).icontains(actor, autoescape=True))
    if action := asked.get("action", "")[:60]:
        rows = rows.where(AuditEntry.action.icontains(action, autoescape=True))
    if since := _day(asked.get("since", "")):
        rows = rows.where(AuditEntry.at >= since)
    if until := _day(asked.get("until", "")):
        rows = rows.where(AuditEntry.at < until + timedelta(days=1))
    with visit.service.db.read() as session:
        shown = listed(session, rows, visit.page_number(), total=False)
        known = people(session, visit.tenant_id)
        return visit.page("audit.html", shown=shown, subjects=SUBJECTS, pages=PAGES, people=known)


def _day(given: str) -> datetime | None:
    if not given:
        return None
    try:
        found = date.fromisoformat(given)
    except ValueError:
        raise Invalid("a day is written as 2026-01-31") from None
    if not 1970 <= found.year <= 9998:
        raise Invalid("a day is after 1970")
    return datetime.combine(found, time(), UTC)


ROUTES: Final = (Route("GET", "/audit", show, Role.ADMIN),)
