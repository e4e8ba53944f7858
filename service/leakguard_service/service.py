"""The parts of a running service, handed to whatever needs them. No part looks for another."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from leakguard_service.crypto import Keyring
from leakguard_service.db.engine import Database
from leakguard_service.db.scope import get
from leakguard_service.db.tables import Connection, Tenant
from leakguard_service.forges.port import Forge
from leakguard_service.jobs.port import JobEngine
from leakguard_service.settings import Settings
from leakguard_service.tenancy import TenantSettings


@dataclass(frozen=True, slots=True)
class Service:
    """One process's view of the service."""

    settings: Settings
    db: Database
    keyring: Keyring
    jobs: JobEngine
    forge: Callable[["Service", Connection], Forge]
    """How a connection is spoken to."""

    def tenant_settings(self, session: Session, tenant_id: int) -> TenantSettings:
        """What the tenant has settled."""
        return TenantSettings.model_validate(get_tenant(session, tenant_id).settings)

    def identity_key(self, session: Session, tenant_id: int) -> bytes:
        """The key of the tenant's identities, 32 bytes."""
        return bytes.fromhex(self.keyring.open(get_tenant(session, tenant_id).identity_key))

    def speak(self, session: Session, connection_id: int, tenant_id: int) -> Forge:
        """The forge of one connection. Raises NotThere."""
        return self.forge(self, get(session, Connection, connection_id, tenant_id))


def get_tenant(session: Session, tenant_id: int) -> Tenant:
    """The tenant's own row; it is there as long as anything of it is."""
    return session.get_one(Tenant, tenant_id)
