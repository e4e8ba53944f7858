"""What is said of repositories and installations: rows change, a forge is asked what there is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from leakguard_service.db.tables import Repository
from leakguard_service.hooks import pushes, repositories
from leakguard_service.hooks.taking import Outcome, Taking, ignored
from leakguard_service.jobs.names import inventory_job
from leakguard_service.nouns import Off, RepositoryRef

_OVER: Final = {"deleted": Off.UNINSTALLED, "suspend": Off.SUSPENDED}
"""Actions after which an installation's repositories cannot be read."""


def repository(taking: Taking) -> Outcome:
    """Made, renamed, moved, archived, shown or deleted."""
    event = taking.event
    if event.repository is None:
        return ignored("it names no repository")
    if event.action == "deleted":
        row = repositories.find(taking.session, taking.connection, event.repository)
        _off(taking, [row] if row else [], Off.DELETED)
        return Outcome("done", repository=row)
    row, new = repositories.upsert(
        taking.session, taking.connection, event.repository, event.installation
    )
    queued = pushes.first_scan(taking, row) if new else ()
    return Outcome("done", jobs=queued, repository=row)


def installation(taking: Taking) -> Outcome:
    """An App was installed or removed, or got or lost repositories."""
    event = taking.event
    if event.name == "installation" and event.action in _OVER:
        rows = repositories.of_installation(taking.session, taking.connection, event.installation)
        _off(taking, rows, _OVER[event.action])
        return Outcome("done", f"{len(rows)} repositories are switched off")
    if event.action == "removed":
        _off(taking, _known(taking), Off.REMOVED)
        return inventory(taking) if "more" in event.details else Outcome("done")
    queued = [job for ref in _sorted(taking) for job in _added(taking, ref)]
    asked = inventory(taking)
    return replace(asked, jobs=(*queued, *asked.jobs))


def inventory(taking: Taking) -> Outcome:
    """Asks the forge what there is: lists in deliveries are short forms, and cut."""
    job = inventory_job(
        taking.connection.tenant_id, taking.connection.id, f"delivery:{taking.delivery_id}"
    )
    queued = taking.queue([replace(job, delivery_id=taking.delivery_id)])
    return Outcome(taking.state(queued), jobs=queued)


def _off(taking: Taking, rows: Sequence[Repository], why: Off) -> None:
    repositories.switch_off(taking.session, taking.actor, rows, why)


def _sorted(taking: Taking) -> list[RepositoryRef]:
    """In one order for all transactions: none waits for one that waits for it."""
    return sorted(taking.event.repositories, key=lambda ref: ref.forge_id)


def _added(taking: Taking, ref: RepositoryRef) -> tuple[str, ...]:
    row, new = repositories.upsert(
        taking.session, taking.connection, ref, taking.event.installation
    )
    return pushes.first_scan(taking, row) if new else ()


def _known(taking: Taking) -> list[Repository]:
    found = (repositories.find(taking.session, taking.connection, ref) for ref in _sorted(taking))
    return [row for row in found if row is not None]
