"""Adds the terms of retention, and the instants at which persons were forgotten.

The version before writes rows without the new columns, and does not read the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the table and the columns."""
    op.create_table(
        "retention_term",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization", "kind", name="pk_retention_term"),
    )
    op.add_column("position", sa.Column("forgotten_at", INSTANT, nullable=True))
    op.add_column("receipt", sa.Column("forgotten_at", INSTANT, nullable=True))
