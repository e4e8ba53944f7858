"""What was dismissed, for hooks and the command line: they are silent about it too.

The file's form is read by leakguard/suppression.py.
"""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard.version import __version__
from leakguard_service.db.scope import get
from leakguard_service.db.tables import Finding, Occurrence, Repository
from leakguard_service.db.types import now
from leakguard_service.nouns import State

VERSION: Final = 1
"""Of the file's form."""


def export(session: Session, tenant_id: int, repository_id: int | None = None) -> dict[str, Any]:
    """The fingerprints of dismissed findings, of one repository or all, sorted.

    Where a fingerprint belongs to two findings the one that lasts longer counts. Raises NotThere
    for another tenant's repository.
    """
    if repository_id is not None:
        get(session, Repository, repository_id, tenant_id)
    at = now()
    asked = (
        sa.select(
            Occurrence.fingerprint,
            Occurrence.path,
            Finding.rule_id,
            Finding.resolution,
            Finding.until,
        )
        .join(Finding, Finding.id == Occurrence.finding_id)
        .where(
            Occurrence.tenant_id == tenant_id,
            Finding.tenant_id == tenant_id,
            Finding.state == State.DISMISSED.value,
            sa.or_(Finding.until.is_(None), Finding.until > at),
        )
        .distinct()
        .order_by(Occurrence.fingerprint, Finding.rule_id)
    )
    if repository_id is not None:
        asked = asked.where(Occurrence.repository_id == repository_id)
    entries: dict[str, dict[str, Any]] = {}
    for fingerprint, path, rule, reason, until in session.execute(asked):
        there = entries.get(fingerprint)
        if there is None or _lasts_longer(until, there["until"]):
            entries[fingerprint] = _entry(path, rule, reason, until)
    return {"version": VERSION, "generator": f"leakguard {__version__}", "fingerprints": entries}


def _lasts_longer(until: datetime | None, there: str | None) -> bool:
    if there is None:
        return False
    return until is None or until > datetime.fromisoformat(there)


def _entry(path: str, rule: str, reason: str | None, until: datetime | None) -> dict[str, Any]:
    return {
        "rule": rule,
        "path": path,
        "reason": reason or "",
        "until": None if until is None else until.isoformat(),
    }
