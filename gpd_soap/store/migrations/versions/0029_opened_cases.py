"""Adds who opened a case on the receipt of a paid notice, when, and the note.

The version before neither reads nor writes them: such a case is as old there as its receipt.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Adds columns that may be empty."""
    op.add_column("receipt", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipt", sa.Column("opened_by", sa.String(length=100), nullable=True))
    op.add_column("receipt", sa.Column("opening", sa.String(length=500), nullable=True))
