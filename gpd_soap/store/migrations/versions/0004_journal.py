"""The journal: an entry for each exchange, on PostgreSQL a partition for each month."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)
OF_RECEIPTS = sa.text("receipt_id IS NOT NULL")


def upgrade() -> None:
    """Create the table, and on PostgreSQL where entries go whose month has no partition yet."""
    op.create_table(
        "journal",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("microseconds", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=24), nullable=False),
        sa.Column("broker", sa.String(length=35), nullable=False),
        sa.Column("station", sa.String(length=35), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("iuv", sa.String(length=35), nullable=True),
        sa.Column("receipt_id", sa.String(length=71), nullable=True),
        sa.Column("psp", sa.String(length=35), nullable=True),
        sa.Column("channel", sa.String(length=35), nullable=True),
        sa.Column("outcome", sa.String(length=5), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("soap_action", sa.String(length=24), nullable=True),
        sa.PrimaryKeyConstraint("organization", "at", "id", name="pk_journal"),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_journal_organization_nav_at", "journal", ["organization", "nav", "at"])
    op.create_index(
        "ix_journal_organization_receipt_id",
        "journal",
        ["organization", "receipt_id"],
        postgresql_where=OF_RECEIPTS,
        sqlite_where=OF_RECEIPTS,
    )
    op.create_index("ix_journal_at", "journal", ["at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE journal_rest PARTITION OF journal DEFAULT")
