"""API tokens: made (shown once), listed, revoked."""

from typing import Final

from starlette.responses import Response

from leakguard_service.db.scope import mine
from leakguard_service.db.tables import ApiToken, User
from leakguard_service.db.types import now
from leakguard_service.nouns import Role
from leakguard_service.triage import people
from leakguard_service.triage.scopes import Scope
from leakguard_service.web.people_pages import role_of
from leakguard_service.web.visit import ROLES, Route, Visit

DAYS: Final = {"30": "30 days", "90": "90 days", "365": "1 year", "": "No end"}

MEANINGS: Final = {
    Scope.FINDINGS_READ: "see findings",
    Scope.FINDINGS_WRITE: "resolve, dismiss and assign findings",
    Scope.REPOSITORIES_READ: "see repositories and scans",
    Scope.REPOSITORIES_WRITE: "switch repositories on and off",
    Scope.SCANS_WRITE: "ask for scans, repeat and cancel jobs",
    Scope.DELIVERIES_READ: "see deliveries",
    Scope.DELIVERIES_WRITE: "repeat deliveries",
    Scope.AUDIT_READ: "read the audit log",
    Scope.SIGN_IN: "sign in to these pages",
    Scope.ADMIN: "everything",
}


def show(visit: Visit) -> Response:
    """All tokens, the newest first; those that ended last."""
    return _page(visit)


def _page(visit: Visit, made: people.NewToken | None = None) -> Response:
    with visit.service.db.read() as session:
        asked = mine(ApiToken, visit.tenant_id).order_by(ApiToken.id.desc()).limit(500)
        rows = sorted(session.scalars(asked), key=lambda row: row.revoked_at is not None)
        users = {row.id: row for row in session.scalars(mine(User, visit.tenant_id))}
    return visit.page(
        "tokens.html",
        tokens=rows,
        users=users,
        made=made,
        days=DAYS,
        roles=ROLES,
        scopes=MEANINGS,
        now=now(),
    )


def create(visit: Visit) -> Response:
    """Makes a token and shows it, once."""
    days, owner = visit.text("days"), visit.numbers("user")
    with visit.service.db.write() as session:
        made = people.new_api_token(
            session,
            visit.who,
            visit.tenant_id,
            name=visit.text("name"),
            scopes=visit.texts("scopes"),
            role=role_of(visit),
            days=int(days) if days in DAYS and days else None,
            user_id=owner[0] if owner else None,
        )
    return _page(visit, made)


def revoke(visit: Visit) -> Response:
    """Ends a token at once."""
    with visit.service.db.write() as session:
        row = people.revoke_token(session, visit.who, visit.tenant_id, visit.number("token_id"))
    return visit.go("/settings/tokens", f"The token “{row.name}” is revoked.")


ROUTES: Final = (
    Route("GET", "/settings/tokens", show, Role.ADMIN),
    Route("POST", "/settings/tokens", create, Role.ADMIN),
    Route("POST", "/settings/tokens/{token_id}/revoke", revoke, Role.ADMIN),
)
