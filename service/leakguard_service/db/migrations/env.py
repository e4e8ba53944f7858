"""What Alembic runs: the steps, on the connection that migrate.py hands over."""

from alembic import context

from leakguard_service.db import work_tables  # noqa: F401 - registers its tables
from leakguard_service.db.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes columns only by copying the table
    include_name=lambda name, kind, _parents: kind != "table" or name in Base.metadata.tables,
)
with context.begin_transaction():
    context.run_migrations()
