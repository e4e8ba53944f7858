"""What a message says, from what the database holds. Masked previews are all it has of a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard.model import Severity
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import (
    AuditEntry,
    Channel,
    Finding,
    Occurrence,
)
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Notification
from leakguard_service.errors import NotThere
from leakguard_service.notify import digests
from leakguard_service.notify.model import Fact, Message
from leakguard_service.notify.names import instance, link
from leakguard_service.notify.text import first_sentence, line, path
from leakguard_service.nouns import Change
from leakguard_service.service import Service

_TITLES: Final[Mapping[str, str]] = {
    Change.CREATED: "New leak: {name} in {where}",
    Change.REOPENED: "Leak opened again: {name} in {where}",
    Change.RESOLVED: "Leak resolved ({resolution}): {name} in {where}",
    Change.DISMISSED: "Leak dismissed ({resolution}): {name} in {where}",
    Change.DISMISSAL_REQUESTED: "Dismissal to review ({resolution}): {name} in {where}",
    Change.DISMISSAL_DENIED: "Dismissal denied: {name} in {where}",
    Change.ASSIGNED: "Leak assigned to {assignee}: {name} in {where}",
    Change.UNASSIGNED: "Leak assigned to nobody: {name} in {where}",
    Change.COMMENTED: "Comment on a leak: {name} in {where}",
    Change.GONE: "No branch holds it any longer: {name} in {where}",
    Change.SEEN_AGAIN: "Leak seen again: {name} in {where}",
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A finding and the one place of it that a message names."""

    finding: Finding
    place: Occurrence | None
    places: int
    actor: str
    link: str


def message(service: Service, session: Session, row: Notification) -> Message:
    """The message of a notification, as things stand now. Raises NotThere."""
    if row.finding_id is not None:
        return _of_finding(service, session, row, row.finding_id)
    if row.scan_id is not None:
        return digests.message(service, session, row, row.scan_id)
    raise NotThere("what the message was about is no longer there")


def test(service: Service, session: Session, channel: Channel) -> Message:
    """A harmless message."""
    moment = now()
    return Message(
        id=f"leakguard-{instance(session, channel.tenant_id)}-t{channel.id}-{moment:%H%M%S%f}",
        event="test",
        at=moment,
        title="leakguard can reach this channel",
        facts=(Fact("Channel", line(channel.name)),),
        advice="Nothing: this is a test. No leak was found.",
        link=link(service, ""),
    )


def place(session: Session, finding: Finding, change: str) -> Occurrence | None:
    """The place that a change is about: the newest when it opened again, else the first."""
    newest = change in (Change.REOPENED, Change.SEEN_AGAIN)
    order = Occurrence.id.desc() if newest else Occurrence.id.asc()
    asked = mine(Occurrence, finding.tenant_id).where(Occurrence.finding_id == finding.id)
    return session.scalars(asked.order_by(order).limit(1)).first()


def _of_finding(service: Service, session: Session, row: Notification, finding_id: int) -> Message:
    name = instance(session, row.tenant_id)
    finding = get(session, Finding, finding_id, row.tenant_id)
    count = sa.select(sa.func.count()).where(
        Occurrence.tenant_id == row.tenant_id, Occurrence.finding_id == finding.id
    )
    seen = _Seen(
        finding,
        place(session, finding, row.change),
        session.scalar(count) or 0,
        _actor(session, row),
        link(service, f"/findings/{finding.id}"),
    )
    return Message(
        id=f"leakguard-{name}-n{row.id}",
        event=f"finding.{row.change}",
        at=row.created_at,
        title=_title(seen, row.change),
        facts=tuple(fact for fact in _facts(seen) if fact.value),
        advice=first_sentence(finding.remedy),
        link=seen.link,
        severity=finding.severity,
        thread=f"leakguard-{name}-f{finding.id}",
        data=_data(seen, row.change),
    )


def _title(seen: _Seen, change: str) -> str:
    finding = seen.finding
    where = seen.place.repository.full_name if seen.place else "a repository"
    assignee = finding.assignee
    return line(
        _TITLES[change].format(
            name=line(finding.name, 100),
            where=line(where, 100),
            resolution=(finding.resolution or "no reason").replace("_", " "),
            assignee=line((assignee.name or assignee.login) if assignee else "somebody", 60),
        )
    )


def _facts(seen: _Seen) -> tuple[Fact, ...]:
    finding, spot = seen.finding, seen.place
    severity = Fact("Severity", Severity(finding.severity).label)
    rule = Fact("Rule", line(finding.rule_id), code=True)
    preview = Fact("Preview", line(finding.preview, 80), code=True)
    by = Fact("By", seen.actor)
    if spot is None:
        return severity, rule, preview, by
    more = seen.places - 1
    also = f" and {more} more place{'s' * (more > 1)}" if more > 0 else ""
    return (
        severity,
        rule,
        Fact("Repository", line(spot.repository.full_name)),
        Fact("Branch", line(spot.ref.removeprefix("refs/heads/"))),
        Fact("Place", f"{path(spot.path)}:{spot.line}{also}", code=True),
        Fact("Commit", line(spot.commit[:12]), code=True),
        Fact("Author", line(spot.author)),
        preview,
        by,
    )


def _data(seen: _Seen, change: str) -> dict[str, Any]:
    finding, spot = seen.finding, seen.place
    return {
        "change": change,
        "actor": seen.actor,
        "finding": {
            "id": finding.id,
            "rule": finding.rule_id,
            "name": finding.name,
            "kind": finding.kind,
            "severity": Severity(finding.severity).label,
            "state": finding.state,
            "resolution": finding.resolution,
            "on_branch": finding.on_branch,
            "preview": finding.preview,
            "remedy": finding.remedy,
            "created_at": _moment(finding.created_at),
            "closed_at": _moment(finding.closed_at),
        },
        "places": seen.places,
        "place": None
        if spot is None
        else {
            "repository": spot.repository.full_name,
            "path": spot.path,
            "line": spot.line,
            "commit": spot.commit,
            "author": spot.author,
            "ref": spot.ref,
            "fingerprint": spot.fingerprint,
        },
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _actor(session: Session, row: Notification) -> str:
    """Who did what the message tells; empty for the service itself."""
    kind, _, number = row.cause.partition(":")
    if kind != "audit" or not number.isdigit():
        return ""
    entry = session.get(AuditEntry, int(number))
    if entry is None or entry.tenant_id != row.tenant_id or entry.actor_kind == "system":
        return ""
    return line(entry.actor, 100)
