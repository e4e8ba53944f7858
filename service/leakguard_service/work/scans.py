"""Rows of scans: begun, ended, given up; what was skipped; up to where refs were scanned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard.model import Skip
from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Repository
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Head, Scan, SkipSeen
from leakguard_service.jobs.port import Task
from leakguard_service.repos.model import ScanResult
from leakguard_service.service import Service
from leakguard_service.work.target import Target
from leakguard_service.work.upsert import insert_new, put
from leakguard_service.work.words import one_line, path_text

DONE: Final = ("clean", "leaks", "incomplete")
"""Verdicts of scans that came to their end."""

REF_PREFIXES: Final = ("refs/heads/", "refs/tags/")
"""Refs whose scanned heads are remembered and compared with the forge's."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What a scan is of."""

    kind: str
    ref: str = ""
    before: str = ""
    after: str = ""


def begin(service: Service, task: Task, begun: Begun) -> dict[str, Any]:
    """`scan`: the id of the job's scan, which now runs; the same when the job is done again.

    `since`: when the job's last scan was begun, in ISO 8601; empty unless it was done.
    """
    new = {
        "tenant_id": task.tenant_id,
        "repository_id": task.repository_id or 0,
        "job_id": task.id,
        "kind": begun.kind,
    }
    with service.db.write() as session:
        insert_new(session, Scan, [new], Scan.id)
        row = session.scalars(mine(Scan, task.tenant_id).where(Scan.job_id == task.id)).one()
        since = row.started_at.isoformat() if row.verdict in DONE and not row.error else ""
        row.ref, row.before, row.after = path_text(begun.ref), begun.before, begun.after
        row.verdict, row.error, row.finished_at, row.started_at = "", "", None, now()
        return {"scan": row.id, "since": since}


def end(session: Session, scan: Scan, result: ScanResult) -> None:
    """Writes what was looked at and what could not be."""
    summary = result.summary
    repository = session.get_one(Repository, scan.repository_id)
    scan.verdict = _verdict(result)
    scan.rules = one_line(result.rules, 64)
    scan.blobs, scan.bytes = summary.blobs, summary.bytes
    scan.commits, scan.members = summary.commits, summary.members
    scan.skipped, scan.suppressed = len(result.skips), result.suppressed
    scan.seconds, scan.error, scan.finished_at = summary.seconds, "", now()
    notes = [*result.notes, *([_policy_note(result.bad_policy)] if result.bad_policy else [])]
    scan.notes = [one_line(note, 500) for note in notes[:50]]
    _skips(session, scan, result.skips)
    repository.scanned_at, repository.error = scan.finished_at, ""


def _policy_note(text: str) -> str:
    return f"the repository's own settings were left out, since they cannot be used: {text}"


def _verdict(result: ScanResult) -> str:
    if result.findings:
        return "leaks"
    return "incomplete" if result.skips else "clean"


def _skips(session: Session, scan: Scan, skips: Sequence[Skip]) -> None:
    session.execute(
        sa.delete(SkipSeen).where(SkipSeen.tenant_id == scan.tenant_id, SkipSeen.scan_id == scan.id)
    )
    session.add_all(
        SkipSeen(
            tenant_id=scan.tenant_id,
            scan_id=scan.id,
            repository_id=scan.repository_id,
            path=path_text(skip.path),
            reason=one_line(skip.reason, 500),
            blob=one_line(skip.blob or "", 64),
        )
        for skip in skips[: limits.SKIPS_KEPT]
    )


def looking_at(service: Service, target: Target, scan_id: int, after: str) -> None:
    """Says which commit a scan of everything ends at."""
    with service.db.write() as session:
        get(session, Scan, scan_id, target.tenant_id).after = after


def unscanned(service: Service, tenant_id: int, scan_id: int, verdict: str, text: str) -> None:
    """Ends a scan that looked at nothing, with the reason."""
    with service.db.write() as session:
        row = get(session, Scan, scan_id, tenant_id)
        row.verdict, row.error, row.finished_at = verdict, one_line(text, 1_000), now()


def heads(session: Session, repository: Repository) -> dict[str, Head]:
    """What was scanned, by ref."""
    asked = (
        sa.select(Head)
        .join(Repository, Repository.id == Head.repository_id)
        .where(Head.repository_id == repository.id, Repository.tenant_id == repository.tenant_id)
    )
    return {row.ref: row for row in session.scalars(asked)}


def set_heads(
    session: Session, repository_id: int, oids: Mapping[str, str], rules: str, begun: datetime
) -> None:
    """Remembers up to where refs were scanned, and under which rules.

    `begun` is when the scan began: a ref that was scanned since then is further on.
    """
    at = now()
    newer = sa.select(Head.ref).where(Head.repository_id == repository_id, Head.scanned_at > begun)
    ahead = frozenset(session.scalars(newer))
    for ref, oid in oids.items():
        if path_text(ref) in ahead:
            continue
        row = {
            "repository_id": repository_id,
            "ref": path_text(ref),
            "oid": oid,
            "rules": one_line(rules, 64),
            "scanned_at": at,
        }
        put(session, Head, row, ("repository_id", "ref"))


def drop_heads(session: Session, repository_id: int, refs: Sequence[str]) -> None:
    """Forgets refs that are no more."""
    for start in range(0, len(refs), 500):
        part = [path_text(ref) for ref in refs[start : start + 500]]
        session.execute(
            sa.delete(Head).where(Head.repository_id == repository_id, Head.ref.in_(part))
        )
