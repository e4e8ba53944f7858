"""What messages call things: the installation's own mark, and addresses of pages."""

import hashlib

from sqlalchemy.orm import Session

from leakguard_service.db.tables import Tenant
from leakguard_service.service import Service


def instance(session: Session, tenant_id: int) -> str:
    """Ten hex digits that tell this installation's tenant from others."""
    tenant = session.get_one(Tenant, tenant_id)
    return hashlib.sha256(f"{tenant.id} {tenant.created_at.isoformat()}".encode()).hexdigest()[:10]


def link(service: Service, where: str) -> str:
    """The address of a page; empty when LEAKGUARD_PUBLIC_URL is not set."""
    base = service.settings.public_url.rstrip("/")
    return f"{base}{where}" if base else ""
