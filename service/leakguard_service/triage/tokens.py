"""API tokens: made, listed by their first characters, revoked. Their text is shown once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.crypto import TOKEN_PREFIX, new_token, token_hash
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import ApiToken, User, WebSession
from leakguard_service.db.types import now
from leakguard_service.errors import Conflict, Invalid, NotAllowed
from leakguard_service.nouns import Actor, Role
from leakguard_service.triage.audit import record
from leakguard_service.triage.guard import keeping_an_admin, lock
from leakguard_service.triage.scopes import checked, covers
from leakguard_service.triage.texts import line

DAYS: Final = 366
"""The longest a token with an end is good for."""

_HINT: Final = len(TOKEN_PREFIX) + 4


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: the only moment at which its text is known."""

    row: ApiToken
    token: str


def new_api_token(
    session: Session,
    actor: Actor,
    tenant_id: int,
    *,
    name: str,
    scopes: Sequence[str],
    role: Role,
    days: int | None = None,
    user_id: int | None = None,
) -> NewToken:
    """A token that ends after so many days, or never.

    An admin makes tokens of any role, for a user or for nobody (`user_id` None); others make them
    for themselves, up to their own role. Raises NotAllowed, Invalid, Conflict (too many).
    """
    _may_make(actor, role, user_id)
    if days is not None and not 1 <= days <= DAYS:
        raise Invalid(f"a token is good for 1 to {DAYS} days", "days")
    lock(session, tenant_id)
    _room(session, tenant_id)
    if user_id is not None:
        _owner(session, tenant_id, user_id, role)
    token, at = new_token(), now()
    row = ApiToken(
        tenant_id=tenant_id,
        user_id=user_id,
        name=line(name, "name", 200),
        hash=token_hash(token),
        hint=token[:_HINT],
        scopes=checked(scopes, role),
        role=role.value,
        expires_at=None if days is None else at + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    details = {"name": row.name, "scopes": row.scopes, "role": row.role, "user_id": user_id}
    record(session, tenant_id, actor, "token.created", "token", row.id, details)
    return NewToken(row, token)


def revoke_token(session: Session, actor: Actor, tenant_id: int, token_id: int) -> ApiToken:
    """Ends a token, and the sessions it opened, at once; a second time changes nothing.

    Raises NotAllowed unless the actor is admin or its user, Conflict when no admin would be left.
    """
    row = get(session, ApiToken, token_id, tenant_id)
    if actor.role is not Role.ADMIN and not _is_own(actor, row.user_id):
        raise NotAllowed("only an admin ends other people's tokens")
    with keeping_an_admin(session, tenant_id):
        if row.revoked_at is None:
            row.revoked_at = now()
            session.execute(sa.delete(WebSession).where(WebSession.token_id == row.id))
            details = {"name": row.name, "hint": row.hint}
            record(session, tenant_id, actor, "token.revoked", "token", row.id, details)
    return row


def _is_own(actor: Actor, user_id: int | None) -> bool:
    return actor.kind == "user" and user_id is not None and actor.id == user_id


def _may_make(actor: Actor, role: Role, user_id: int | None) -> None:
    if not covers(actor.role, role):
        raise NotAllowed(f"a {actor.role} cannot make a token with the role {role}")
    if actor.role is not Role.ADMIN and not _is_own(actor, user_id):
        raise NotAllowed("only an admin makes tokens for others")


def _owner(session: Session, tenant_id: int, user_id: int, role: Role) -> None:
    user = session.scalar(mine(User, tenant_id).where(User.id == user_id))
    if user is None or not user.active:
        raise Invalid(f"there is no active user {user_id}", "user_id")
    if not covers(Role(user.role), role):
        raise Invalid(f"{user.login} is {user.role}: a token cannot be more", "role")


def _room(session: Session, tenant_id: int) -> None:
    good = sa.select(sa.func.count()).where(
        ApiToken.tenant_id == tenant_id, ApiToken.revoked_at.is_(None)
    )
    if (session.scalar(good) or 0) >= limits.TENANT_TOKENS:
        raise Conflict(f"a tenant has at most {limits.TENANT_TOKENS} tokens: revoke some first")
