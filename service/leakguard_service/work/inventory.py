"""Asks a forge which repositories a connection reaches: new ones are scanned, lost ones rest."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.errors import Hopeless, NotThere
from leakguard_service.jobs.names import backfill_job
from leakguard_service.jobs.port import Steps, Task
from leakguard_service.nouns import SYSTEM, Off, RepositoryRef
from leakguard_service.service import Service
from leakguard_service.tenancy import ConnectionSettings
from leakguard_service.triage.audit import record
from leakguard_service.work.target import asking
from leakguard_service.work.upsert import insert_new
from leakguard_service.work.words import one_line

_Listed = tuple[RepositoryRef, str]
_PART = 200
"""Repositories that one transaction writes."""


def inventory(service: Service, task: Task, _steps: Steps) -> Mapping[str, Any]:
    """Does an inventory job; how many repositories there are, and were new or lost."""
    connection = _connection(service, task)
    with asking(service, connection):
        listing = service.forge(service, connection).repositories()
        listed = list(islice(listing, limits.INVENTORY_MOST + 1))
    complete = len(listed) <= limits.INVENTORY_MOST
    listed.sort(key=lambda one: one[0].forge_id)  # all writers in one order
    new = 0
    for start in range(0, len(listed), _PART):
        with service.db.write() as session:
            new += _upsert(service, session, connection, listed[start : start + _PART])
    lost = 0
    if complete:
        with service.db.write() as session:
            lost = _switch_off(session, connection, frozenset(one.forge_id for one, _ in listed))
    return {"repositories": len(listed), "new": new, "lost": lost}


def _connection(service: Service, task: Task) -> Connection:
    with service.db.read() as session:
        try:
            row = get(session, Connection, int(task.arguments["connection"]), task.tenant_id)
        except NotThere as error:
            raise Hopeless(f"{error}: it was removed") from error
    if not row.enabled:
        raise Hopeless(f"the connection {row.name} is switched off")
    return row


def _upsert(
    service: Service, session: Session, connection: Connection, listed: Sequence[_Listed]
) -> int:
    """Writes repositories; how many were new. The first scan of a new one is queued with it."""
    rows = [
        {
            "tenant_id": connection.tenant_id,
            "connection_id": connection.id,
            "forge_id": ref.forge_id,
            "full_name": one_line(ref.full_name, 500),
        }
        for ref, _ in listed
    ]
    new = frozenset(insert_new(session, Repository, rows, Repository.id))
    asked = mine(Repository, connection.tenant_id).where(
        Repository.connection_id == connection.id,
        Repository.forge_id.in_([ref.forge_id for ref, _ in listed]),
    )
    there = {row.forge_id: row for row in session.scalars(asked)}
    wanted = ConnectionSettings.model_validate(connection.settings).backfill
    for ref, installation in listed:
        row = there[ref.forge_id]
        _refresh(row, ref, installation)
        if row.id in new and wanted and not ref.archived:
            service.jobs.enqueue(session, backfill_job(row, "first"))
    return len(new)


def _refresh(row: Repository, ref: RepositoryRef, installation: str) -> None:
    row.full_name = one_line(ref.full_name, 500)
    row.default_branch = one_line(ref.default_branch, 500) or row.default_branch
    row.private, row.archived = ref.private, ref.archived
    row.installation = installation
    if not row.enabled and row.error in tuple(Off):
        row.enabled, row.error = True, ""


def _switch_off(session: Session, connection: Connection, listed: frozenset[str]) -> int:
    """Switches off what was not listed; says so in the audit log."""
    asked = mine(Repository, connection.tenant_id).where(
        Repository.connection_id == connection.id, Repository.enabled.is_(True)
    )
    gone = [row for row in session.scalars(asked) if row.forge_id not in listed]
    for row in gone:
        row.enabled, row.error = False, Off.NOT_LISTED.value
        details = {"reason": Off.NOT_LISTED.value}
        record(session, row.tenant_id, SYSTEM, "repository.disabled", "repository", row.id, details)
    return len(gone)
