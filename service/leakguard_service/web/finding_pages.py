"""The list of findings and the page of one, with what people do to them."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session, selectinload
from starlette.datastructures import QueryParams
from starlette.responses import Response

from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import AuditEntry, Finding, Occurrence, User
from leakguard_service.db.work_tables import Notification
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Resolution, Role, State
from leakguard_service.triage import actions, lifecycle, queries
from leakguard_service.triage.conditions import conditions
from leakguard_service.triage.filters import FindingFilter
from leakguard_service.triage.lifecycle import Action
from leakguard_service.triage.queries import Order
from leakguard_service.triage.views import views
from leakguard_service.web import links
from leakguard_service.web.lists import Listed, offset
from leakguard_service.web.text import SEVERITIES
from leakguard_service.web.visit import Route, Visit

ORDERS: Final = {
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
    Order.SEVERITY: "Worst first",
    Order.SEEN: "Seen last",
    Order.RULE: "By rule",
}

PLACES: Final = 100
"""Occurrences that a finding's page shows; the others are counted."""

ENTRIES: Final = 200
"""Entries of a finding's history that its page shows, the newest."""


def show_list(visit: Visit) -> Response:
    """Findings under the filter of the query string; those to work on when there is none."""
    asked = visit.request.query_params
    wanted = FindingFilter.from_query(asked if asked else QueryParams("state=open"))
    order = queries.checked_order(asked.get("order", ""))
    number, tenant = visit.page_number(), visit.tenant_id
    with visit.service.db.read() as session:
        page = queries.findings(
            session, tenant, wanted, order=order, offset=offset(number), limit=limits.PAGE
        )
        total = queries.count(session, tenant, wanted)
        values: dict[str, Any] = {
            "facets": queries.facets(session, tenant, wanted),
            "places": queries.where_found(session, tenant, [row.id for row in page.rows]),
            "people": people(session, tenant),
            "views": views(session, visit.who, tenant),
            "nothing": total == 0 and queries.count(session, tenant, FindingFilter()) == 0,
        }
    shown = Listed(page.rows, number, bool(page.next), total)
    return visit.page(
        "findings.html",
        shown=shown,
        wanted=wanted,
        filter_query=wanted.to_query(),
        order=order.value,
        orders=ORDERS,
        most=limits.BULK_FINDINGS,
        severities=[SEVERITIES[number] for number in wanted.severities],
        **values,
    )


def act_on_many(visit: Visit) -> Response:
    """Does one thing to the findings ticked, or to all that a filter lets through."""
    action = _action(visit)
    everything = FindingFilter.from_query(QueryParams(visit.text("filter")))
    with visit.service.db.write() as session:
        ids = visit.numbers("finding")
        if visit.text("everything"):
            ids = _all_of(session, visit.tenant_id, everything)
        if not ids:
            raise Invalid("no finding is selected: tick at least one", "finding")
        outcome = actions.apply_each(
            visit.service, session, visit.who, visit.tenant_id, ids, action
        )
    said = f"{_many(len(outcome.done))} changed."
    if outcome.refused:
        reasons = sorted({refused.reason for refused in outcome.refused})[:3]
        said += f" {_many(len(outcome.refused))} not: {'; '.join(reasons)}."
    return visit.back("/findings", said, "good" if outcome.done else "bad")


def _many(count: int) -> str:
    return "1 finding" if count == 1 else f"{count} findings"


def _all_of(session: Session, tenant_id: int, wanted: FindingFilter) -> list[int]:
    """Ids of all that the filter lets through, the newest limits.BULK_FINDINGS."""
    asked = (
        mine(Finding, tenant_id)
        .where(*conditions(tenant_id, wanted))
        .with_only_columns(Finding.id)
        .order_by(Finding.opened_at.desc(), Finding.id.desc())
        .limit(limits.BULK_FINDINGS)
    )
    return list(session.scalars(asked))


