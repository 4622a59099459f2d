"""Adds the keys of the REST API, and the numbers of deleted notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Creates both tables."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("organizations", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_index("ix_api_key_digest", "api_key", ["digest"], unique=True)
    op.create_table(
        "retired_number",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("iuv", sa.String(length=35), nullable=False),
        sa.Column("iupd", sa.String(length=255), nullable=False),
        sa.Column("retired_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("organization", "nav", name="pk_retired_number"),
    )
    op.create_index("ix_retired_number_organization_iuv", "retired_number", ["organization", "iuv"])
