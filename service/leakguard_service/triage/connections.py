"""Connections to forges: made, changed, given a new secret, deleted. Only admins do this.

Secrets go in and never come out again, but for a webhook secret at the moment it is made.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.crypto import new_token
from leakguard_service.db.scope import get
from leakguard_service.db.tables import Connection
from leakguard_service.db.types import now
from leakguard_service.errors import Conflict, Invalid
from leakguard_service.nouns import Actor, ForgeKind
from leakguard_service.service import Service
from leakguard_service.tenancy import ConnectionSettings
from leakguard_service.triage.audit import record
from leakguard_service.triage.guard import lock, needs_admin
from leakguard_service.triage.texts import line
from leakguard_service.triage.urls import api_url_of, base_url

_ACCESS: Final = (frozenset({"token"}), frozenset({"app_id", "private_key"}))
_SECRET_CHARACTERS: Final = 20_000
"""An App's key has 1,700; a token of some hundred."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a connection is made of, or what changes of one: None leaves a field as it is."""

    name: str | None = None
    web_url: str | None = None
    """`https://github.com`; empty for the forge's public one."""
    api_url: str | None = None
    """Empty for what belongs to `web_url`."""
    access: Mapping[str, str] | None = None
    """`{"token": ...}` or `{"app_id": ..., "private_key": ...}`; empty for public ones only."""
    settings: Mapping[str, Any] | None = None
    """See tenancy.ConnectionSettings; what is missing stays."""
    signing: str | None = None
    """GitLab's signing token."""
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection just made: the only moment at which its webhook secret is known."""

    row: Connection
    secret: str

    @property
    def path(self) -> str:
        """Where the forge has to deliver to, below the service's address."""
        return hook_path(self.row)


def hook_path(row: Connection) -> str:
    """Where a forge delivers to, below the service's address."""
    return f"/hooks/{row.forge}/{row.hook}"


def create_connection(
    service: Service,
    session: Session,
    actor: Actor,
    tenant_id: int,
    forge: ForgeKind,
    draft: Draft,
    *,
    secret: str = "",
) -> NewConnection:
    """A connection with an address and secret of its own.

    `secret` is for a forge that made one itself (GitHub's manifest flow). Raises Invalid with the
    field, Conflict when there are too many.
    """
    needs_admin(actor)
    lock(session, tenant_id)
    _room(session, tenant_id)
    known = secret or new_token("lgh_")
    row = Connection(
        tenant_id=tenant_id,
        forge=forge.value,
        name=forge.value,
        hook=secrets.token_urlsafe(18),
        secret=service.keyring.seal(known),
        settings={},
    )
    full = Draft(
        name=draft.name or forge.value,
        web_url=draft.web_url or "",
        api_url=draft.api_url or "",
        access=draft.access,
        settings=draft.settings,
        signing=draft.signing,
        enabled=draft.enabled,
    )
    _write(service, row, full)
    session.add(row)
    session.flush()
    details = {"forge": forge.value, "name": row.name, "web_url": row.web_url}
    record(session, tenant_id, actor, "connection.created", "connection", row.id, details)
    return NewConnection(row, known)


def change_connection(
    service: Service,
    session: Session,
    actor: Actor,
    tenant_id: int,
    connection_id: int,
    draft: Draft,
) -> Connection:
    """Changes what the draft gives. Raises NotThere, Invalid.

    With a new address the access must be given again: a token goes to the host it was given for.
    """
    needs_admin(actor)
    row = get(session, Connection, connection_id, tenant_id)
    before = _seen(row)
    hosts = row.web_url, row.api_url
    access = row.access
    _write(service, row, draft)
    if access and draft.access is None and hosts != (row.web_url, row.api_url):
        raise Invalid("with a new address the access has to be given again", "access")
    changed: dict[str, Any] = {
        key: [before[key], value] for key, value in _seen(row).items() if before[key] != value
    }
    for field in ("access", "signing"):
        if getattr(draft, field) is not None:
            changed[field] = "given"
    if changed:
        row.error = ""
        record(session, tenant_id, actor, "connection.changed", "connection", row.id, changed)
    session.flush()
    return row


