"""Masked lines around findings"""

import sqlalchemy as sa
from alembic import op

import leakguard_service.db.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step on."""
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "context", leakguard_service.db.types.Text(), nullable=False, server_default=""
            )
        )
