"""Rows of one tenant: every question about them goes through here or names the tenant."""

from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.tables import Base
from leakguard_service.errors import NotThere

Row = TypeVar("Row", bound=Base)


def mine(model: type[Row], tenant_id: int) -> sa.Select[Row]:
    """A question for the tenant's rows of a table, to be narrowed further."""
    return sa.select(model).where(model.tenant_id == tenant_id)  # type: ignore[attr-defined]


def get(session: Session, model: type[Row], key: int | str, tenant_id: int) -> Row:
    """The row with this key. Raises NotThere when there is none or it is another tenant's."""
    row = session.get(model, key)
    if row is None or row.tenant_id != tenant_id:  # type: ignore[attr-defined]
        raise NotThere(f"there is no {model.__tablename__} {key}")
    return row
