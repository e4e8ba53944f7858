"""Compares a forge's refs with what was scanned: whatever no delivery told of is found here.

Forges drop deliveries, send none for more than three tags at once, and none while we are away.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.tables import Repository
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Head, Job
from leakguard_service.forges.port import Access
from leakguard_service.jobs.names import backfill_job, push_job
from leakguard_service.jobs.port import NewJob, Steps, Task
from leakguard_service.nouns import PushedRef
from leakguard_service.repos import fetch
from leakguard_service.repos.cache import Cache
from leakguard_service.repos.model import Refs
from leakguard_service.service import Service
from leakguard_service.work import branches, scans
from leakguard_service.work.scans import REF_PREFIXES
from leakguard_service.work.target import Target, asking, load, working
from leakguard_service.work.words import path_text


def reconcile(service: Service, task: Task, _steps: Steps) -> Mapping[str, Any]:
    """Does a reconcile job; how many refs there are, were queued, and are no more."""
    with working(service, task):
        target = load(service, task)
        with asking(service, target.connection):
            access = target.forge.access(target.ref, target.installation)
        refs = fetch.remote_refs(access, service.settings)
        with service.db.write() as session:
            numbers = _compared(service, session, target, refs)
        _follow(service, target, access, refs)
    return numbers


def _compared(service: Service, session: Session, target: Target, refs: Refs) -> dict[str, Any]:
    """Queues what differs. A repository that was never scanned gets its backfill instead."""
    repository = session.get_one(Repository, target.id)
    heads = scans.heads(session, repository)
    numbers = {"refs": len(refs), "queued": 0, "removed": 0}
    first = repository.reconciled_at is None
    repository.reconciled_at, repository.error = now(), ""
    if repository.backfilled_at is None and target.answers.backfill:
        numbers["queued"] = _queue(service, session, backfill_job(repository, "first"))
        return numbers
    if first and not target.answers.backfill:  # what was there before is not asked for
        unseen = {ref: oid for ref, oid in refs.items() if path_text(ref) not in heads}
        scans.set_heads(session, target.id, unseen, "", now())
        return numbers
    numbers["removed"] = _removed(session, target, refs, heads)
    for pushed in _moved(refs, heads)[: limits.RECONCILED_REFS]:
        numbers["queued"] += _queue(service, session, push_job(repository, pushed))
    return numbers


def _moved(refs: Refs, heads: Mapping[str, Head]) -> list[PushedRef]:
    moved = []
    for ref, oid in refs.items():
        head = heads.get(path_text(ref))
        if head is None or head.oid != oid:
            moved.append(PushedRef(ref, head.oid if head else "", oid))
    return moved


def _removed(session: Session, target: Target, refs: Refs, heads: Mapping[str, Head]) -> int:
    """Forgets refs that the forge no longer has; none when its list was cut."""
    if refs.cut:
        return 0
    there = {path_text(ref) for ref in refs}
    gone = [ref for ref in heads if ref.startswith(REF_PREFIXES) and ref not in there]
    scans.drop_heads(session, target.id, gone)
    return len(gone)


def _queue(service: Service, session: Session, job: NewJob) -> bool:
    """Queues a job that is not queued or running. One that was given up gets some time.

    One that was done is done again: the ref went away from that commit and came back.
    """
    row = session.get(Job, job.id, populate_existing=True)
    if row is None:
        return service.jobs.enqueue(session, job)
    if row.state == "failed" and row.finished_at is not None:
        wait = timedelta(seconds=limits.RETRY_FAILED_SECONDS)
        return row.finished_at + wait < now() and service.jobs.enqueue(session, job)
    return service.jobs.again(session, job.id)


def _follow(service: Service, target: Target, access: Access, refs: Refs) -> None:
    """Finds out what deleted and rewritten branches no longer hold."""
    if refs.cut or not branches.has_places(service, target):
        return
    names: Sequence[str] = tuple(refs)
    with Cache(service.settings).open(target.id) as copy:
        if branches.differ(copy, refs):
            fetch.fetch(copy, access, names, service.settings, prune=True)
            branches.follow(service, target, copy)
