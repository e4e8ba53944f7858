"""Who may come in: users, API tokens, browsers that are signed in.

Nobody registers. An admin invites a login name or address; whoever the identity provider says has
it becomes that user at the first sign-in, and is known by the provider's own number from then on.
A token with the scope `sign_in` or `admin` opens the pages too, for where there is no provider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.crypto import new_token, token_hash
from leakguard_service.db.engine import Database
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import ApiToken, User, WebSession
from leakguard_service.db.types import now
from leakguard_service.errors import NotAllowed
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from leakguard_service.triage.audit import record
from leakguard_service.triage.first import ensure_admin_token, new_admin_token
from leakguard_service.triage.scopes import Scope, least
from leakguard_service.triage.tokens import NewToken, new_api_token, revoke_token
from leakguard_service.triage.users import change_user, invite, remove_user, set_role

__all__ = [
    "NewToken",
    "Who",
    "actor_of_session",
    "actor_of_token",
    "change_user",
    "end_session",
    "ensure_admin_token",
    "invite",
    "new_admin_token",
    "new_api_token",
    "remove_user",
    "revoke_token",
    "set_role",
    "sign_in_with_subject",
    "sign_in_with_token",
    "start_session",
]

_SEEN_EVERY: Final = timedelta(minutes=1)
"""How exact the moment of last use is: not every request has to write."""
_SECRET_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks: the tenant they belong to, who they are in the audit log, what they may do."""

    tenant_id: int
    actor: Actor
    scopes: frozenset[str]
    """Of the token; for a session all that the role may do."""
    user_id: int | None = None
    token_id: int | None = None


def actor_of_token(service: Service, token: str, address: str = "") -> Who | None:
    """Who a token belongs to; None when it is unknown, expired or revoked, or its user is."""
    if not 0 < len(token) <= _SECRET_CHARACTERS:
        return None
    at = now()
    with service.db.read() as session:
        row = session.scalar(sa.select(ApiToken).where(ApiToken.hash == token_hash(token)))
        who = _of_token(session, row, at, address) if row else None
    if who is not None and row is not None and _is_old(row.used_at, at):
        _touch(service.db, sa.update(ApiToken).where(ApiToken.id == row.id).values(used_at=at))
    return who


def sign_in_with_token(service: Service, token: str, address: str = "") -> str:
    """Starts a session for a token that has the scope `sign_in` or `admin`; returns the cookie.

    Raises NotAllowed. The session may do what the token's role may, until either ends.
    """
    who = actor_of_token(service, token, address)
    if who is None:
        raise NotAllowed("this token is unknown, expired or revoked")
    if not who.scopes & {Scope.SIGN_IN, Scope.ADMIN}:
        raise NotAllowed(f"this token is for the API only: it has no scope {Scope.SIGN_IN}")
    with service.db.write() as session:
        return start_session(service, session, who)


def sign_in_with_subject(
    service: Service, subject: str, logins: Sequence[str], name: str = "", address: str = ""
) -> str:
    """Starts a session for whom an identity provider vouches; returns the cookie.

    `subject` is `issuer|sub`; `logins` are the address (only when the provider has verified it)
    and login name it states. Raises NotAllowed when nobody was invited under these.
    """
    with service.db.write() as session:
        user = _known(session, subject) or _invited(session, [login.lower() for login in logins])
        if user is None or not user.active:
            raise NotAllowed("nobody has invited you: ask an admin to invite your login name")
        first = user.subject is None
        user.subject, user.seen_at = subject, now()
        user.name = user.name or name[:200]
        who = _of_user(user, address)
        if first:
            record(session, user.tenant_id, who.actor, "user.bound", "user", user.id)
        return start_session(service, session, who)


def start_session(service: Service, session: Session, who: Who) -> str:
    """Begins a session; returns the value of its cookie, which is not kept."""
    cookie, at = new_token("lgw_"), now()
    session.execute(sa.delete(WebSession).where(WebSession.expires_at < at))
    session.add(
        WebSession(
            hash=token_hash(cookie),
            tenant_id=who.tenant_id,
            user_id=who.user_id,
            token_id=who.token_id,
            expires_at=at + timedelta(hours=service.settings.session_hours),
        )
    )
    subject, number = ("user", who.user_id) if who.user_id else ("token", who.token_id)
    record(session, who.tenant_id, who.actor, "session.started", subject, number)
    return cookie


def actor_of_session(service: Service, cookie: str, address: str = "") -> Who | None:
    """Who a browser is signed in as; None when its session, token or user has ended."""
    if not 0 < len(cookie) <= _SECRET_CHARACTERS:
        return None
    at = now()
    with service.db.read() as session:
        row = session.get(WebSession, token_hash(cookie))
        if row is None or row.expires_at <= at:
            return None
        who = _of_session(session, row, at, address)
        seen = session.get(User, row.user_id) if row.user_id else None
    if who is not None and seen is not None and _is_old(seen.seen_at, at):
        _touch(service.db, sa.update(User).where(User.id == seen.id).values(seen_at=at))
    return who


def end_session(service: Service, cookie: str, address: str = "") -> None:
    """Signs a browser out; nothing happens when it was not signed in."""
    who = actor_of_session(service, cookie, address)
    with service.db.write() as session:
        session.execute(sa.delete(WebSession).where(WebSession.hash == token_hash(cookie)))
        if who is not None:
            subject, number = ("user", who.user_id) if who.user_id else ("token", who.token_id)
            record(session, who.tenant_id, who.actor, "session.ended", subject, number)


def _of_session(session: Session, row: WebSession, at: datetime, address: str) -> Who | None:
    everything = frozenset(Scope)
    if row.token_id is not None:
        token = session.get(ApiToken, row.token_id)
        who = _of_token(session, token, at, address) if token else None
        if who is None or not who.scopes & {Scope.SIGN_IN, Scope.ADMIN}:
            return None
        return Who(who.tenant_id, who.actor, everything, who.user_id, who.token_id)
    user = session.get(User, row.user_id) if row.user_id else None
    return _of_user(user, address) if user is not None and user.active else None


def _of_user(user: User, address: str) -> Who:
    actor = Actor("user", user.login, user.id, Role(user.role), address)
    return Who(user.tenant_id, actor, frozenset(Scope), user.id)


def _of_token(session: Session, row: ApiToken, at: datetime, address: str) -> Who | None:
    """A user's own token is that user, so that nobody agrees with themselves by token."""
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        return None
    role, scopes = Role(row.role), frozenset(row.scopes)
    if row.user_id is None:
        return Who(
            row.tenant_id, Actor("token", row.name, row.id, role, address), scopes, None, row.id
        )
    user = session.scalar(mine(User, row.tenant_id).where(User.id == row.user_id))
    if user is None or not user.active:
        return None
    actor = Actor("user", user.login, user.id, least(role, Role(user.role)), address)
    return Who(row.tenant_id, actor, scopes, user.id, row.id)


def _known(session: Session, subject: str) -> User | None:
    return session.scalar(sa.select(User).where(User.subject == subject))


def _invited(session: Session, logins: Sequence[str]) -> User | None:
    """The oldest invitation that nobody has taken yet."""
    asked = (
        sa.select(User)
        .where(User.login.in_([login for login in logins if login]), User.subject.is_(None))
        .order_by(User.id)
        .limit(1)
        .with_for_update()
    )
    return session.scalar(asked)


def _is_old(moment: datetime | None, at: datetime) -> bool:
    return moment is None or at - moment > _SEEN_EVERY


def _touch(db: Database, change: sa.Update) -> None:
    with db.write() as session:
        session.execute(change)
