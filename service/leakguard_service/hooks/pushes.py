"""Pushes and pull requests: the jobs that bring their refs up to date."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from leakguard_service.db.tables import Repository
from leakguard_service.db.work_tables import Head
from leakguard_service.hooks import repositories
from leakguard_service.hooks.taking import Outcome, Taking, ignored
from leakguard_service.jobs.names import backfill_job, push_job, reconcile_job
from leakguard_service.jobs.port import NewJob
from leakguard_service.nouns import PushedRef
from leakguard_service.tenancy import ConnectionSettings


def take(taking: Taking) -> Outcome:
    """The first time: repository, deleted refs and jobs."""
    event = taking.event
    if event.repository is None:
        return ignored("it names no repository")
    row, new = repositories.upsert(
        taking.session, taking.connection, event.repository, event.installation
    )
    if not row.enabled:
        return ignored("the repository is switched off", row)
    for pushed in event.pushes:
        if not pushed.after:
            _forget(taking, row, pushed)
    if row.reconciled_at is None:
        _begin(taking, row)
    wanted = jobs(taking, row)
    again = [one.id for one, moved in _pairs(taking, row) if _went_back(taking, row, moved)]
    queued = taking.queue(wanted, again)
    if new:
        queued += first_scan(taking, row)
    return _outcome(taking, row, wanted, queued)


def again(taking: Taking) -> Outcome:
    """A redelivery or replay: what failed is queued again, and with `force` what was done."""
    row = repositories.find(taking.session, taking.connection, taking.event.repository)
    if row is None or not row.enabled:
        return ignored("the repository is not there or is switched off", row)
    wanted = jobs(taking, row)
    return _outcome(taking, row, wanted, taking.queue(wanted))


def jobs(taking: Taking, row: Repository) -> list[NewJob]:
    """A job for each ref that is still there; refs beyond the limit are found by comparing."""
    found = [job for job, _ in _pairs(taking, row)]
    if "more" in taking.event.details:
        rest = reconcile_job(row, f"delivery:{taking.delivery_id}")
        found.append(replace(rest, delivery_id=taking.delivery_id))
    return found


def first_scan(taking: Taking, row: Repository) -> tuple[str, ...]:
    """Queues the scan of the history of a repository that was not known, where that is wanted."""
    settings = ConnectionSettings.model_validate(taking.connection.settings)
    return taking.queue([backfill_job(row, "first")]) if settings.backfill else ()


def _pairs(taking: Taking, row: Repository) -> list[tuple[NewJob, PushedRef]]:
    event, delivery = taking.event, taking.delivery_id
    return [
        (push_job(row, pushed, delivery_id=delivery, number=event.number), pushed)
        for pushed in event.pushes
        if pushed.after
    ]


def _outcome(
    taking: Taking, row: Repository, wanted: Sequence[NewJob], queued: tuple[str, ...]
) -> Outcome:
    if queued or not wanted:
        return Outcome(taking.state(queued), jobs=queued, repository=row)
    known = "is queued already" if taking.unfinished(wanted) else "was done before"
    return ignored(f"the same work {known}", row)


def _begin(taking: Taking, row: Repository) -> None:
    """Where no history is scanned, what was there before the first push is where scans begin.

    Written down now: of several first pushes any may be done first.
    """
    settings = ConnectionSettings.model_validate(taking.connection.settings)
    if settings.backfill or taking.event.number:
        return
    for pushed in taking.event.pushes:
        there = taking.session.get(Head, (row.id, pushed.ref))
        if pushed.before and pushed.after and there is None:
            taking.session.add(Head(repository_id=row.id, ref=pushed.ref, oid=pushed.before))
    taking.session.flush()


def _forget(taking: Taking, row: Repository, pushed: PushedRef) -> None:
    taking.session.execute(
        sa.delete(Head).where(Head.repository_id == row.id, Head.ref == pushed.ref)
    )


def _went_back(taking: Taking, row: Repository, pushed: PushedRef) -> bool:
    """Whether a ref moved from where we know it to be: then also to a commit it once had.

    A branch that was reset, or deleted and made again, has had its job: it must be done again,
    or the ref stays where it was for us.
    """
    head = taking.session.get(Head, (row.id, pushed.ref), populate_existing=True)
    known = head.oid if head else ""
    return known == pushed.before and known != pushed.after
