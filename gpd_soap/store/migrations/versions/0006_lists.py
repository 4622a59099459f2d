"""Adds the indexes by which lists of positions are ordered and filtered."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the indexes."""
    op.create_index(
        "ix_position_organization_created_at_iupd",
        "position",
        ["organization", "created_at", "iupd"],
    )
    op.create_index(
        "ix_payment_option_organization_due_at", "payment_option", ["organization", "due_at"]
    )
    op.create_index(
        "ix_payment_option_organization_payment_date_paid_at",
        "payment_option",
        ["organization", "payment_date", "paid_at"],
        postgresql_where=sa.text("paid_at IS NOT NULL"),
        sqlite_where=sa.text("paid_at IS NOT NULL"),
    )