def show(visit: Visit) -> Response:
    """One finding with its places and its history."""
    number = visit.number("finding_id")
    with visit.service.db.read() as session:
        finding = get(session, Finding, number, visit.tenant_id)
        places = session.scalars(
            mine(Occurrence, visit.tenant_id)
            .where(Occurrence.finding_id == number)
            .options(selectinload(Occurrence.repository))
            .order_by(Occurrence.on_branch.desc(), Occurrence.id.desc())
            .limit(PLACES + 1)
        ).all()
        users = people(session, visit.tenant_id)
        values: dict[str, Any] = {
            "finding": finding,
            "assignee": users.get(finding.assignee_id or 0),
            "people": users,
            "places": [(place, links.to_line(place)) for place in places[:PLACES]],
            "more_places": len(places) > PLACES,
            "history": history(session, visit.tenant_id, number),
            "told": told(session, visit.tenant_id, number),
        }
    state = State(finding.state)
    return visit.page(
        "finding.html",
        moves={move.value for move in lifecycle.possible(state)},
        own_request=lifecycle.same_person(finding.requested_by, visit.who),
        **values,
    )


def act(visit: Visit) -> Response:
    """Does one thing to one finding."""
    number, action = visit.number("finding_id"), _action(visit)
    with visit.service.db.write() as session:
        actions.apply(visit.service, session, visit.who, visit.tenant_id, [number], action)
    return visit.go(f"/findings/{number}", _DONE[action.name])


_DONE: Final = {
    "resolve": "The finding is closed.",
    "dismiss": "The dismissal is noted.",
    "reopen": "The finding is open again.",
    "assign": "The finding is assigned.",
    "unassign": "The finding is assigned to nobody.",
    "comment": "The comment is in the history.",
    "approve": "The dismissal is approved.",
    "deny": "The dismissal is denied: the finding is open again.",
}


def _action(visit: Visit) -> Action:
    """What the form asks for: `do` is `resolve:revoked`, `dismiss:wont_fix`, `assign`, ..."""
    name, _, reason = visit.text("do").partition(":")
    if name not in _DONE:
        raise Invalid("choose what to do", "do")
    people_asked = visit.numbers("assignee")
    if name == "assign" and not people_asked:
        name = "unassign"
    if reason and reason not in [resolution.value for resolution in Resolution]:
        raise Invalid("there is no such reason", "do")
    return Action(
        name,
        Resolution(reason) if reason else None,
        visit.text("comment", limits.COMMENT_CHARACTERS),
        _until(visit.text("until")) if reason == Resolution.WONT_FIX else None,
        people_asked[0] if name == "assign" else None,
    )


def _until(given: str) -> datetime | None:
    """The end of a day, UTC."""
    if not given:
        return None
    try:
        day = datetime.fromisoformat(given).date()
        return datetime.combine(day, time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Invalid("the end is a day such as 2027-01-31", "until") from None


def people(session: Session, tenant_id: int) -> dict[int, User]:
    """Everybody to whom findings can be assigned, or once were, by number; in order of names."""
    asked = mine(User, tenant_id).order_by(User.name, User.login)
    return {user.id: user for user in session.scalars(asked)}


def history(session: Session, tenant_id: int, number: int) -> Sequence[AuditEntry]:
    """What was done to a finding, the newest first."""
    asked = (
        mine(AuditEntry, tenant_id)
        .where(AuditEntry.subject == "finding", AuditEntry.subject_id == number)
        .order_by(AuditEntry.id.desc())
        .limit(ENTRIES)
    )
    return session.scalars(asked).all()


def told(session: Session, tenant_id: int, number: int) -> Sequence[Notification]:
    """Messages about a finding, the newest first."""
    asked = (
        mine(Notification, tenant_id)
        .where(Notification.finding_id == number)
        .order_by(Notification.id.desc())
        .limit(20)
    )
    return session.scalars(asked).all()


ROUTES: Final = (
    Route("GET", "/findings", show_list, Role.VIEWER),
    Route("POST", "/findings", act_on_many, Role.TRIAGER),
    Route("GET", "/findings/{finding_id}", show, Role.VIEWER),
    Route("POST", "/findings/{finding_id}", act, Role.TRIAGER),
)
