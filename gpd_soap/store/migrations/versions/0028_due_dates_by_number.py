"""Adds the indexes by which the pages of the console read among millions of positions.

The notices of one due date stand by their number.  So a page of them reads its rows alone, where it
sorted all of that day.  The index that this one replaces had the same first columns.  Open cases,
resolved ones and those to be refunded are few among the receipts, and each index has them alone, so
that a receipt that is applied enters none.  The version before reads and writes as it did.
On PostgreSQL `database.building` has built them before, while others read and wrote.
"""

from typing import Any

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
    op.create_index(
        "ix_receipt_open",
        "receipt",
        ["organization", "kept", "received_at"],
        **_where("kept <> 'applied' AND resolved_at IS NULL"),
    )
    op.create_index(
        "ix_receipt_resolved",
        "receipt",
        ["organization", "received_at", "receipt_id", "variant"],
        **_where("resolved_at IS NOT NULL"),
    )
    op.create_index(
        "ix_receipt_to_refund",
        "receipt",
        ["organization", "received_at", "receipt_id", "variant"],
        **_where("resolved_as = 'to-refund'"),
    )


def _where(condition: str) -> dict[str, Any]:
    """Return the arguments of an index of some rows, if it is not there."""
    where = sa.text(condition)
    return {"if_not_exists": True, "postgresql_where": where, "sqlite_where": where}