def rotate_secret(
    service: Service, session: Session, actor: Actor, tenant_id: int, connection_id: int
) -> NewConnection:
    """A new webhook secret; the old one is good for limits.SECRET_DAYS more."""
    needs_admin(actor)
    row = get(session, Connection, connection_id, tenant_id)
    known = new_token("lgh_")
    row.old_secret, row.secret = row.secret, service.keyring.seal(known)
    row.old_secret_until = now() + timedelta(days=limits.SECRET_DAYS)
    details = {"old_until": row.old_secret_until.isoformat()}
    record(session, tenant_id, actor, "connection.rotated", "connection", row.id, details)
    session.flush()
    return NewConnection(row, known)


def delete_connection(session: Session, actor: Actor, tenant_id: int, connection_id: int) -> None:
    """Deletes a connection with its repositories, deliveries, scans and places of findings.

    Findings stay, with their history.
    """
    needs_admin(actor)
    row = get(session, Connection, connection_id, tenant_id)
    details = {"forge": row.forge, "name": row.name, "web_url": row.web_url}
    session.delete(row)
    session.flush()
    record(session, tenant_id, actor, "connection.deleted", "connection", connection_id, details)


def _room(session: Session, tenant_id: int) -> None:
    asked = sa.select(sa.func.count()).where(Connection.tenant_id == tenant_id)
    if (session.scalar(asked) or 0) >= limits.TENANT_CONNECTIONS:
        raise Conflict(f"a tenant has at most {limits.TENANT_CONNECTIONS} connections")


def _write(service: Service, row: Connection, draft: Draft) -> None:
    private = service.settings.allow_private_addresses
    if draft.name is not None:
        row.name = line(draft.name, "name", 200)
    if draft.web_url is not None:
        row.web_url = base_url(draft.web_url, ForgeKind(row.forge), private)
    if draft.api_url is not None or draft.web_url is not None:
        row.api_url = api_url_of(draft.api_url or "", row.web_url, ForgeKind(row.forge), private)
    if draft.access is not None:
        row.access = service.keyring.seal(_access(draft.access))
    if draft.signing is not None:
        row.signing = service.keyring.seal(_secret(draft.signing, "signing"))
    if draft.settings is not None:
        row.settings = _settings({**row.settings, **draft.settings})
    if draft.enabled is not None:
        row.enabled = draft.enabled


def _seen(row: Connection) -> dict[str, Any]:
    """What of a connection may be shown and logged."""
    return {
        "name": row.name,
        "web_url": row.web_url,
        "api_url": row.api_url,
        "settings": dict(row.settings),
        "enabled": row.enabled,
    }


def _access(access: Mapping[str, str]) -> str:
    given = {key: _secret(value, "access") for key, value in access.items() if value}
    if not given:
        return ""
    if frozenset(given) not in _ACCESS:
        raise Invalid("access is a token, or app_id with private_key", "access")
    if "app_id" in given and not given["app_id"].isalnum():
        raise Invalid("app_id is the number or client id of the App", "access")
    return json.dumps(given)


def _secret(text: str, field: str) -> str:
    """What is sent in headers must be one line of printable ASCII; a key may have line ends."""
    found = text.strip()
    plain = found.replace("\r\n", "").replace("\n", "")
    if len(found) > _SECRET_CHARACTERS or not (plain.isascii() and plain.isprintable()):
        raise Invalid(f"{field} holds what no token or key holds", field)
    if "\n" in found and "PRIVATE KEY" not in found:
        raise Invalid(f"{field} has more than one line", field)
    return found


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return ConnectionSettings.model_validate(given).model_dump(mode="json")
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Invalid(f"settings: {where} has no such value", "settings") from None
