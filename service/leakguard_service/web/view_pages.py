"""Saved views: filters of the list of findings that got a name."""

from typing import Final

from starlette.responses import Response

from leakguard_service.nouns import Role
from leakguard_service.triage.views import delete_view, save_view, views
from leakguard_service.web.visit import Route, Visit


def show_list(visit: Visit) -> Response:
    """All views of who is signed in, and everybody's."""
    with visit.service.db.read() as session:
        return visit.page("views.html", views=views(session, visit.who, visit.tenant_id))


def save(visit: Visit) -> Response:
    """Gives the filter of the form a name."""
    with visit.service.db.write() as session:
        row = save_view(
            session,
            visit.who,
            visit.tenant_id,
            visit.text("name"),
            visit.text("filter"),
            shared=bool(visit.text("shared")),
        )
    return visit.go(f"/findings?{row.query}", f"The view “{row.name}” is saved.")


def delete(visit: Visit) -> Response:
    """Forgets a view."""
    with visit.service.db.write() as session:
        delete_view(session, visit.who, visit.tenant_id, visit.number("view_id"))
    return visit.go("/views", "The view is deleted.")


ROUTES: Final = (
    Route("GET", "/views", show_list, Role.VIEWER),
    Route("POST", "/views", save, Role.VIEWER),
    Route("POST", "/views/{view_id}/delete", delete, Role.VIEWER),
)
