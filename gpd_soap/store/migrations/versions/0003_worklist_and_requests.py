"""Adds a person's decision on a receipt, and the answers for repeated requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Adds the columns and the table."""
    for table in ("receipt", "quarantine"):
        op.add_column(table, sa.Column("resolved_at", INSTANT, nullable=True))
        op.add_column(table, sa.Column("resolved_by", sa.String(length=100), nullable=True))
        op.add_column(table, sa.Column("resolution", sa.String(length=500), nullable=True))
    op.create_table(
        "request",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", JSON, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", "name", name="pk_request"),
    )
