"""Users of a tenant: invited, given a role, switched off. Only admins do this."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import ApiToken, User, WebSession
from leakguard_service.db.types import now
from leakguard_service.errors import Conflict, Invalid
from leakguard_service.nouns import Actor, Role
from leakguard_service.triage.audit import record
from leakguard_service.triage.guard import keeping_an_admin, needs_admin
from leakguard_service.triage.texts import line

_LOGIN_CHARACTERS: Final = 320


def invite(
    session: Session, actor: Actor, tenant_id: int, login: str, role: Role, name: str = ""
) -> User:
    """A user who may sign in as soon as the identity provider states this login or address.

    Raises Conflict when there is one of this login, Invalid for none or too many.
    """
    needs_admin(actor)
    login = line(login, "login", _LOGIN_CHARACTERS).lower()
    if " " in login:
        raise Invalid("a login has no blanks", "login")
    users = sa.select(sa.func.count()).select_from(User).where(User.tenant_id == tenant_id)
    if (session.scalar(users) or 0) >= limits.TENANT_USERS:
        raise Conflict(f"a tenant has at most {limits.TENANT_USERS} users")
    if session.scalar(mine(User, tenant_id).where(User.login == login)) is not None:
        raise Conflict(f"{login} is invited already")
    user = User(
        tenant_id=tenant_id, login=login, role=role.value, name=line(name, "name", 200, empty=True)
    )
    session.add(user)
    session.flush()
    details = {"login": login, "role": role.value}
    record(session, tenant_id, actor, "user.invited", "user", user.id, details)
    return user


def set_role(session: Session, actor: Actor, tenant_id: int, user_id: int, role: Role) -> User:
    """Gives a user another role. Raises Conflict when no admin would be left."""
    return change_user(session, actor, tenant_id, user_id, role=role)


def change_user(
    session: Session,
    actor: Actor,
    tenant_id: int,
    user_id: int,
    *,
    role: Role | None = None,
    active: bool | None = None,
) -> User:
    """Gives another role, or switches a user off or on; sessions and tokens follow at once.

    Raises Conflict when no admin would be left.
    """
    needs_admin(actor)
    with keeping_an_admin(session, tenant_id):
        user = get(session, User, user_id, tenant_id)
        details: dict[str, object] = {}
        if role is not None and role.value != user.role:
            details["role"] = [user.role, role.value]
            user.role = role.value
        if active is not None and active is not user.active:
            details["active"] = [user.active, active]
            user.active = active
        if user.active is False:
            session.execute(sa.delete(WebSession).where(WebSession.user_id == user.id))
        if details:
            record(session, tenant_id, actor, "user.changed", "user", user.id, details)
    return user


def remove_user(session: Session, actor: Actor, tenant_id: int, user_id: int) -> None:
    """Deletes a user with sessions; their tokens are revoked, what they did stays in the log.

    Raises Conflict when no admin would be left.
    """
    needs_admin(actor)
    with keeping_an_admin(session, tenant_id):
        user = get(session, User, user_id, tenant_id)
        details = {"login": user.login}
        session.execute(sa.delete(WebSession).where(WebSession.user_id == user.id))
        _end_tokens(session, user)
        session.delete(user)
        record(session, tenant_id, actor, "user.removed", "user", user_id, details)


def _end_tokens(session: Session, user: User) -> None:
    """Before the user's row goes: a token without user would be one that is nobody's."""
    session.execute(
        sa.update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now())
    )
