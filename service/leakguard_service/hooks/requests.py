"""Somebody at the forge asks to check a commit again."""

import re
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.work_tables import ForgeReport, Job, Scan
from leakguard_service.hooks import repositories
from leakguard_service.hooks.taking import Outcome, Taking, ignored
from leakguard_service.jobs.names import push_job
from leakguard_service.nouns import Event, PushedRef

REFERENCE: Final = re.compile(r"(scan|finding):([0-9]{1,18})", re.ASCII)
"""What a check run's `external_id` may be."""


def rerun(taking: Taking) -> Outcome:
    """The commit's scan once more; where there was none, a push of its branch is made up."""
    event = taking.event
    if event.repository is None:
        return ignored("it names no repository")
    row, _ = repositories.upsert(
        taking.session, taking.connection, event.repository, event.installation
    )
    if not row.enabled:
        return ignored("the repository is switched off", row)
    scan = scan_of(taking.session, taking.connection, row, event)
    if scan and taking.session.get(Job, scan.job_id):
        if not taking.service.jobs.again(taking.session, scan.job_id):
            return ignored("the same work is queued already", row)
        queued = (scan.job_id,)
        return Outcome(taking.state(queued), jobs=queued, repository=row)
    return _made_up(taking, row)


def scan_of(session: Session, connection: Connection, row: Repository, event: Event) -> Scan | None:
    """The scan that a check run tells of: the one named, reported, or last done of the commit."""
    of_row = sa.select(Scan).where(
        Scan.tenant_id == connection.tenant_id, Scan.repository_id == row.id
    )
    sha = event.details.get("head_sha", "")
    named = REFERENCE.fullmatch(event.details.get("external_id", ""))
    if named and named[1] == "scan":
        return session.scalar(of_row.where(Scan.id == int(named[2])))
    reported = sa.select(ForgeReport.scan_id).where(
        ForgeReport.tenant_id == connection.tenant_id,
        ForgeReport.repository_id == row.id,
        ForgeReport.sha == sha,
        ForgeReport.kind == "check_run",
    )
    told = session.scalar(of_row.where(Scan.id == reported.scalar_subquery()))
    last = of_row.where(Scan.after == sha).order_by(Scan.id.desc()).limit(1)
    return told or session.scalar(last)


def _made_up(taking: Taking, row: Repository) -> Outcome:
    details = taking.event.details
    number = int(details.get("number") or 0)
    if branch := details.get("head_branch", ""):
        ref = f"refs/heads/{branch}"
    elif number:
        ref = f"refs/pull/{number}/head"
    else:
        return ignored("no branch and no pull request has this commit", row)
    pushed = PushedRef(ref=ref, before="", after=details["head_sha"])
    job = push_job(row, pushed, delivery_id=taking.delivery_id, number=0 if branch else number)
    queued = taking.queue([job], [job.id])
    if not queued:
        return ignored("the same work is queued already", row)
    return Outcome(taking.state(queued), jobs=queued, repository=row)
