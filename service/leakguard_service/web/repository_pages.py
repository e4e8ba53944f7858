"""Repositories and their scans: what was looked at, what was not and why, and asking for more."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.responses import Response

from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Connection, Finding, Occurrence, Repository
from leakguard_service.db.work_tables import Head, Job, Scan, ScanFinding, SkipSeen
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Role
from leakguard_service.triage.tenants import change_repository
from leakguard_service.web import links
from leakguard_service.web.lists import listed, pairs
from leakguard_service.web.overview import coverage, latest_scans
from leakguard_service.web.visit import Route, Visit
from leakguard_service.work import requests

STATES: Final = {
    "": "All",
    "never": "Never scanned",
    "failed": "Failed",
    "incomplete": "Incomplete",
    "leaks": "With leaks",
    "clean": "Clean",
    "off": "Switched off",
}

EVERY: Final = {0: "Never", 24: "Each day", 168: "Each week", 720: "Each month"}
"""Hours between scans of the whole history."""

SHOWN: Final = 25
"""Scans and heads on a repository's page."""

SKIPS: Final = 500
"""Skips on a scan's page; the others are counted."""


def show_list(visit: Visit) -> Response:
    """Repositories with how their last scan went."""
    asked, tenant = visit.asked(), visit.tenant_id
    rows = mine(Repository, tenant).order_by(Repository.full_name, Repository.id)
    if text := asked.get("text", "")[:200]:
        rows = rows.where(Repository.full_name.icontains(text, autoescape=True))
    rows = _in_state(rows, tenant, asked.get("state", ""))
    with visit.service.db.read() as session:
        shown = listed(session, rows, visit.page_number())
        ids = [row.id for row in shown.rows]
        return visit.page(
            "repositories.html",
            shown=shown,
            scans=_latest(session, tenant, ids),
            open=_open(session, tenant, ids),
            coverage=coverage(session, tenant),
            states=STATES,
            connections=session.scalars(mine(Connection, tenant).order_by(Connection.name)).all(),
            filtered=bool(text or asked.get("state")),
        )


def _in_state(rows: sa.Select[Repository], tenant_id: int, state: str) -> sa.Select[Repository]:
    if state == "off":
        return rows.where(Repository.enabled.is_(False))
    if state == "never":
        return rows.where(Repository.enabled, Repository.scanned_at.is_(None))
    if state == "failed":
        return rows.where(Repository.enabled, Repository.error != "")
    if state not in STATES or not state:
        return rows
    last = sa.select(Scan.id).where(
        Scan.repository_id == Repository.id,
        Scan.id.in_(latest_scans(tenant_id)),
        Scan.verdict == state,
    )
    return rows.where(Repository.enabled, last.exists())


def _latest(session: Session, tenant_id: int, ids: list[int]) -> dict[int, Scan]:
    asked = mine(Scan, tenant_id).where(
        Scan.id.in_(latest_scans(tenant_id)), Scan.repository_id.in_(ids)
    )
    return {scan.repository_id: scan for scan in session.scalars(asked)}


def _open(session: Session, tenant_id: int, ids: list[int]) -> dict[int, int]:
    """Open findings of each repository."""
    asked = (
        sa.select(Occurrence.repository_id, sa.func.count(sa.distinct(Finding.id)))
        .join(Finding, Finding.id == Occurrence.finding_id)
        .where(
            Occurrence.tenant_id == tenant_id,
            Occurrence.repository_id.in_(ids),
            Finding.state.in_(("open", "pending_review")),
        )
        .group_by(Occurrence.repository_id)
    )
    return pairs(session, asked)


def show(visit: Visit) -> Response:
    """One repository."""
    number, tenant = visit.number("repository_id"), visit.tenant_id
    with visit.service.db.read() as session:
        row = get(session, Repository, number, tenant)
        scans = session.scalars(
            mine(Scan, tenant)
            .where(Scan.repository_id == number)
            .order_by(Scan.id.desc())
            .limit(SHOWN)
        ).all()
        heads = session.scalars(
            sa.select(Head)
            .where(Head.repository_id == row.id)
            .order_by(Head.scanned_at.desc())
            .limit(SHOWN + 1)
        ).all()
        last = next((scan for scan in scans if scan.finished_at), None)
        waiting = mine(Job, tenant).where(
            Job.repository_id == number, Job.state.in_(("queued", "running"))
        )
        return visit.page(
            "repository.html",
            repository=row,
            link=links.to_repository(row),
            scans=scans,
            heads=heads[:SHOWN],
            more_heads=len(heads) > SHOWN,
            last=last,
            skips=_skips(session, tenant, last.id, 10) if last else [],
            open=_open(session, tenant, [number]).get(number, 0),
            waiting=session.scalars(waiting.order_by(Job.created_at).limit(10)).all(),
            every=EVERY,
        )


