"""How a finding's change is written: the row, the entry of the log, the messages to send."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leakguard_service.db.tables import AuditEntry, Finding
from leakguard_service.notify import outbox
from leakguard_service.nouns import Actor, Change, Resolution, State
from leakguard_service.service import Service
from leakguard_service.triage.audit import record
from leakguard_service.triage.lifecycle import Moved, Standing


def changed(
    service: Service,
    session: Session,
    actor: Actor,
    finding: Finding,
    moved: Moved,
    at: datetime,
    details: dict[str, Any],
) -> AuditEntry:
    """Writes where the finding is now, says so in the log, and tells people."""
    if moved.change is None:
        raise ValueError("nothing changed")
    details = _difference(standing_of(finding), moved.standing) | details
    _write(finding, moved.standing, at)
    entry = entered(session, actor, finding, moved.change, details)
    told(service, session, finding, moved.change, entry)
    return entry


def standing_of(finding: Finding) -> Standing:
    """Where a finding is in its life."""
    return Standing(
        State(finding.state),
        Resolution(finding.resolution) if finding.resolution else None,
        finding.until,
        finding.assignee_id,
        finding.requested_by,
    )


def _write(finding: Finding, standing: Standing, at: datetime) -> None:
    before = State(finding.state)
    finding.state = standing.state.value
    finding.resolution = standing.resolution.value if standing.resolution else None
    finding.until = standing.until
    finding.assignee_id = standing.assignee_id
    finding.requested_by = standing.requested_by
    if standing.state in (State.RESOLVED, State.DISMISSED):
        finding.closed_at = at if before is not standing.state else finding.closed_at
        return
    finding.closed_at = None
    if before in (State.RESOLVED, State.DISMISSED):
        finding.opened_at = at


def _difference(before: Standing, after: Standing) -> dict[str, Any]:
    """What changed, each as `[from, to]`; reasons and moments as text."""
    changed: dict[str, Any] = {}
    if before.state is not after.state:
        changed["state"] = [before.state.value, after.state.value]
    if before.resolution is not after.resolution:
        changed["resolution"] = [_word(before.resolution), _word(after.resolution)]
    if before.until != after.until:
        changed["until"] = [_moment(before.until), _moment(after.until)]
    if before.assignee_id != after.assignee_id:
        changed["assignee_id"] = [before.assignee_id, after.assignee_id]
    return changed


def _word(resolution: Resolution | None) -> str | None:
    return resolution.value if resolution else None


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def entered(
    session: Session, actor: Actor, finding: Finding, change: Change, details: dict[str, Any]
) -> AuditEntry:
    """Puts a change into the finding's history."""
    action = f"finding.{change.value}"
    return record(session, finding.tenant_id, actor, action, "finding", finding.id, details)


def told(
    service: Service, session: Session, finding: Finding, change: Change, entry: AuditEntry
) -> None:
    """Has people be told of a change."""
    cause = f"audit:{entry.id}"
    outbox.announce(service, session, finding.tenant_id, finding.id, change, cause)
