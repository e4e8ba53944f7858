"""What is to be said of one commit: read from all scans that ended at it.

A commit may be pushed to two branches, or pushed and then be a pull request's head: the second
scan finds little that is new. So the check of a commit shows what any scan of it saw.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Finding, Occurrence
from leakguard_service.db.work_tables import Scan, ScanFinding, SkipSeen
from leakguard_service.forges.port import Mark, Outcome
from leakguard_service.nouns import State
from leakguard_service.service import Service
from leakguard_service.work.scans import DONE
from leakguard_service.work.summary import Coverage, Said, Shown, mark_text, summary, title
from leakguard_service.work.target import Target

_CLOSED = (State.RESOLVED.value, State.DISMISSED.value)
_Place = tuple[Finding, Occurrence]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the scans of a commit saw."""

    open: Sequence[_Place]
    """The first place of each finding, the worst first."""
    places: Counter[int]
    """Places of each finding."""
    marked: Sequence[_Place]
    closed: int


def outcome(service: Service, session: Session, target: Target, scan: Scan) -> Outcome:
    """What the forge is told of the commit that the scan ended at."""
    scans = _scans(session, scan)
    seen = _seen(session, target, scans)
    coverage = _coverage(session, target, scans)
    verdict = _verdict(scans, seen)
    base = service.settings.public_url.rstrip("/")
    url = f"{base}/scans/{scan.id}" if base else ""
    shown = [_shown(service, target, seen, place) for place in seen.open]
    marks = [_mark(service, seen, place) for place in seen.marked]
    said = Said(verdict, len(seen.open), seen.closed, shown, coverage, url)
    worst = max((finding.severity for finding, _ in seen.open), default=0)
    return Outcome(
        sha=scan.after,
        verdict=verdict,
        title=title(said),
        summary=summary(said),
        url=url,
        marks=marks,
        fails=worst >= target.tenant.block_severity,
        ref=scan.ref or f"refs/heads/{target.repository.default_branch}",
    )


def _scans(session: Session, scan: Scan) -> list[Scan]:
    """All of the commit that came to an end; the failed one when none did."""
    asked = mine(Scan, scan.tenant_id).where(
        Scan.repository_id == scan.repository_id,
        Scan.after == scan.after,
        Scan.verdict.in_(DONE),
    )
    return list(session.scalars(asked.order_by(Scan.id.desc()).limit(50))) or [scan]


def _verdict(scans: Sequence[Scan], seen: _Seen) -> str:
    if seen.open:
        return "leaks"
    if any(scan.verdict not in DONE for scan in scans):
        return "failed"
    if any(scan.verdict == "incomplete" or scan.skipped for scan in scans):
        return "incomplete"
    return "clean"


def _seen(session: Session, target: Target, scans: Sequence[Scan]) -> _Seen:
    """A scan of the past marks only what the branch still holds."""
    past = [scan.id for scan in scans if scan.kind == "backfill"]
    asked = (
        sa.select(Finding, Occurrence)
        .join(Occurrence, Occurrence.finding_id == Finding.id)
        .join(ScanFinding, ScanFinding.occurrence_id == Occurrence.id)
        .where(
            Finding.tenant_id == target.tenant_id,
            Occurrence.repository_id == target.id,
            ScanFinding.scan_id.in_([scan.id for scan in scans]),
            sa.or_(ScanFinding.scan_id.not_in(past), Occurrence.on_branch.is_(True)),
        )
        .distinct()
        .order_by(Finding.severity.desc(), Occurrence.path, Occurrence.line, Occurrence.id)
    )
    first: dict[int, _Place] = {}
    places: Counter[int] = Counter()
    closed: set[int] = set()
    marked: list[_Place] = []
    for finding, place in session.execute(asked):
        if finding.state in _CLOSED:
            closed.add(finding.id)
            continue
        first.setdefault(finding.id, (finding, place))
        places[finding.id] += 1
        if len(marked) < limits.MARKS_SENT:
            marked.append((finding, place))
    return _Seen(list(first.values()), places, marked, len(closed))


def _coverage(session: Session, target: Target, scans: Sequence[Scan]) -> Coverage:
    skips = (
        mine(SkipSeen, target.tenant_id)
        .where(SkipSeen.scan_id.in_([scan.id for scan in scans]))
        .order_by(SkipSeen.id)
        .limit(limits.SUMMARY_SKIPS)
    )
    return Coverage(
        commits=sum(scan.commits for scan in scans),
        blobs=sum(scan.blobs for scan in scans),
        bytes=sum(scan.bytes for scan in scans),
        members=sum(scan.members for scan in scans),
        suppressed=sum(scan.suppressed for scan in scans),
        skipped=sum(scan.skipped for scan in scans),
        skips=tuple((skip.path, skip.reason) for skip in session.scalars(skips)),
        notes=tuple(dict.fromkeys(note for scan in scans for note in scan.notes))[:10],
        error=scans[0].error,
    )


def _url(service: Service, finding: Finding) -> str:
    base = service.settings.public_url.rstrip("/")
    return f"{base}/findings/{finding.id}" if base else ""


def _shown(service: Service, target: Target, seen: _Seen, place: _Place) -> Shown:
    finding, there = place
    line_url = ""
    if there.commit and "!/" not in there.path:
        line_url = target.forge.line_url(target.ref, there.commit, there.path, there.line)
    more = seen.places[finding.id] - 1
    return Shown(_mark(service, seen, place), _url(service, finding), line_url, more)


def _mark(service: Service, seen: _Seen, place: _Place) -> Mark:
    finding, there = place
    url = _url(service, finding)
    return Mark(
        finding_id=finding.id,
        path=there.path,
        line=there.line,
        end_line=there.end_line,
        column=there.col,
        end_column=there.end_col,
        title=finding.name,
        text=mark_text(finding.impact, finding.remedy, url, seen.places[finding.id]),
        severity=finding.severity,
        rule_id=there.rule_id,
        preview=finding.preview,
        fingerprint=there.fingerprint,
        commit=there.commit,
    )


def scan_of(session: Session, scan_id: int, tenant_id: int) -> Scan:
    """The scan's row. Raises NotThere."""
    return get(session, Scan, scan_id, tenant_id)
