"""Brings one ref up to date: fetches it, scans what is new, stores what was found.

Everything from the fetch to the rows of findings is one step: the copy is on this machine's disk,
and what a scan finds is too big for a step's result. The forge is told by a job of its own, which
is queued in the transaction that ends the scan: a forge that is away does not hold up pushes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Head
from leakguard_service.forges.port import Access
from leakguard_service.jobs.names import reconcile_job
from leakguard_service.jobs.port import Steps, Task
from leakguard_service.repos import fetch, scan
from leakguard_service.repos.cache import Cache
from leakguard_service.repos.model import MovedOn
from leakguard_service.service import Service
from leakguard_service.work import branches, policy, saving, scans
from leakguard_service.work.policy import Range
from leakguard_service.work.scans import Begun
from leakguard_service.work.store import Seeing
from leakguard_service.work.target import Target, asking, load, working

Numbers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push job, and the scan row that it has."""

    ref: str
    before: str
    after: str
    number: int
    """Of the pull request, else 0."""
    job_id: str
    scan_id: int = 0
    since: datetime | None = None
    """When the same job's last scan was begun that came to its end."""


def push(service: Service, task: Task, steps: Steps) -> Numbers:
    """Does a push job; the scan's id, and what was found and new."""
    with working(service, task):
        target = load(service, task)
        pushed = _pushed(task)
        if not pushed.after:
            return _deleted(service, target, pushed)
        begun: dict[str, Any] = steps.run("begin", lambda: _begin(service, task, pushed))
        since = datetime.fromisoformat(begun["since"]) if begun["since"] else None
        pushed = replace(pushed, scan_id=begun["scan"], since=since)
        return steps.run("scan", lambda: _scan(service, target, pushed))


def _pushed(task: Task) -> Pushed:
    given = task.arguments
    return Pushed(
        ref=str(given["ref"]),
        before=str(given["before"]),
        after=str(given["after"]),
        number=int(given["number"]),
        job_id=task.id,
    )


def _begin(service: Service, task: Task, pushed: Pushed) -> dict[str, Any]:
    begun = Begun("push", pushed.ref, pushed.before, pushed.after)
    return scans.begin(service, task, begun)


def _deleted(service: Service, target: Target, pushed: Pushed) -> Numbers:
    """A ref is no more: what only it held is no longer on a branch."""
    with service.db.write() as session:
        scans.drop_heads(session, target.id, [pushed.ref])
        mark = f"deleted:{now().isoformat(timespec='seconds')}"
        service.jobs.enqueue(session, reconcile_job(target.repository, mark))
    return {"deleted": 1}


def _scan(service: Service, target: Target, pushed: Pushed) -> Numbers:
    if (done := saving.numbers(service, target.tenant_id, pushed.scan_id)) is not None:
        return done  # stored by a process that died before it could say so
    with asking(service, target.connection):
        access = target.forge.access(target.ref, target.installation)
    try:
        return _fetched(service, target, pushed, access)
    except MovedOn as error:
        return _moved_on(service, target, pushed, str(error))


def _fetched(service: Service, target: Target, pushed: Pushed, access: Access) -> Numbers:
    settings = service.settings
    known = _known(service, target, pushed, access)
    asked = policy.request(service, target, Range(pushed.before, pushed.after, known))
    with Cache(settings).open(target.id) as copy:
        missing = fetch.fetch(copy, access, (pushed.ref, pushed.after), settings)
        result = scan.scan(copy, asked, settings, access)
        seeing = Seeing(
            target.tenant_id,
            target.id,
            pushed.scan_id,
            ref=pushed.ref,
            review=bool(pushed.number),
        )
        is_head = not pushed.number and pushed.ref not in missing
        heads = {pushed.ref: pushed.after} if is_head else {}
        numbers = saving.save(service, target, seeing, result, heads)
        scan.remember(copy, result)
        branches.follow(service, target, copy, pushed.scan_id)
    return numbers


def _known(service: Service, target: Target, pushed: Pushed, access: Access) -> tuple[str, ...]:
    """Commits whose history was scanned, or is not this push's.

    A pull request is all that the default branch does not have. In a repository that was never
    scanned, a new branch is what the default branch does not have either: the rest is the
    backfill's.
    """
    with service.db.read() as session:
        heads = scans.heads(session, target.repository)
    main = f"refs/heads/{target.repository.default_branch}"
    if pushed.number:
        oids = [heads[main].oid] if main in heads else []
    else:
        oids = _scanned_before(pushed, heads)
    if oids:
        return tuple(dict.fromkeys(oids))
    if (pushed.before and not pushed.number) or pushed.ref == main:
        return ()
    there = fetch.remote_refs(access, service.settings).get(main, "")
    return (there,) if there and there != pushed.after else ()


def _scanned_before(pushed: Pushed, heads: Mapping[str, Head]) -> list[str]:
    """The heads as they were before this push: a history's scan may have seen it, or the job is
    done again, and it has its own commits all the same."""
    kept = {
        ref: head.oid
        for ref, head in heads.items()
        if (pushed.since is None or head.scanned_at < pushed.since)
        and (ref, head.oid) != (pushed.ref, pushed.after)
    }
    # `before` counts only where the ref itself was seen with or after this push: else it may be
    # the end of a push that nobody told us of.
    unsure = pushed.ref in heads and pushed.ref not in kept and pushed.before
    return [*kept.values(), *([pushed.before] if unsure else ())]


def _moved_on(service: Service, target: Target, pushed: Pushed, text: str) -> Numbers:
    """The commit is gone from the forge: what is there now is scanned instead."""
    scans.unscanned(service, target.tenant_id, pushed.scan_id, "incomplete", text)
    with service.db.write() as session:
        job = reconcile_job(target.repository, f"moved:{pushed.scan_id}:{pushed.after[:12]}")
        service.jobs.enqueue(session, job)
    return {"scan": pushed.scan_id, "superseded": 1}
