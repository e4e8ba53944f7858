"""Buttons of check runs: what somebody at the forge says about the findings of a scan.

GitHub shows the buttons to people who may write to the repository
(https://docs.github.com/en/rest/checks/runs, `actions`).
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.tables import Connection, Finding, Occurrence, Repository
from leakguard_service.db.work_tables import ScanFinding
from leakguard_service.errors import ServiceError
from leakguard_service.hooks import repositories, requests
from leakguard_service.hooks.taking import Outcome, Taking, ignored
from leakguard_service.nouns import Actor, Event, Resolution, Role
from leakguard_service.service import Service
from leakguard_service.triage import actions as triage

_WHERE: Final = "Said at the check run."

BUTTONS: Final = {
    "false_positive": triage.Action("dismiss", Resolution.FALSE_POSITIVE, _WHERE),
    "used_in_tests": triage.Action("dismiss", Resolution.USED_IN_TESTS, _WHERE),
    "will_revoke": triage.Action("comment", comment=f"Will be revoked. {_WHERE}"),
}
"""Identifiers of the buttons, and what each does."""


def take(taking: Taking) -> Outcome:
    """Does what the button says."""
    event = taking.event
    row = repositories.find(taking.session, taking.connection, event.repository)
    if row is None:
        return ignored("the repository is not known")
    try:
        with taking.session.begin_nested():
            note = on_action(taking.service, taking.session, taking.connection, event)
    except ServiceError as error:
        return Outcome("failed", f"nothing was changed: {error}", repository=row)
    return Outcome("done", note, repository=row)


def on_action(service: Service, session: Session, connection: Connection, event: Event) -> str:
    """Applies a button to all findings of its check run; returns what came of it.

    Raises what triage.actions.apply_each raises when nobody's findings can be changed so.
    """
    action = BUTTONS.get(event.details.get("identifier", ""))
    if action is None:
        return "the button is none of ours"
    row = repositories.find(session, connection, event.repository)
    ids = _findings(session, connection, row, event) if row else []
    if not ids:
        return "no finding belongs to this check run"
    # only who may write to the repository sees the button
    actor = Actor("forge", event.sender or "somebody at the forge", role=Role.TRIAGER)
    outcome = triage.apply_each(service, session, actor, connection.tenant_id, ids, action)
    return f"{len(outcome.done)} findings changed, {len(outcome.refused)} not"


def _findings(session: Session, connection: Connection, row: Repository, event: Event) -> list[int]:
    """Those that the check run's scan saw, or the one it names, of this repository only."""
    asked = (
        sa.select(Finding.id)
        .join(Occurrence, Occurrence.finding_id == Finding.id)
        .where(
            Finding.tenant_id == connection.tenant_id,
            Occurrence.tenant_id == connection.tenant_id,
            Occurrence.repository_id == row.id,
        )
        .distinct()
        .order_by(Finding.id)
        .limit(limits.BULK_FINDINGS)
    )
    named = requests.REFERENCE.fullmatch(event.details.get("external_id", ""))
    if named and named[1] == "finding":
        return list(session.scalars(asked.where(Finding.id == int(named[2]))))
    scan = requests.scan_of(session, connection, row, event)
    if scan is None:
        return []
    seen = asked.join(ScanFinding, ScanFinding.occurrence_id == Occurrence.id)
    return list(session.scalars(seen.where(ScanFinding.scan_id == scan.id)))
