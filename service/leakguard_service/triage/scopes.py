"""What a token may do. A request needs its scope, and the role that goes with it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from leakguard_service.errors import Invalid
from leakguard_service.nouns import Role


class Scope(StrEnum):
    """One part of what a token may do."""

    FINDINGS_READ = "findings:read"
    FINDINGS_WRITE = "findings:write"
    REPOSITORIES_READ = "repositories:read"
    REPOSITORIES_WRITE = "repositories:write"
    SCANS_WRITE = "scans:write"
    """Ask for scans; queue, repeat and cancel jobs."""
    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_WRITE = "deliveries:write"
    AUDIT_READ = "audit:read"
    ADMIN = "admin"
    """Everything, signing in included."""
    SIGN_IN = "sign_in"
    """Open the pages in a browser with the token instead of an identity provider."""


ROLES: Final[Mapping[Scope, Role]] = {
    Scope.FINDINGS_READ: Role.VIEWER,
    Scope.FINDINGS_WRITE: Role.TRIAGER,
    Scope.REPOSITORIES_READ: Role.VIEWER,
    Scope.REPOSITORIES_WRITE: Role.ADMIN,
    Scope.SCANS_WRITE: Role.TRIAGER,
    Scope.DELIVERIES_READ: Role.VIEWER,
    Scope.DELIVERIES_WRITE: Role.TRIAGER,
    Scope.AUDIT_READ: Role.ADMIN,
    Scope.ADMIN: Role.ADMIN,
    Scope.SIGN_IN: Role.VIEWER,
}
"""The least role that a scope is of use with."""

_RANKS: Final = {Role.VIEWER: 0, Role.TRIAGER: 1, Role.ADMIN: 2}


def covers(role: Role, needed: Role) -> bool:
    """Whether a role may do what another one may."""
    return _RANKS[role] >= _RANKS[needed]


def least(one: Role, other: Role) -> Role:
    """The role of the two that may do less."""
    return one if covers(other, one) else other


def may(role: Role, scopes: Iterable[str], needed: Scope) -> bool:
    """Whether both the role and the scopes allow it."""
    given = frozenset(scopes)
    return covers(role, ROLES[needed]) and (needed in given or Scope.ADMIN in given)


def checked(scopes: Iterable[str], role: Role) -> list[str]:
    """The scopes, sorted. Raises Invalid for unknown ones and those the role cannot use."""
    found: set[Scope] = set()
    for word in scopes:
        try:
            scope = Scope(word)
        except ValueError:
            raise Invalid(f"scopes are {', '.join(Scope)}", "scopes") from None
        if not covers(role, ROLES[scope]):
            raise Invalid(f"{scope} takes the role {ROLES[scope]}", "scopes")
        found.add(scope)
    if not found:
        raise Invalid("a token needs at least one scope", "scopes")
    return sorted(found)
