"""Adds the amount to the index of receipts by status and arrival.

The first page of the console sums the money of today and of yesterday, which are tens of thousands
of receipts in a large town.  It read each of them, and now reads the index alone.  The index that
this one replaces had the same first columns, so that the version before reads by it too.
On PostgreSQL `database.building` has built it before, while others read and wrote.
On SQLite, other writers wait while it is built.
"""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Adds the index if it was not built before, and removes the one that is replaced."""
    op.create_index(
        "ix_receipt_organization_kept_received_at_amount",
        "receipt",
        ["organization", "kept", "received_at", "amount"],
        if_not_exists=True,
    )
    op.drop_index("ix_receipt_organization_kept_received_at", table_name="receipt", if_exists=True)
