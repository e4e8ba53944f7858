"""Writes a delivery down: row, repository and jobs, in one transaction or not at all."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get
from leakguard_service.db.tables import Connection
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Delivery
from leakguard_service.errors import NotThere
from leakguard_service.hooks import actions, changes, pushes, requests
from leakguard_service.hooks.repositories import insert
from leakguard_service.hooks.summary import from_json, to_json
from leakguard_service.hooks.taking import Outcome, Taken, Taking, ignored
from leakguard_service.nouns import Actor, Event, EventKind
from leakguard_service.service import Service
from leakguard_service.triage.audit import record

_FRESH_SECONDS: Final = 5
"""How exact `delivered_at` is: all deliveries of a connection would wait for its row otherwise."""


def take(service: Service, connection_id: int, event: Event, delivery_id: str, size: int) -> Taken:
    """Takes a verified delivery of `size` bytes. Returns when it is safely in the database.

    What came before and was done is only counted; what failed of it is queued again. Raises
    NotThere when the connection is gone, and SQLAlchemy's errors when the database is.
    """
    for left in reversed(range(limits.TRANSACTION_TRIES)):
        try:
            with service.db.write() as session:
                return _take(service, session, connection_id, event, delivery_id, size)
        except DBAPIError as error:
            if not left or not _in_the_way(error):
                raise
    raise AssertionError("the loop above returns or raises")


def replay(
    service: Service, session: Session, tenant_id: int, delivery_row_id: int, actor: Actor
) -> bool:
    """Does again what a delivery asked for, from what was kept of it. Whether there was anything.

    Within the caller's transaction, and with an audit entry. Raises NotThere.
    """
    row = get(session, Delivery, delivery_row_id, tenant_id)
    connection = get(session, Connection, row.connection_id, tenant_id)
    event = from_json(row.summary)
    taking = Taking(service, session, connection, event, row.id, force=True)
    outcome = _AGAIN.get(event.kind, _nothing)(taking)
    done = bool(outcome.jobs) or outcome.state == "done"
    if done:
        row.state, row.note = outcome.state, "done again by request"
    details = {"jobs": list(outcome.jobs), "note": outcome.note}
    record(session, tenant_id, actor, "delivery.replayed", "delivery", row.id, details)
    return done


def _take(
    service: Service,
    session: Session,
    connection_id: int,
    event: Event,
    delivery_id: str,
    size: int,
) -> Taken:
    connection = session.get(Connection, connection_id)
    if connection is None or not connection.enabled:
        raise NotThere(f"there is no connection {connection_id}")
    added = _add(session, connection, event, delivery_id, size)
    if added is None:
        taken = _copy(service, session, connection, delivery_id)
    else:
        outcome = _FIRST.get(event.kind, _nothing)(
            Taking(service, session, connection, event, added)
        )
        taken = _settle(session.get_one(Delivery, added), outcome)
    _say(session, connection)
    return taken


def _add(
    session: Session, connection: Connection, event: Event, delivery_id: str, size: int
) -> int | None:
    return insert(
        session,
        Delivery,
        ("connection_id", "delivery_id"),
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        delivery_id=delivery_id,
        event=event.name,
        action=event.action,
        summary=to_json(event),
        size=size,
    )


def _copy(service: Service, session: Session, connection: Connection, delivery_id: str) -> Taken:
    """The same delivery again. Its row tells what it was: the new content is not looked at."""
    asked = sa.select(Delivery).where(
        Delivery.tenant_id == connection.tenant_id,
        Delivery.connection_id == connection.id,
        Delivery.delivery_id == delivery_id,
    )
    row = session.scalars(
        asked.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()
    row.copies += 1
    kept = from_json(row.summary)
    again = _AGAIN.get(kept.kind) if kept.kind not in _ONCE else None
    outcome = again(Taking(service, session, connection, kept, row.id)) if again else None
    jobs = outcome.jobs if outcome else ()
    if outcome and jobs:
        row.state = outcome.state
    row.note = f"came {row.copies} times" + (", and was queued again" if jobs else "")
    return Taken(row.id, row.state, jobs, fresh=False)


def _settle(row: Delivery, outcome: Outcome) -> Taken:
    row.state, row.note = outcome.state, outcome.note
    row.repository_id = outcome.repository.id if outcome.repository else None
    return Taken(row.id, row.state, outcome.jobs, fresh=True)


def _say(session: Session, connection: Connection) -> None:
    """The last statement: it locks the connection's row until the transaction ends."""
    moment = now()
    session.flush()
    session.execute(
        sa.update(Connection)
        .where(
            Connection.id == connection.id,
            sa.or_(
                Connection.delivered_at.is_(None),
                Connection.delivered_at < moment - timedelta(seconds=_FRESH_SECONDS),
            ),
        )
        .values(delivered_at=moment)
        .execution_options(synchronize_session=False)
    )


def _in_the_way(error: DBAPIError) -> bool:
    """Whether another transaction was the reason: PostgreSQL's class 40 and double keys."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return isinstance(error, IntegrityError) or state.startswith("40")


def _ping(_taking: Taking) -> Outcome:
    return Outcome("done")


def _nothing(taking: Taking) -> Outcome:
    return ignored(f"nothing is done for `{taking.event.name}`")


_FIRST: Final[Mapping[EventKind, Callable[[Taking], Outcome]]] = {
    EventKind.PING: _ping,
    EventKind.PUSH: pushes.take,
    EventKind.PULL_REQUEST: pushes.take,
    EventKind.INSTALLATION: changes.installation,
    EventKind.REPOSITORY: changes.repository,
    EventKind.RERUN: requests.rerun,
    EventKind.ACTION: actions.take,
}
"""What a delivery does the first time."""

_AGAIN: Final[Mapping[EventKind, Callable[[Taking], Outcome]]] = {
    EventKind.PUSH: pushes.again,
    EventKind.PULL_REQUEST: pushes.again,
    EventKind.INSTALLATION: changes.inventory,
    EventKind.RERUN: requests.rerun,
    EventKind.ACTION: actions.take,
}
"""What it does again. Old names and states of repositories are not written over newer ones."""

_ONCE: Final = (EventKind.RERUN, EventKind.ACTION)
"""Done again only by request: the forge's copy asks for nothing new."""
