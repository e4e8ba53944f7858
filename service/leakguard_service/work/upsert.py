"""Rows that are written unless they are there: the same words for SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from leakguard_service.db.tables import Base


def insert_new(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    returned: InstrumentedAttribute[Any],
) -> list[Any]:
    """Inserts rows whose unique columns are not there yet; one column of those inserted.

    https://www.sqlite.org/lang_upsert.html, https://www.postgresql.org/docs/current/sql-insert.html
    """
    if not rows:
        return []
    given = [dict(row) for row in rows]
    if session.get_bind().dialect.name == "sqlite":
        lite = sqlite.insert(model).on_conflict_do_nothing().returning(returned)
        return list(session.scalars(lite, given))
    post = postgresql.insert(model).on_conflict_do_nothing().returning(returned)
    return list(session.scalars(post, given))


def put(
    session: Session,
    model: type[Base],
    row: Mapping[str, Any],
    unique: Sequence[str],
) -> None:
    """Inserts a row, or changes the one with the same `unique` columns to it."""
    changed = {name: value for name, value in row.items() if name not in unique}
    if session.get_bind().dialect.name == "sqlite":
        lite = sqlite.insert(model).values(**row)
        session.execute(lite.on_conflict_do_update(index_elements=unique, set_=changed))
        return
    post = postgresql.insert(model).values(**row)
    session.execute(post.on_conflict_do_update(index_elements=unique, set_=changed))
