"""Connections to forges: adding one, its secret (shown once), changing it, deleting it."""

import time
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.responses import Response

from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.errors import Invalid
from leakguard_service.jobs.names import inventory_job
from leakguard_service.nouns import ForgeKind, Role
from leakguard_service.tenancy import ConnectionSettings
from leakguard_service.triage import connections
from leakguard_service.triage.connections import Draft, NewConnection, hook_path
from leakguard_service.web.lists import pairs
from leakguard_service.web.visit import Route, Visit

FLAGS: Final = ("report", "sarif", "comment", "backfill")

PUBLIC: Final = {
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "gitea": "https://codeberg.org",
}
"""Addresses that a new connection proposes."""


def show_list(visit: Visit) -> Response:
    """All connections."""
    counted = (
        sa.select(Repository.connection_id, sa.func.count())
        .where(Repository.tenant_id == visit.tenant_id)
        .group_by(Repository.connection_id)
    )
    with visit.service.db.read() as session:
        rows = session.scalars(mine(Connection, visit.tenant_id).order_by(Connection.name)).all()
        counts = pairs(session, counted)
        return visit.page("connections.html", connections=rows, counts=counts)


def ask_new(visit: Visit) -> Response:
    """The form for a new connection of the forge that the query names."""
    forge = visit.request.query_params.get("forge", "")
    kind = forge if forge in PUBLIC else ""
    defaults = ConnectionSettings()
    return visit.page("connection_new.html", forge_kind=kind, public=PUBLIC, defaults=defaults)


def create(visit: Visit) -> Response:
    """Makes a connection; shows its address and secret, once."""
    try:
        forge = ForgeKind(visit.text("forge"))
    except ValueError:
        raise Invalid("choose a forge", "forge") from None
    with visit.service.db.write() as session:
        made = connections.create_connection(
            visit.service, session, visit.who, visit.tenant_id, forge, _draft(visit)
        )
        if made.row.access:
            _list(visit, session, made.row.id)
    return _shown_once(visit, made, "The connection is made.")


def _draft(visit: Visit) -> Draft:
    """What the form says. An empty field of a secret leaves the secret as it is."""
    token, signing = visit.text("token", 20_000), visit.text("signing")
    organisations = visit.text("organisations").replace(",", " ").split()
    settings: dict[str, Any] = {flag: bool(visit.text(flag)) for flag in FLAGS}
    return Draft(
        name=visit.text("name", 200),
        web_url=visit.text("web_url", 500),
        api_url=visit.text("api_url", 500),
        access={"token": token} if token else None,
        settings={**settings, "organisations": organisations},
        signing=signing or None,
    )


def _shown_once(visit: Visit, made: NewConnection, title: str) -> Response:
    return visit.page(
        "connection_secret.html",
        connection=made.row,
        secret=made.secret,
        hook_url=visit.base_url() + made.path,
        said=title,
    )


def show(visit: Visit) -> Response:
    """One connection."""
    number = visit.number("connection_id")
    counted = sa.select(sa.func.count()).where(
        Repository.tenant_id == visit.tenant_id, Repository.connection_id == number
    )
    with visit.service.db.read() as session:
        row = get(session, Connection, number, visit.tenant_id)
        access = visit.service.keyring.open(row.access)
        return visit.page(
            "connection.html",
            connection=row,
            settings=ConnectionSettings.model_validate(row.settings),
            hook_url=visit.base_url() + hook_path(row),
            access="app" if '"app_id"' in access else "token" if access else "",
            repositories=session.scalar(counted) or 0,
        )


def change(visit: Visit) -> Response:
    """Saves what the form says."""
    number, draft = visit.number("connection_id"), _draft(visit)
    with visit.service.db.write() as session:
        connections.change_connection(
            visit.service, session, visit.who, visit.tenant_id, number, draft
        )
    return visit.go(f"/settings/connections/{number}", "Saved.")


def switch(visit: Visit) -> Response:
    """Switches it on or off."""
    number, wanted = visit.number("connection_id"), visit.text("enabled") == "yes"
    with visit.service.db.write() as session:
        connections.change_connection(
            visit.service, session, visit.who, visit.tenant_id, number, Draft(enabled=wanted)
        )
    said = "The connection is on." if wanted else "The connection is off: deliveries are refused."
    return visit.go(f"/settings/connections/{number}", said)


def rotate(visit: Visit) -> Response:
    """Makes a new webhook secret; shows it, once."""
    number = visit.number("connection_id")
    with visit.service.db.write() as session:
        made = connections.rotate_secret(visit.service, session, visit.who, visit.tenant_id, number)
    return _shown_once(visit, made, "There is a new secret.")


def list_repositories(visit: Visit) -> Response:
    """Asks the forge which repositories there are."""
    number = visit.number("connection_id")
    with visit.service.db.write() as session:
        get(session, Connection, number, visit.tenant_id)
        _list(visit, session, number)
    return visit.go(f"/settings/connections/{number}", "The forge is asked for its repositories.")


def _list(visit: Visit, session: Session, number: int) -> None:
    job = inventory_job(visit.tenant_id, number, f"asked{int(time.time())}")
    visit.service.jobs.enqueue(session, job)


def delete(visit: Visit) -> Response:
    """Deletes a connection."""
    with visit.service.db.write() as session:
        connections.delete_connection(
            session, visit.who, visit.tenant_id, visit.number("connection_id")
        )
    return visit.go("/settings/connections", "The connection is deleted.")


ROUTES: Final = (
    Route("GET", "/settings/connections", show_list, Role.ADMIN),
    Route("POST", "/settings/connections", create, Role.ADMIN),
    Route("GET", "/settings/connections/new", ask_new, Role.ADMIN),
    Route("GET", "/settings/connections/{connection_id}", show, Role.ADMIN),
    Route("POST", "/settings/connections/{connection_id}", change, Role.ADMIN),
    Route("POST", "/settings/connections/{connection_id}/switch", switch, Role.ADMIN),
    Route("POST", "/settings/connections/{connection_id}/rotate", rotate, Role.ADMIN),
    Route("POST", "/settings/connections/{connection_id}/list", list_repositories, Role.ADMIN),
    Route("POST", "/settings/connections/{connection_id}/delete", delete, Role.ADMIN),
)
