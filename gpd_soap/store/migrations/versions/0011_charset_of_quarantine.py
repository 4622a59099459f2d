"""Adds the charset that the transport named for a message in quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds the column; existing messages have none."""
    op.add_column("quarantine", sa.Column("charset", sa.String(length=48), nullable=True))
