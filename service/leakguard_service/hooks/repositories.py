"""The rows of repositories, as deliveries tell of them.

A repository is what its connection and the forge's number say it is; its name may change. Nothing
here looks beyond the connection, so no delivery reaches another tenant's repositories.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, lazyload

from leakguard_service.db.tables import Base, Connection, Repository
from leakguard_service.nouns import Actor, ForgeKind, Off, RepositoryRef
from leakguard_service.triage.audit import record


def insert(session: Session, model: type[Base], keys: Sequence[str], **values: Any) -> int | None:
    """Adds a row unless there is one with these keys; its id when it is new.

    Waits for another transaction that is adding the same.
    """
    dialect = session.get_bind().dialect.name
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    asked = make(model).values(**values).on_conflict_do_nothing(index_elements=list(keys))
    added: int | None = session.scalar(asked.returning(sa.column("id")))
    return added


def upsert(
    session: Session, connection: Connection, ref: RepositoryRef, installation: str = ""
) -> tuple[Repository, bool]:
    """The repository's row, brought up to date and locked, and whether it is new."""
    added = insert(
        session,
        Repository,
        ("connection_id", "forge_id"),
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        forge_id=ref.forge_id,
        full_name=ref.full_name,
        default_branch=ref.default_branch,
        private=ref.private,
        archived=ref.archived,
        installation=installation,
    )
    row = find(session, connection, ref)
    assert row is not None  # noqa: S101 - it was added above, and nothing deletes it meanwhile
    if added is None:
        _change(connection, row, ref, installation)
    return row, added is not None


def find(session: Session, connection: Connection, ref: RepositoryRef | None) -> Repository | None:
    """The repository's row, locked until the transaction ends; None when it is not known."""
    if ref is None:
        return None
    asked = (
        sa.select(Repository)
        .where(
            Repository.tenant_id == connection.tenant_id,
            Repository.connection_id == connection.id,
            Repository.forge_id == ref.forge_id,
        )
        .options(lazyload(Repository.connection))
        .with_for_update(key_share=True, of=Repository)
        .execution_options(populate_existing=True)
    )
    return session.scalar(asked)


def _change(connection: Connection, row: Repository, ref: RepositoryRef, installation: str) -> None:
    row.full_name = ref.full_name
    row.private = ref.private
    row.installation = installation or row.installation
    row.default_branch = ref.default_branch or row.default_branch
    if ref.default_branch and connection.forge != ForgeKind.GITLAB.value:
        row.archived = ref.archived  # short forms of a repository do not say it, nor does GitLab
    if not row.enabled and row.error in tuple(Off):
        row.enabled, row.error = True, ""


def switch_off(session: Session, actor: Actor, rows: Sequence[Repository], why: Off) -> None:
    """Nothing of them is scanned any longer; what was found stays. The audit log says so."""
    for row in rows:
        if row.enabled:
            row.enabled, row.error = False, why.value
            details = {"reason": why.value}
            record(
                session, row.tenant_id, actor, "repository.disabled", "repository", row.id, details
            )


def of_installation(
    session: Session, connection: Connection, installation: str
) -> Sequence[Repository]:
    """All rows that came with an installation of a GitHub App."""
    asked = (
        sa.select(Repository)
        .where(
            Repository.tenant_id == connection.tenant_id,
            Repository.connection_id == connection.id,
            Repository.installation == installation,
        )
        .options(lazyload(Repository.connection))
        .order_by(Repository.id)
    )
    return session.scalars(asked).all() if installation else ()
