"""Receipts are listed by when they were paid, or came where that is not said."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the index."""
    columns = ["organization", "paid_at", "received_at"]
    op.create_index("ix_receipt_organization_paid_at_received_at", "receipt", columns)
