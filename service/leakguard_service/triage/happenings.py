"""What happens to findings by itself: a push brings or removes them, a dismissal ends.

All functions work in the caller's transaction.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.tables import AuditEntry, Finding
from leakguard_service.db.types import now
from leakguard_service.nouns import SYSTEM, Change, State
from leakguard_service.service import Service
from leakguard_service.triage import lifecycle
from leakguard_service.triage.lifecycle import Moved
from leakguard_service.triage.reports import renew
from leakguard_service.triage.writing import changed, entered, standing_of, told


def announce_created(
    service: Service, session: Session, finding: Finding, historical: bool
) -> AuditEntry:
    """Begins a finding's history. Nobody is told of what a scan of the past found."""
    entry = entered(session, SYSTEM, finding, Change.CREATED, {"historical": historical})
    if not historical:
        told(service, session, finding, Change.CREATED, entry)
    return entry


def seen_again(service: Service, session: Session, finding: Finding, scan_id: int) -> Change:
    """A push brought a new place of the finding: REOPENED when that opens it, else SEEN_AGAIN.

    Only for places that are new and live; a scan of the past opens nothing.
    """
    at = now()
    finding.seen_at, finding.on_branch = at, True
    before = standing_of(finding)
    setting = service.tenant_settings(session, finding.tenant_id).reopen
    if not lifecycle.opens_again(before, setting):
        entered(session, SYSTEM, finding, Change.SEEN_AGAIN, {"scan": scan_id})
        return Change.SEEN_AGAIN
    moved = Moved(lifecycle.reopened(before), Change.REOPENED)
    changed(service, session, SYSTEM, finding, moved, at, {"scan": scan_id})
    return Change.REOPENED


def gone(_service: Service, session: Session, finding: Finding) -> AuditEntry | None:
    """No branch holds it any longer. Its state stays: whoever saw the secret still has it."""
    if not finding.on_branch:
        return None
    finding.on_branch = False
    return entered(session, SYSTEM, finding, Change.GONE, {})


def reopen_due(service: Service, session: Session, at: datetime) -> list[int]:
    """Opens dismissals again whose end has passed, of all tenants; returns their ids.

    At most limits.DUE_AT_ONCE, the longest due first: call again while there are as many.
    """
    due = (
        sa.select(Finding)
        .where(Finding.state == State.DISMISSED, Finding.until <= at)
        .order_by(Finding.until, Finding.id)
        .limit(limits.DUE_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = []
    for finding in session.scalars(due).all():
        before = standing_of(finding)
        if not lifecycle.ended(before, at):
            continue
        moved = Moved(lifecycle.reopened(before), Change.REOPENED)
        entry = changed(
            service, session, SYSTEM, finding, moved, at, {"reason": "its end has passed"}
        )
        renew(service, session, finding.tenant_id, [finding.id], f"audit{entry.id}")
        ids.append(finding.id)
    return ids
