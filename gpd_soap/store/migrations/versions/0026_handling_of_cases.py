"""Adds who handles an open case, and the day and the mandate of a refund.

The version before neither reads nor writes them: it resolves a case that somebody has claimed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Adds columns that may be empty."""
    for table in ("receipt", "quarantine"):
        op.add_column(table, sa.Column("claimed_by", sa.String(length=100), nullable=True))
        op.add_column(table, sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("refunded_on", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("mandate", sa.String(length=35), nullable=True))
