"""Keeps the fact beside a finding whether a branch still holds its secret. Its state stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import Finding, Occurrence
from leakguard_service.db.work_tables import ScanFinding
from leakguard_service.repos.git import local
from leakguard_service.repos.model import HEADS, Copy, Refs, is_oid
from leakguard_service.repos.still import still_there
from leakguard_service.service import Service
from leakguard_service.triage import actions
from leakguard_service.work import rewritten
from leakguard_service.work.rewritten import Version
from leakguard_service.work.target import Target


@dataclass(frozen=True, slots=True)
class _Place:
    id: int
    finding_id: int
    path: str
    blob: str
    fingerprint: str
    on_branch: bool
    just_seen: bool
    """By the scan that asks: what it says of branches is of the version that brought it in."""


def has_places(service: Service, target: Target) -> bool:
    """Whether anything was ever found in the repository."""
    with service.db.read() as session:
        asked = mine(Occurrence, target.tenant_id).where(Occurrence.repository_id == target.id)
        return session.scalars(asked.limit(1)).first() is not None


def differ(copy: Copy, refs: Refs) -> bool:
    """Whether the copy's branches are not those of the forge."""
    out = local(copy, "for-each-ref", "--format=%(objectname) %(refname)", HEADS).decode()
    ours = {}
    for line in out.splitlines():
        oid, _, name = line.partition(" ")
        ours["refs/heads/" + name.removeprefix(HEADS)] = oid
    return ours != {ref: oid for ref, oid in refs.items() if ref.startswith("refs/heads/")}


def follow(service: Service, target: Target, copy: Copy, scan_id: int = 0) -> None:
    """Looks where branches are now, as of the copy's last fetch, and writes what changed."""
    places = _places(service, target, scan_id)
    if not places:
        return
    there = dict(zip(places, still_there(copy, [_where(one) for one in places]), strict=True))
    doubtful = [one for one in places if not there[one] and (one.on_branch or one.just_seen)]
    versions = [Version(one.path, one.fingerprint) for one in doubtful if is_oid(one.blob)]
    held = rewritten.held(service, target, copy, versions)
    now = {one: there[one] or Version(one.path, one.fingerprint) in held for one in places}
    changed = {one: is_there for one, is_there in now.items() if is_there is not one.on_branch}
    wrong = {one.finding_id for one in places if one.just_seen} | {
        one.finding_id for one in changed
    }
    if wrong:
        with service.db.write() as session:
            _write(service, session, target, changed, sorted(wrong))


def _where(place: _Place) -> tuple[str, str]:
    return place.path, place.blob


def _places(service: Service, target: Target, scan_id: int) -> list[_Place]:
    """Those of the repository, the newest first; not those whose path was too long to keep."""
    seen = sa.select(ScanFinding.occurrence_id).where(ScanFinding.scan_id == scan_id)
    asked = (
        sa.select(
            Occurrence.id,
            Occurrence.finding_id,
            Occurrence.path,
            Occurrence.blob,
            Occurrence.fingerprint,
            Occurrence.on_branch,
            Occurrence.id.in_(seen),
        )
        .where(
            Occurrence.tenant_id == target.tenant_id,
            Occurrence.repository_id == target.id,
            Occurrence.path.not_like("…%"),
        )
        .order_by(Occurrence.id.desc())
        .limit(limits.PLACES_CHECKED)
    )
    with service.db.read() as session:
        return [_Place(*row) for row in session.execute(asked)]


def _write(
    service: Service,
    session: Session,
    target: Target,
    changed: Mapping[_Place, bool],
    finding_ids: Sequence[int],
) -> None:
    for start in range(0, len(finding_ids), 500):
        ids = finding_ids[start : start + 500]
        rows = _locked(session, target, ids)
        for is_there in (True, False):
            some = [
                one.id
                for one, value in changed.items()
                if value is is_there and one.finding_id in rows
            ]
            _mark(session, target, some, is_there)
        for row in rows.values():
            _conclude(service, session, row)


def _locked(session: Session, target: Target, ids: Sequence[int]) -> dict[int, Finding]:
    asked = (
        mine(Finding, target.tenant_id)
        .where(Finding.id.in_(ids))
        .order_by(Finding.id)
        .with_for_update(of=Finding)
    )
    return {row.id: row for row in session.scalars(asked)}


def _mark(session: Session, target: Target, ids: Sequence[int], is_there: bool) -> None:
    for start in range(0, len(ids), 500):
        session.execute(
            sa.update(Occurrence)
            .where(
                Occurrence.tenant_id == target.tenant_id,
                Occurrence.id.in_(ids[start : start + 500]),
            )
            .values(on_branch=is_there)
        )


def _conclude(service: Service, session: Session, finding: Finding) -> None:
    """A finding is on a branch while any of its places is, in whatever repository."""
    there = mine(Occurrence, finding.tenant_id).where(
        Occurrence.finding_id == finding.id, Occurrence.on_branch.is_(True)
    )
    if session.scalars(there.limit(1)).first() is None:
        actions.gone(service, session, finding)
    else:
        finding.on_branch = True
