"""Who asks, and whether they may: bearer tokens (RFC 6750), scopes, roles, requests a minute.

Cookies count for nothing here, so no other site can make a browser ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import time
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from leakguard_service.api.problems import Limited
from leakguard_service.nouns import Actor
from leakguard_service.service import Service
from leakguard_service.triage.people import Who, actor_of_token
from leakguard_service.triage.scopes import ROLES, Scope, covers, may

Replay = Callable[[Session, int, int, Actor], bool]
"""Queues a delivery again: session, tenant, its row's number, who asks."""


class Rates:
    """Requests a minute of each key, in this process."""

    def __init__(self, per_minute: int) -> None:
        self._most = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, key: str) -> None:
        """Raises Limited when there were too many."""
        if not self._limiter.hit(self._most, key):
            stats = self._limiter.get_window_stats(self._most, key)
            raise Limited(max(1, ceil(stats.reset_time - time())))


@dataclass(frozen=True, slots=True)
class Desk:
    """What all requests share."""

    service: Service
    replay: Replay
    rates: Rates


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody who may make it."""

    service: Service
    who: Who
    replay: Replay

    @property
    def tenant_id(self) -> int:
        """Whose rows are asked for, in every question."""
        return self.who.tenant_id

    @property
    def actor(self) -> Actor:
        """For the audit log."""
        return self.who.actor


_BEARER: Final = HTTPBearer(
    auto_error=False, description="A token made under Settings, Tokens: `lgs_...`"
)


def called(
    scopes: SecurityScopes,
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Call:
    """The request, when its token is known and may do this."""
    desk: Desk = request.state.desk
    address = request.client.host if request.client else ""
    who = actor_of_token(desk.service, given.credentials, address) if given else None
    if who is None:
        desk.rates.count(f"address:{address}")
        raise _unknown(given is not None)
    desk.rates.count(f"token:{who.token_id}")
    for scope in scopes.scopes:
        _check(who, Scope(scope))
    return Call(desk.service, who, desk.replay)


def _check(who: Who, scope: Scope) -> None:
    if may(who.actor.role, who.scopes, scope):
        return
    if covers(who.actor.role, ROLES[scope]):
        raise HTTPException(403, f"this takes a token with the scope {scope}")
    raise HTTPException(403, f"this takes the role {ROLES[scope]}")


def _unknown(given: bool) -> HTTPException:
    """https://www.rfc-editor.org/rfc/rfc6750#section-3"""
    if not given:
        return HTTPException(
            401, "give a token: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"}
        )
    return HTTPException(
        401,
        "the token is unknown, expired or revoked",
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


Anybody = Annotated[Call, Security(called)]
"""Whoever has a token."""
FindingsRead = Annotated[Call, Security(called, scopes=[Scope.FINDINGS_READ.value])]
FindingsWrite = Annotated[Call, Security(called, scopes=[Scope.FINDINGS_WRITE.value])]
RepositoriesRead = Annotated[Call, Security(called, scopes=[Scope.REPOSITORIES_READ.value])]
RepositoriesWrite = Annotated[Call, Security(called, scopes=[Scope.REPOSITORIES_WRITE.value])]
ScansWrite = Annotated[Call, Security(called, scopes=[Scope.SCANS_WRITE.value])]
DeliveriesRead = Annotated[Call, Security(called, scopes=[Scope.DELIVERIES_READ.value])]
DeliveriesWrite = Annotated[Call, Security(called, scopes=[Scope.DELIVERIES_WRITE.value])]
AuditRead = Annotated[Call, Security(called, scopes=[Scope.AUDIT_READ.value])]
Admin = Annotated[Call, Security(called, scopes=[Scope.ADMIN.value])]
