"""People: invited, given a role, switched off."""

from typing import Final

from starlette.responses import Response

from leakguard_service.db.scope import mine
from leakguard_service.db.tables import User
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Role
from leakguard_service.triage import people
from leakguard_service.web import oidc
from leakguard_service.web.visit import ROLES, Route, Visit


def show(visit: Visit) -> Response:
    """Everybody."""
    with visit.service.db.read() as session:
        rows = session.scalars(mine(User, visit.tenant_id).order_by(User.login)).all()
    provider = oidc.name(visit.service.settings)
    return visit.page("people.html", people=rows, roles=ROLES, provider=provider)


def invite(visit: Visit) -> Response:
    """Somebody new may sign in."""
    with visit.service.db.write() as session:
        row = people.invite(
            session,
            visit.who,
            visit.tenant_id,
            visit.text("login"),
            role_of(visit),
            visit.text("name"),
        )
    return visit.go("/settings/people", f"{row.login} is invited and may sign in now.")


def role_of(visit: Visit) -> Role:
    """The role that the form names. Raises Invalid."""
    try:
        return Role(visit.text("role"))
    except ValueError:
        raise Invalid("choose a role", "role") from None


def change(visit: Visit) -> Response:
    """Another role, or on and off."""
    number = visit.number("user_id")
    active = {"yes": True, "no": False}.get(visit.text("active"))
    role = role_of(visit) if visit.text("role") else None
    with visit.service.db.write() as session:
        people.change_user(session, visit.who, visit.tenant_id, number, role=role, active=active)
    return visit.go("/settings/people", "Saved.")


ROUTES: Final = (
    Route("GET", "/settings/people", show, Role.ADMIN),
    Route("POST", "/settings/people", invite, Role.ADMIN),
    Route("POST", "/settings/people/{user_id}", change, Role.ADMIN),
)
