"""Adds the indexes by which the pages of the console read among millions of positions.

The notices of one due date stand by their number, so that a page of them reads its rows alone where
it sorted all of that day; the index that this one replaces had the same first columns.  Open cases,
resolved ones and those to be refunded are few among the receipts, and each index has them alone, so
that a receipt that is applied enters none.  The version before reads and writes as it did.
On PostgreSQL `database.building` has built them before, while others read and wrote.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Adds the indexes that were not built before, and removes the one that is replaced."""
    op.create_index(
        "ix_payment_option_organization_due_at_nav",
        "payment_option",
        ["organization", "due_at", "nav"],
        if_not_exists=True,
    )
    op.drop_index(
        "ix_payment_option_organization_due_at", table_name="payment_option", if_exists=True
    )
    for name, condition, columns in (
        ("open", "kept <> 'applied' AND resolved_at IS NULL", ["kept", "received_at"]),
        ("resolved", "resolved_at IS NOT NULL", ["received_at", "receipt_id", "variant"]),
        ("to_refund", "resolved_as = 'to-refund'", ["received_at", "receipt_id", "variant"]),
    ):
        op.create_index(
            f"ix_receipt_{name}",
            "receipt",
            ["organization", *columns],
            if_not_exists=True,
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )
