"""Adds the journal: an entry for each exchange, on PostgreSQL a partition for each month."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)
OF_RECEIPTS = sa.text("receipt_id IS NOT NULL")

#: By index: the number of rows, then of rows equal in the first column, the first two, and so on.
STATISTICS = {
    "sqlite_autoindex_journal_1": "1000000 500000 1 1",
    "ix_journal_organization_nav_at": "1000000 500000 4 1",
    "ix_journal_organization_receipt_id": "100000 50000 1",
    "ix_journal_at": "1000000 1",
}


def upgrade() -> None:
    """Creates the table, and on PostgreSQL the partition of entries whose month has none yet."""
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
    else:
        _tell_planner()


def _tell_planner() -> None:
    # WHY: without statistics, SQLite assumes ten entries for an organization.  It then reads all of
    # them to find those of a notice.
    op.execute("ANALYZE journal")
    for index, rows in STATISTICS.items():
        op.execute(f"INSERT INTO sqlite_stat1 VALUES ('journal', '{index}', '{rows}')")  # noqa: S608  # ours
