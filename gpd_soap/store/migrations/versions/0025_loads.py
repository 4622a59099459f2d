"""Adds the loads of operators: files, what was read of them, rows and findings.

The version before neither reads nor writes any of it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "load",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=True),
        sa.Column("reading", JSON, nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("job", sa.String(length=40), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("loaded_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("organization", "id", name="pk_load"),
        sa.UniqueConstraint("organization", "running", name="uq_load_organization_running"),
    )
    op.create_index(
        "ix_load_organization_created_at_id", "load", ["organization", "created_at", "id"]
    )
    op.create_table(
        "load_row",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("load", sa.String(length=40), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("iupd", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("organization", "load", "line", name="pk_load_row"),
    )
    op.create_index("ix_load_row_organization_iupd", "load_row", ["organization", "iupd"])
    op.create_table(
        "load_finding",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("load", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("expected", sa.String(length=250), nullable=False),
        sa.Column("is_warning", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organization", "load", "number", name="pk_load_finding"),
    )
    op.create_table(
        "load_file",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("load", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("organization", "load", "part", "number", name="pk_load_file"),
    )
    op.create_index("ix_load_file_stored_at", "load_file", ["stored_at"])