def _skips(session: Session, tenant_id: int, scan_id: int, most: int) -> list[SkipSeen]:
    asked = mine(SkipSeen, tenant_id).where(SkipSeen.scan_id == scan_id)
    return list(session.scalars(asked.order_by(SkipSeen.id).limit(most)))


def scan_now(visit: Visit) -> Response:
    """Asks for a scan of the whole history."""
    number = visit.number("repository_id")
    with visit.service.db.write() as session:
        requests.scan_repository(visit.service, session, visit.who, number, visit.tenant_id)
    return visit.go(f"/repositories/{number}", "The scan is queued.")


def scan_connection(visit: Visit) -> Response:
    """Asks for a scan of all repositories of a connection."""
    number = visit.number("connection_id")
    with visit.service.db.write() as session:
        queued = requests.scan_connection(
            visit.service, session, visit.who, number, visit.tenant_id
        )
    return visit.back("/jobs", f"Scans of {queued} repositories are queued.")


def change(visit: Visit) -> Response:
    """Switches a repository on or off, or sets how often it is scanned."""
    number, every = visit.number("repository_id"), visit.text("every")
    with visit.service.db.write() as session:
        change_repository(
            session,
            visit.who,
            visit.tenant_id,
            number,
            enabled={"yes": True, "no": False}.get(visit.text("enabled")),
            scan_every_hours=_hours(every) if every else None,
        )
    return visit.go(f"/repositories/{number}", "Saved.")


def _hours(given: str) -> int:
    if given not in [str(hours) for hours in EVERY]:
        raise Invalid("choose how often the history is scanned", "every")
    return int(given)


def show_scans(visit: Visit) -> Response:
    """All scans, the newest first."""
    asked = visit.asked()
    rows = mine(Scan, visit.tenant_id).order_by(Scan.id.desc())
    if asked.get("verdict"):
        rows = rows.where(Scan.verdict == asked["verdict"])
    if asked.get("kind"):
        rows = rows.where(Scan.kind == asked["kind"])
    with visit.service.db.read() as session:
        shown = listed(session, rows, visit.page_number())
        names = _names(session, visit.tenant_id, [scan.repository_id for scan in shown.rows])
        return visit.page("scans.html", shown=shown, names=names)


def _names(session: Session, tenant_id: int, ids: list[int]) -> dict[int, str]:
    asked = sa.select(Repository.id, Repository.full_name).where(
        Repository.tenant_id == tenant_id, Repository.id.in_(ids)
    )
    return pairs(session, asked)


def show_scan(visit: Visit) -> Response:
    """One scan: what it looked at, what it found, and what it could not look at."""
    number, tenant = visit.number("scan_id"), visit.tenant_id
    with visit.service.db.read() as session:
        scan = get(session, Scan, number, tenant)
        row = get(session, Repository, scan.repository_id, tenant)
        found = (
            mine(Finding, tenant)
            .where(
                Finding.id.in_(
                    sa.select(Occurrence.finding_id)
                    .join(ScanFinding, ScanFinding.occurrence_id == Occurrence.id)
                    .where(ScanFinding.scan_id == number, ScanFinding.tenant_id == tenant)
                )
            )
            .order_by(Finding.severity.desc(), Finding.id.desc())
            .limit(100)
        )
        return visit.page(
            "scan.html",
            scan=scan,
            repository=row,
            commit_link=links.to_commit(row, scan.after),
            findings=session.scalars(found).all(),
            skips=_skips(session, tenant, number, SKIPS),
        )


ROUTES: Final = (
    Route("GET", "/repositories", show_list, Role.VIEWER),
    Route("GET", "/repositories/{repository_id}", show, Role.VIEWER),
    Route("POST", "/repositories/{repository_id}", change, Role.ADMIN),
    Route("POST", "/repositories/{repository_id}/scan", scan_now, Role.TRIAGER),
    Route("POST", "/connections/{connection_id}/scan", scan_connection, Role.TRIAGER),
    Route("GET", "/scans", show_scans, Role.VIEWER),
    Route("GET", "/scans/{scan_id}", show_scan, Role.VIEWER),
)
