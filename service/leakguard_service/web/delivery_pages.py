"""Deliveries of the forges: what came, what became of it, and doing it again."""

from typing import Final

from starlette.responses import Response

from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.work_tables import Delivery, Job
from leakguard_service.nouns import Role
from leakguard_service.web.lists import listed
from leakguard_service.web.visit import Route, Visit

STATES: Final = ("queued", "done", "ignored", "failed")


def show_list(visit: Visit) -> Response:
    """Deliveries, the newest first."""
    asked, tenant = visit.asked(), visit.tenant_id
    rows = mine(Delivery, tenant).order_by(Delivery.received_at.desc(), Delivery.id.desc())
    if asked.get("state") in STATES:
        rows = rows.where(Delivery.state == asked["state"])
    if event := asked.get("event", "")[:60]:
        rows = rows.where(Delivery.event.icontains(event, autoescape=True))
    with visit.service.db.read() as session:
        shown = listed(session, rows, visit.page_number())
        names = {
            row.id: row.full_name
            for row in session.scalars(
                mine(Repository, tenant).where(
                    Repository.id.in_([row.repository_id for row in shown.rows])
                )
            )
        }
        hooks = {row.id: row for row in session.scalars(mine(Connection, tenant))}
        return visit.page(
            "deliveries.html", shown=shown, names=names, connections=hooks, states=STATES
        )


def show(visit: Visit) -> Response:
    """One delivery with the jobs it led to."""
    number, tenant = visit.number("delivery_id"), visit.tenant_id
    with visit.service.db.read() as session:
        row = get(session, Delivery, number, tenant)
        jobs = mine(Job, tenant).where(Job.delivery_id == number).order_by(Job.created_at)
        return visit.page(
            "delivery.html",
            delivery=row,
            connection=get(session, Connection, row.connection_id, tenant),
            repository=session.scalar(
                mine(Repository, tenant).where(Repository.id == row.repository_id)
            ),
            jobs=session.scalars(jobs.limit(100)).all(),
        )


def replay(visit: Visit) -> Response:
    """Does again what a delivery asked for."""
    number = visit.number("delivery_id")
    with visit.service.db.write() as session:
        get(session, Delivery, number, visit.tenant_id)
        done = visit.web.replay(session, visit.tenant_id, number, visit.who)
    if done:
        return visit.go(f"/deliveries/{number}", "What the delivery asked for is done again.")
    return visit.go(f"/deliveries/{number}", "The delivery asks for nothing to do.", "bad")


ROUTES: Final = (
    Route("GET", "/deliveries", show_list, Role.VIEWER),
    Route("GET", "/deliveries/{delivery_id}", show, Role.VIEWER),
    Route("POST", "/deliveries/{delivery_id}/replay", replay, Role.TRIAGER),
)
