"""The first way in: a tenant, and a token for its admin. There is no password to change."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leakguard_service.crypto import new_key
from leakguard_service.db.tables import Tenant
from leakguard_service.db.types import now
from leakguard_service.nouns import SYSTEM, Role
from leakguard_service.service import Service
from leakguard_service.triage.guard import has_admin, lock
from leakguard_service.triage.scopes import Scope
from leakguard_service.triage.tokens import new_api_token

DEFAULT: Final = "default"
"""Name of the tenant that the first start makes."""


def ensure_admin_token(service: Service) -> str | None:
    """Makes the tenant when there is none; returns a token when nobody could come in as admin.

    Two processes that start together make one tenant and one token.
    """
    with service.db.write() as session:
        tenant = _tenant(service, session)
        lock(session, tenant.id)
        return None if has_admin(session, tenant.id, now()) else _token(session, tenant.id)


def new_admin_token(service: Service) -> str:
    """Another admin token, for whoever has the machine and lost the first. It is in the log."""
    with service.db.write() as session:
        return _token(session, _tenant(service, session).id)


def _token(session: Session, tenant_id: int) -> str:
    made = new_api_token(
        session, SYSTEM, tenant_id, name="first admin", scopes=[Scope.ADMIN], role=Role.ADMIN
    )
    return made.token


def _tenant(service: Service, session: Session) -> Tenant:
    """The first tenant; another process may be making it at this moment."""
    asked = sa.select(Tenant).order_by(Tenant.id).limit(1)
    found = session.scalar(asked)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            made = Tenant(name=DEFAULT, identity_key=service.keyring.seal(new_key()))
            session.add(made)
            session.flush()
        return made
    except IntegrityError:
        return session.scalars(asked).one()
