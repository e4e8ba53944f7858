"""Which function does which kind of job, and what is said when one is given up."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog

from leakguard_service.db.scope import mine
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Delivery, ForgeReport, Job, Scan
from leakguard_service.jobs.names import report_job
from leakguard_service.jobs.port import Failed, Handler, Steps, Task
from leakguard_service.notify import outbox
from leakguard_service.nouns import SYSTEM, JobKind
from leakguard_service.service import Service
from leakguard_service.triage.audit import record
from leakguard_service.work.backfill import backfill
from leakguard_service.work.inventory import inventory
from leakguard_service.work.notify import notify
from leakguard_service.work.push import push
from leakguard_service.work.reconcile import reconcile
from leakguard_service.work.report import report
from leakguard_service.work.words import one_line

_LOG = structlog.get_logger("leakguard.work")

_Do = Callable[[Service, Task, Steps], Mapping[str, Any] | None]

_DOES: Mapping[JobKind, _Do] = {
    JobKind.PUSH: push,
    JobKind.BACKFILL: backfill,
    JobKind.REPORT: report,
    JobKind.NOTIFY: notify,
    JobKind.RECONCILE: reconcile,
    JobKind.INVENTORY: inventory,
}


def handlers(service: Service) -> Mapping[JobKind, Handler]:
    """What a job engine calls, by kind of job."""
    return {kind: partial(_done, service, does) for kind, does in _DOES.items()}


def failed(service: Service) -> Failed:
    """What a job engine calls when it gives a job up."""
    return partial(_given_up, service)


def _done(service: Service, does: _Do, task: Task, steps: Steps) -> Mapping[str, Any] | None:
    result = does(service, task, steps)
    if task.delivery_id is not None:
        _delivered(service, task)
    return result


def _delivered(service: Service, task: Task) -> None:
    """A delivery is done when all its jobs are."""
    with service.db.write() as session:
        row = session.get(Delivery, task.delivery_id)
        if row is None or row.tenant_id != task.tenant_id or row.state != "queued":
            return
        others = mine(Job, task.tenant_id).where(
            Job.delivery_id == row.id, Job.id != task.id, Job.state != "done"
        )
        if session.scalars(others.limit(1)).first() is None:
            row.state = "done"


def _given_up(service: Service, task: Task, reason: str) -> None:
    """Says it wherever somebody looks: the log, the audit log, the rows, the forge."""
    _LOG.error("job given up", job=task.id, kind=task.kind.value, reason=reason)
    text = one_line(reason, 1_000)
    says = _GIVEN_UP.get(task.kind)
    if says is not None:
        says(service, task, text)
    with service.db.write() as session:
        details = {"job": task.id, "kind": task.kind.value, "reason": text}
        subject = "repository" if task.repository_id is not None else "job"
        record(session, task.tenant_id, SYSTEM, "job.failed", subject, task.repository_id, details)
        row = session.get(Delivery, task.delivery_id) if task.delivery_id is not None else None
        if row is not None and row.tenant_id == task.tenant_id:
            row.state, row.note = "failed", text


def _scan_given_up(service: Service, task: Task, text: str) -> None:
    """The scan failed: the repository shows it, and the forge's check says so."""
    with service.db.write() as session:
        asked = mine(Scan, task.tenant_id).where(Scan.job_id == task.id)
        row = session.scalars(asked).first()
        repository = session.get(Repository, task.repository_id)
        if repository is not None and repository.enabled:
            repository.error = text
        if row is None or row.finished_at is not None:
            return
        row.verdict, row.error, row.finished_at = "failed", text, now()
        enabled = repository is not None and repository.enabled
        if enabled and row.after and row.kind == "push" and not row.ref.startswith("refs/tags/"):
            mark = f"failed{row.finished_at.timestamp():.3f}"
            job = report_job(task.tenant_id, row.repository_id, row.id, mark)
            service.jobs.enqueue(session, job)


def _report_given_up(service: Service, task: Task, text: str) -> None:
    """Places that have an error of their own keep it; the others get this one."""
    with service.db.write() as session:
        asked = mine(ForgeReport, task.tenant_id).where(
            ForgeReport.scan_id == int(task.arguments["scan"]), ForgeReport.error == ""
        )
        for row in session.scalars(asked.where(ForgeReport.external_id == "")):
            row.error = text


def _notify_given_up(service: Service, task: Task, text: str) -> None:
    outbox.give_up(service, int(task.arguments["notification"]), text)


def _repository_given_up(service: Service, task: Task, text: str) -> None:
    with service.db.write() as session:
        row = session.get(Repository, task.repository_id)
        if row is not None and row.tenant_id == task.tenant_id and row.enabled:
            row.error = text


def _connection_given_up(service: Service, task: Task, text: str) -> None:
    with service.db.write() as session:
        row = session.get(Connection, int(task.arguments["connection"]))
        if row is not None and row.tenant_id == task.tenant_id:
            row.error = text


_GIVEN_UP: Mapping[JobKind, Callable[[Service, Task, str], None]] = {
    JobKind.PUSH: _scan_given_up,
    JobKind.BACKFILL: _scan_given_up,
    JobKind.REPORT: _report_given_up,
    JobKind.NOTIFY: _notify_given_up,
    JobKind.RECONCILE: _repository_given_up,
    JobKind.INVENTORY: _connection_given_up,
}
