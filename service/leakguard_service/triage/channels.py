"""Channels: where people are told. Made, changed, tried, deleted. Only admins do this.

Their settings hold tokens and are sealed: they go in and never come out again. The keys of each
kind and their checks are in notify/channels.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get
from leakguard_service.db.tables import Channel
from leakguard_service.errors import Conflict, Invalid
from leakguard_service.notify.channels import check_config
from leakguard_service.nouns import Actor, Change
from leakguard_service.service import Service
from leakguard_service.triage.audit import record
from leakguard_service.triage.guard import lock, needs_admin
from leakguard_service.triage.texts import line

_WORDS: Final = 100
_FILTER: Final = frozenset({"min_severity", "changes", "repositories"})


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """What a channel is made of, or what changes of one: None leaves a field as it is."""

    name: str | None = None
    config: Mapping[str, Any] | None = None
    """Whole: what was there before cannot be shown, so it cannot be added to."""
    filter: Mapping[str, Any] | None = None
    """`min_severity` (1 to 4), `changes` (names), `repositories` (globs)."""
    enabled: bool | None = None


def create_channel(
    service: Service,
    session: Session,
    actor: Actor,
    tenant_id: int,
    kind: str,
    draft: ChannelDraft,
) -> Channel:
    """A channel of a kind of notify/channels.py. Raises Invalid with the field, Conflict."""
    needs_admin(actor)
    lock(session, tenant_id)
    asked = sa.select(sa.func.count()).where(Channel.tenant_id == tenant_id)
    if (session.scalar(asked) or 0) >= limits.TENANT_CHANNELS:
        raise Conflict(f"a tenant has at most {limits.TENANT_CHANNELS} channels")
    row = Channel(tenant_id=tenant_id, kind=kind, name=kind, filter={})
    full = ChannelDraft(draft.name or kind, draft.config or {}, draft.filter, draft.enabled)
    _write(service, row, full)
    session.add(row)
    session.flush()
    details = {"kind": kind, "name": row.name, "filter": row.filter}
    record(session, tenant_id, actor, "channel.created", "channel", row.id, details)
    return row


def change_channel(
    service: Service,
    session: Session,
    actor: Actor,
    tenant_id: int,
    channel_id: int,
    draft: ChannelDraft,
) -> Channel:
    """Changes what the draft gives. Raises NotThere, Invalid."""
    needs_admin(actor)
    row = get(session, Channel, channel_id, tenant_id)
    before = _seen(row)
    _write(service, row, draft)
    changed: dict[str, Any] = {
        key: [before[key], value] for key, value in _seen(row).items() if before[key] != value
    }
    if draft.config is not None:
        changed["config"] = "given"
        row.error = ""
    if changed:
        record(session, tenant_id, actor, "channel.changed", "channel", row.id, changed)
    session.flush()
    return row


def delete_channel(session: Session, actor: Actor, tenant_id: int, channel_id: int) -> None:
    """Deletes a channel with what was to be sent to it."""
    needs_admin(actor)
    row = get(session, Channel, channel_id, tenant_id)
    details = {"kind": row.kind, "name": row.name}
    session.delete(row)
    session.flush()
    record(session, tenant_id, actor, "channel.deleted", "channel", channel_id, details)


def _write(service: Service, row: Channel, draft: ChannelDraft) -> None:
    if draft.name is not None:
        row.name = line(draft.name, "name", 200)
    if draft.config is not None:
        tidy = check_config(row.kind, draft.config)
        row.config = service.keyring.seal(json.dumps(tidy))
    if draft.filter is not None:
        row.filter = _filter(draft.filter)
    if draft.enabled is not None:
        row.enabled = draft.enabled


def _seen(row: Channel) -> dict[str, Any]:
    return {"name": row.name, "filter": dict(row.filter), "enabled": row.enabled}


def _filter(given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what narrows it down is stored."""
    if not set(given) <= _FILTER:
        raise Invalid(f"filter has {', '.join(sorted(_FILTER))}", "filter")
    severity = given.get("min_severity", 1)
    if isinstance(severity, bool) or not isinstance(severity, int) or not 1 <= severity <= 4:
        raise Invalid("min_severity is 1 (low) to 4 (critical)", "filter")
    changes = _words(given.get("changes") or (), "changes")
    if not set(changes) <= {change.value for change in Change}:
        raise Invalid(f"changes are {', '.join(Change)}", "filter")
    repositories = _words(given.get("repositories") or (), "repositories")
    tidy = {"min_severity": severity, "changes": changes, "repositories": repositories}
    return {name: value for name, value in tidy.items() if value and value != 1}


def _words(given: object, field: str) -> list[str]:
    if not isinstance(given, (list, tuple)) or len(given) > _WORDS:
        raise Invalid(f"{field} is a list of at most {_WORDS}", "filter")
    return [line(str(word), field, 200) for word in given]
