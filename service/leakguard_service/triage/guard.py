"""Who may change what belongs to a tenant, and that somebody always may."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.scope import mine
from leakguard_service.db.tables import ApiToken, Tenant, User
from leakguard_service.db.types import now
from leakguard_service.errors import Conflict, NotAllowed
from leakguard_service.nouns import Actor, Role
from leakguard_service.triage.scopes import Scope


def needs_admin(actor: Actor) -> None:
    """Raises NotAllowed unless this is an admin."""
    if actor.role is not Role.ADMIN:
        raise NotAllowed("this takes the role admin")


def lock(session: Session, tenant_id: int) -> Tenant:
    """The tenant's row, held until the transaction ends: changes of people wait for one another."""
    asked = (
        sa.select(Tenant)
        .where(Tenant.id == tenant_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(asked).one()


@contextmanager
def keeping_an_admin(session: Session, tenant_id: int) -> Iterator[None]:
    """What happens within is undone with Conflict when nobody could be admin any longer."""
    lock(session, tenant_id)
    with session.begin_nested():
        before = has_admin(session, tenant_id, now())
        yield
        session.flush()
        if before and not has_admin(session, tenant_id, now()):
            raise Conflict("this is the last admin: make somebody else admin first")


def has_admin(session: Session, tenant_id: int, at: datetime) -> bool:
    """Whether somebody can come in as admin: a user who has signed in once, or a token."""
    bound = mine(User, tenant_id).where(
        User.role == Role.ADMIN.value, User.active, User.subject.is_not(None)
    )
    if session.scalar(sa.select(bound.exists())):
        return True
    owner = sa.select(User.id).where(
        User.tenant_id == tenant_id, User.active, User.role == Role.ADMIN.value
    )
    tokens = mine(ApiToken, tenant_id).where(
        ApiToken.role == Role.ADMIN.value,
        ApiToken.revoked_at.is_(None),
        sa.or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > at),
        sa.or_(ApiToken.user_id.is_(None), ApiToken.user_id.in_(owner)),
    )
    return any(Scope.ADMIN in token.scopes for token in session.scalars(tokens))
