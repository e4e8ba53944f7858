"""What is done to findings: by people, by pushes, by the clock. Each change is in the audit log.

All functions work in the caller's transaction: change, audit entry, messages to send and checks to
renew are there together or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import AuditEntry, Finding, User
from leakguard_service.db.types import now
from leakguard_service.errors import Conflict, Invalid, NotAllowed, NotThere
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from leakguard_service.triage import lifecycle
from leakguard_service.triage.happenings import announce_created, gone, reopen_due, seen_again
from leakguard_service.triage.lifecycle import Action, Move
from leakguard_service.triage.reports import renew
from leakguard_service.triage.texts import clean
from leakguard_service.triage.writing import changed, standing_of

__all__ = [
    "Action",
    "Outcome",
    "Refused",
    "announce_created",
    "apply",
    "apply_each",
    "gone",
    "reopen_due",
    "seen_again",
]


@dataclass(frozen=True, slots=True)
class Refused:
    """A finding that an action did not change, and why."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action on many findings did: each id is in one of the two, in the order given."""

    done: tuple[Finding, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Deed:
    service: Service
    session: Session
    actor: Actor
    tenant_id: int
    action: Action
    four_eyes: bool
    at: datetime


def apply(
    service: Service,
    session: Session,
    actor: Actor,
    tenant_id: int,
    finding_ids: Sequence[int],
    action: Action,
) -> list[Finding]:
    """Does it to all of them; returns them in the order given.

    Raises NotThere, Invalid, NotAllowed or Conflict for the first that cannot be changed: the
    caller's transaction must then be given up.
    """
    deed = _deed(service, session, actor, tenant_id, action)
    rows = _locked(session, tenant_id, finding_ids)
    entries = []
    for number in finding_ids:
        if number not in rows:
            raise NotThere(f"there is no finding {number}")
        entries.append(_done(deed, rows[number]))
    _renew(deed, entries)
    return [rows[number] for number in finding_ids]


def apply_each(
    service: Service,
    session: Session,
    actor: Actor,
    tenant_id: int,
    finding_ids: Sequence[int],
    action: Action,
) -> Outcome:
    """Does it to each that can be changed, and says of the others why they cannot.

    Raises Invalid when the action itself has no meaning or there are more than
    limits.BULK_FINDINGS, NotAllowed when the actor may change none.
    """
    ids = list(dict.fromkeys(finding_ids))
    deed = _deed(service, session, actor, tenant_id, action)
    rows = _locked(session, tenant_id, ids)
    entries: list[AuditEntry | None] = []
    done: list[Finding] = []
    refused: list[Refused] = []
    for number in ids:
        try:
            if number not in rows:
                raise NotThere(f"there is no finding {number}")
            entries.append(_done(deed, rows[number]))
            done.append(rows[number])
        except (NotThere, Conflict, NotAllowed) as error:
            if actor.role is Role.VIEWER:
                raise
            refused.append(Refused(number, str(error)))
    _renew(deed, entries)
    return Outcome(tuple(done), tuple(refused))


def _deed(
    service: Service, session: Session, actor: Actor, tenant_id: int, action: Action
) -> _Deed:
    at = now()
    four_eyes = service.tenant_settings(session, tenant_id).four_eyes
    if action.name == Move.ASSIGN and action.assignee_id is not None:
        _assignable(session, tenant_id, action.assignee_id)
    return _Deed(service, session, actor, tenant_id, action, four_eyes, at)


def _assignable(session: Session, tenant_id: int, user_id: int) -> None:
    try:
        user = get(session, User, user_id, tenant_id)
    except NotThere as error:
        raise Invalid(str(error), "assignee_id") from error
    if not user.active:
        raise Invalid(f"{user.login} is no longer active", "assignee_id")


def _locked(session: Session, tenant_id: int, ids: Sequence[int]) -> dict[int, Finding]:
    """The rows as they are now, held until the transaction ends; by number, to wait in order."""
    if len(ids) > limits.BULK_FINDINGS:
        raise Invalid(f"at most {limits.BULK_FINDINGS} findings at a time", "ids")
    asked = (
        mine(Finding, tenant_id)
        .where(Finding.id.in_(ids))
        .order_by(Finding.id)
        .with_for_update(of=Finding)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in session.scalars(asked)}


def _done(deed: _Deed, finding: Finding) -> AuditEntry | None:
    moved = lifecycle.moved(
        standing_of(finding), deed.action, deed.actor, four_eyes=deed.four_eyes, now=deed.at
    )
    if moved.change is None:
        return None
    details: dict[str, Any] = {}
    if deed.action.comment:
        details["comment"] = clean(deed.action.comment)
    return changed(deed.service, deed.session, deed.actor, finding, moved, deed.at, details)


def _renew(deed: _Deed, entries: Sequence[AuditEntry | None]) -> None:
    """Has checks at the forge follow, when what they say may be different now."""
    told = [entry for entry in entries if entry is not None and "state" in entry.details]
    ids = [entry.subject_id for entry in told if entry.subject_id is not None]
    if told:
        mark = f"audit{max(entry.id for entry in told)}"
        renew(deed.service, deed.session, deed.tenant_id, ids, mark)
