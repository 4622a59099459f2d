"""Adds the place of a payment option in its position, so that a read keeps the order sent."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds the column; existing options have 0, and are read by due date as before."""
    op.add_column(
        "payment_option", sa.Column("ordinal", sa.Integer(), nullable=False, server_default="0")
    )
