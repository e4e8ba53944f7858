"""The audit log: one row for whatever somebody did. A finding's history is its part of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from leakguard_service.db.tables import AuditEntry
from leakguard_service.nouns import Actor


def record(
    session: Session,
    tenant_id: int,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Adds an entry and gives it its id. `details` holds JSON values and no secret."""
    entry = AuditEntry(
        tenant_id=tenant_id,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor=actor.name,
        address=actor.address,
        action=action,
        subject=subject,
        subject_id=subject_id,
        details=dict(details or {}),
    )
    session.add(entry)
    session.flush()
    return entry
