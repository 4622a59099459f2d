"""Adds the index that lists receipts by payment date, or by arrival if that is missing."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the index."""
    columns = ["organization", "paid_at", "received_at"]
    op.create_index("ix_receipt_organization_paid_at_received_at", "receipt", columns)
