"""Adds the archive of documents, and batches of notices.

The version before does not read these tables.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "document",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("iupd", sa.String(length=255), nullable=False),
        sa.Column("navs", JSON, nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column("versions", JSON, nullable=False),
        sa.Column("codes", JSON, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("storage", sa.String(length=8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("organization", "id", name="pk_document"),
    )
    op.create_index(
        "ix_document_organization_created_at_id", "document", ["organization", "created_at", "id"]
    )
    op.create_index(
        "ix_document_organization_iupd_created_at",
        "document",
        ["organization", "iupd", "created_at"],
    )
    op.create_table(
        "document_notice",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization", "nav", "document", name="pk_document_notice"),
    )
    op.create_table(
        "document_batch",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("organization", "id", name="pk_document_batch"),
    )
    op.create_table(
        "document_batch_line",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("organization", "batch", "number", name="pk_document_batch_line"),
    )
