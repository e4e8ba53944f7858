"""Which connection a delivery belongs to: its address says so, or the secret it was signed with."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from leakguard_service import limits
from leakguard_service.crypto import Keyring
from leakguard_service.db.tables import Connection
from leakguard_service.db.types import now
from leakguard_service.errors import SettingsError
from leakguard_service.hooks import names
from leakguard_service.hooks.fields import Garbled
from leakguard_service.hooks.verify import Forged, verify
from leakguard_service.nouns import ForgeKind
from leakguard_service.service import Service


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one connection's deliveries may be signed with now."""

    connection: int
    webhook: tuple[str, ...]
    signing: tuple[str, ...]


def sender(
    service: Service, forge: ForgeKind, hook: str, headers: Mapping[str, str], body: bytes
) -> int:
    """The id of the connection whose secret signed the delivery.

    With an empty `hook` all connections to this forge are tried. Raises Forged when it is none of
    them, SettingsError when their secrets cannot be read, Garbled when it is more than one.
    """
    found, unread = _candidates(service, forge, hook)
    fitting = [secrets.connection for secrets in found if _signed(forge, headers, body, secrets)]
    if len(fitting) > 1:
        raise Garbled(
            "more than one connection has this secret: use the address of one of them,"
            f" /hooks/{forge.value}/..."
        )
    if fitting:
        return fitting[0]
    if unread is not None:
        raise unread
    if not found:  # takes as long as a wrong secret does
        _signed(forge, headers, body, Secrets(0, ("no-secret",), ("no-secret",)))
    raise Forged("no connection has the secret it was signed with")


def _signed(forge: ForgeKind, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> bool:
    try:
        verify(forge, headers, body, secrets.webhook, secrets.signing, time.time())
    except Forged:
        return False
    return True


def _candidates(
    service: Service, forge: ForgeKind, hook: str
) -> tuple[Sequence[Secrets], SettingsError | None]:
    asked = (
        sa.select(Connection)
        .where(Connection.forge == forge.value, Connection.enabled)
        .order_by(Connection.id)
        .limit(limits.CONNECTIONS_TRIED)
    )
    if hook and not names.is_mark(hook):
        return (), None
    if hook:
        asked = asked.where(Connection.hook == hook)
    with service.db.read() as session:
        rows = session.scalars(asked).all()
    found, unread = [], None
    for row in rows:
        try:
            found.append(_secrets(service.keyring, row))
        except SettingsError as error:
            unread = error
    return found, unread


def _secrets(keyring: Keyring, row: Connection) -> Secrets:
    old = row.old_secret_until is not None and row.old_secret_until > now()
    webhook = (keyring.open(row.secret), keyring.open(row.old_secret) if old else "")
    return Secrets(row.id, webhook, (keyring.open(row.signing),))
