"""Writes what a scan found: findings, their places, and which scan saw them.

A finding is one secret of one tenant: it is inserted by its identity, so two scans that see the
same secret at the same time write one row, whichever is first. Everything here can be done twice.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from leakguard.model import Finding as Found
from leakguard_service import limits
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import Finding, Occurrence
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import ScanFinding
from leakguard_service.nouns import State
from leakguard_service.repos.model import FoundAt
from leakguard_service.service import Service
from leakguard_service.triage import actions
from leakguard_service.work.upsert import insert_new
from leakguard_service.work.words import one_line, path_text

_Key = tuple[int, str, str, int, int, str]
"""Finding, blob, path, line, column, rule: what is unique within a repository."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """Who sees: one scan of one repository."""

    tenant_id: int
    repository_id: int
    scan_id: int
    ref: str = ""
    historical: bool = False
    """A scan of the past: it opens nothing again, and nobody is told of single findings."""
    review: bool = False
    """A pull request: it covers commits that were scanned before, and only new places are news."""
    contexts: Mapping[FoundAt, str] = field(default_factory=dict, repr=False)
    """What was seen around the findings: ScanResult.contexts."""

    def around(self, found: Found) -> str:
        """Masked lines, at most limits.CONTEXT_CHARACTERS."""
        place = FoundAt(found.blob or "", found.path, found.line, found.column)
        return self.contexts.get(place, "")[: limits.CONTEXT_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Stored:
    """How many findings were seen, and how many of them were new or open again."""

    found: int = 0
    created: int = 0
    again: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.found + other.found, self.created + other.created, self.again + other.again
        )


def grouped(found: Iterable[Found], seeing: Seeing, scope: str) -> dict[str, list[Found]]:
    """What was found, by identity, in the order of identities: writers lock in one order.

    `scope` is TenantSettings.identity.
    """
    groups: dict[str, list[Found]] = {}
    for finding in found:
        groups.setdefault(_identity(finding, seeing, scope), []).append(finding)
    return dict(sorted(groups.items()))


def parts(groups: Mapping[str, list[Found]]) -> list[dict[str, list[Found]]]:
    """The groups, as many at a time as one transaction writes."""
    items, size = list(groups.items()), limits.FINDINGS_PER_WRITE
    return [dict(items[start : start + size]) for start in range(0, len(items), size)]


def store(
    service: Service, session: Session, seeing: Seeing, groups: Mapping[str, Sequence[Found]]
) -> Stored:
    """Writes one part in the caller's transaction and announces what is new.

    At most limits.FINDINGS_PER_WRITE groups.
    """
    if not groups:
        return Stored()
    new = _insert_findings(session, seeing, groups)
    rows = _locked(session, seeing, groups)
    for row in rows:
        _refresh(row, groups[row.identity])
    fresh = _store_places(session, seeing, rows, groups)
    told = [_tell(service, session, seeing, row, row.identity in new, fresh) for row in rows]
    return Stored(len(rows), told.count("created"), told.count("again"))


def _identity(finding: Found, seeing: Seeing, scope: str) -> str:
    if finding.identity and scope != "repository":
        return finding.identity
    text = f"{seeing.repository_id}\0{finding.identity or finding.fingerprint}"
    return hashlib.sha256(text.encode()).hexdigest()


def _strongest(found: Sequence[Found]) -> Found:
    return max(found, key=lambda one: (one.severity, one.confidence))


def _insert_findings(
    session: Session, seeing: Seeing, groups: Mapping[str, Sequence[Found]]
) -> frozenset[str]:
    """Identities of those that were not there."""
    at = now()
    rows = [
        {
            "tenant_id": seeing.tenant_id,
            "identity": identity,
            **_words(_strongest(found)),
            "state": State.OPEN.value,
            "historical": seeing.historical,
            "on_branch": any(one.on_branch is not False for one in found),
            "created_at": at,
            "opened_at": at,
            "seen_at": at,
        }
        for identity, found in groups.items()
    ]
    return frozenset(insert_new(session, Finding, rows, Finding.identity))


def _words(found: Found) -> dict[str, str | int]:
    """What is said of a finding, as the rules say it now."""
    return {
        "rule_id": one_line(found.rule_id, 200),
        "name": one_line(found.name, 200),
        "kind": one_line(found.kind, 20),
        "severity": int(found.severity),
        "confidence": int(found.confidence),
        "preview": one_line(found.preview, 500),
        "impact": one_line(found.impact, 2_000),
        "remedy": one_line(found.remedy, 4_000),
        "reference": one_line(found.reference, 1_000),
    }


def _locked(session: Session, seeing: Seeing, groups: Mapping[str, object]) -> list[Finding]:
    asked = (
        mine(Finding, seeing.tenant_id)
        .where(Finding.identity.in_(groups))
        .order_by(Finding.id)
        .with_for_update(of=Finding)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(asked))


def _refresh(row: Finding, found: Sequence[Found]) -> None:
    row.seen_at = now()
    for name, value in _words(_strongest(found)).items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    if any(one.on_branch is not False for one in found):
        row.on_branch = True


def _store_places(
    session: Session,
    seeing: Seeing,
    rows: Sequence[Finding],
    groups: Mapping[str, Sequence[Found]],
) -> frozenset[int]:
    """Ids of the findings that have a place that was not there before the scan."""
    wanted = {_key(row.id, found): found for row in rows for found in groups[row.identity]}
    before = _places(session, seeing, rows)
    came = [key for key, found in wanted.items() if _is_new(before.get(key), found)]
    values = [_place(seeing, key, wanted[key]) for key in sorted(wanted.keys() - before.keys())]
    insert_new(session, Occurrence, values, Occurrence.id)
    there = _places(session, seeing, rows)
    for key, found in wanted.items():
        there[key].on_branch = found.on_branch is not False
        there[key].context = seeing.around(found)
    seen = [
        {
            "scan_id": seeing.scan_id,
            "occurrence_id": there[key].id,
            "tenant_id": seeing.tenant_id,
        }
        for key in sorted(wanted)
    ]
    insert_new(session, ScanFinding, seen, ScanFinding.occurrence_id)
    return frozenset(key[0] for key in came)


def _is_new(there: Occurrence | None, found: Found) -> bool:
    """Whether a place was not known, or was gone from all branches and is back."""
    return there is None or (not there.on_branch and found.on_branch is not False)


def _key(finding_id: int, found: Found) -> _Key:
    return (
        finding_id,
        one_line(found.blob or "", 64),
        path_text(found.path),
        found.line,
        found.column,
        one_line(found.rule_id, 200),
    )


def _places(session: Session, seeing: Seeing, rows: Sequence[Finding]) -> dict[_Key, Occurrence]:
    asked = mine(Occurrence, seeing.tenant_id).where(
        Occurrence.repository_id == seeing.repository_id,
        Occurrence.finding_id.in_([row.id for row in rows]),
    )
    return {
        (one.finding_id, one.blob, one.path, one.line, one.col, one.rule_id): one
        for one in session.scalars(asked)
    }


def _place(seeing: Seeing, key: _Key, found: Found) -> dict[str, object]:
    finding_id, blob, path, line, col, rule_id = key
    return {
        "tenant_id": seeing.tenant_id,
        "finding_id": finding_id,
        "repository_id": seeing.repository_id,
        "rule_id": rule_id,
        "fingerprint": one_line(found.fingerprint, 64),
        "blob": blob,
        "path": path,
        "line": line,
        "end_line": found.end_line,
        "col": col,
        "end_col": found.end_column,
        "commit": one_line(found.commit or "", 64),
        "author": one_line(found.author or "", 500),
        "committed_at": moment(found.date),
        "ref": path_text(seeing.ref),
        "context": seeing.around(found),
        "on_branch": found.on_branch is not False,
    }


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 moment; None for none, and for one that no calendar has."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # commits may claim any year and zone
        return None


def _tell(
    service: Service,
    session: Session,
    seeing: Seeing,
    row: Finding,
    is_new: bool,
    fresh: frozenset[int],
) -> str:
    """Puts the change into the finding's history and tells people; which change it was."""
    if is_new:
        actions.announce_created(service, session, row, seeing.historical)
        return "created"
    if seeing.historical:
        return ""
    came = row.id in fresh
    if row.historical and (came or not seeing.review):
        row.historical = False  # a backfill saw first what this push brings
        if row.state == State.OPEN:
            actions.announce_created(service, session, row, False)
            return "created"
    if not came:
        return ""
    actions.seen_again(service, session, row, seeing.scan_id)
    return "again"
