"""Filters of the list of findings that people gave a name: their own, or everybody's."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import SavedView
from leakguard_service.errors import Conflict, Invalid, NotAllowed, NotThere
from leakguard_service.nouns import Actor, Role
from leakguard_service.triage.audit import record
from leakguard_service.triage.filters import FindingFilter
from leakguard_service.triage.guard import lock
from leakguard_service.triage.lifecycle import person
from leakguard_service.triage.texts import line

_QUERY_CHARACTERS: Final = 2_000
_FIELDS: Final = 100


def views(session: Session, actor: Actor, tenant_id: int) -> Sequence[SavedView]:
    """Everybody's views and the actor's own, by name."""
    asked = (
        mine(SavedView, tenant_id)
        .where(SavedView.owner.in_(("", person(actor))))
        .order_by(SavedView.name, SavedView.id)
    )
    return session.scalars(asked).all()


def save_view(
    session: Session, actor: Actor, tenant_id: int, name: str, query: str, *, shared: bool = False
) -> SavedView:
    """Gives a filter a name; a view of that name is replaced. Triagers may share theirs.

    `query` is a query string; what is no field of the filter is left out. Raises Invalid with the
    field that has no meaning, Conflict when there are too many.
    """
    if shared and actor.role is Role.VIEWER:
        raise NotAllowed("viewers cannot save views for everybody")
    owner = "" if shared else person(actor)
    title, tidy = line(name, "name", 100), _tidy(query)
    lock(session, tenant_id)
    own = mine(SavedView, tenant_id).where(SavedView.owner == owner)
    row = session.scalar(own.where(SavedView.name == title))
    if row is None:
        _room(session, tenant_id, owner)
        row = SavedView(tenant_id=tenant_id, owner=owner, name=title)
        session.add(row)
    row.query = tidy
    session.flush()
    if shared:
        details = {"name": title, "query": tidy}
        record(session, tenant_id, actor, "view.saved", "view", row.id, details)
    return row


def delete_view(session: Session, actor: Actor, tenant_id: int, view_id: int) -> None:
    """Deletes a view: one's own, or as triager everybody's. Raises NotThere for another's own."""
    row = get(session, SavedView, view_id, tenant_id)
    if row.owner not in ("", person(actor)):
        raise NotThere(f"there is no saved_view {view_id}")
    if not row.owner and actor.role is Role.VIEWER:
        raise NotAllowed("viewers cannot delete everybody's views")
    session.delete(row)
    session.flush()
    if not row.owner:
        details = {"name": row.name}
        record(session, tenant_id, actor, "view.deleted", "view", view_id, details)


def _tidy(query: str) -> str:
    if len(query) > _QUERY_CHARACTERS:
        raise Invalid(f"query has at most {_QUERY_CHARACTERS} characters", "query")
    try:
        given = parse_qs(query.removeprefix("?"), max_num_fields=_FIELDS)
    except ValueError:
        raise Invalid(f"query has at most {_FIELDS} fields", "query") from None
    single = {name: values if len(values) > 1 else values[0] for name, values in given.items()}
    tidy = FindingFilter.from_query(single).to_query()
    if len(tidy) > _QUERY_CHARACTERS:
        raise Invalid(f"query has at most {_QUERY_CHARACTERS} characters", "query")
    return tidy


def _room(session: Session, tenant_id: int, owner: str) -> None:
    asked = sa.select(sa.func.count()).where(
        SavedView.tenant_id == tenant_id, SavedView.owner == owner
    )
    if (session.scalar(asked) or 0) >= limits.TENANT_VIEWS:
        raise Conflict(f"there are at most {limits.TENANT_VIEWS} views: delete some first")
