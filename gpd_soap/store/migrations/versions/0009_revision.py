"""The revision of a payment option, by which a receipt knows that nothing changed meanwhile.

LIMIT: the version before counts on the position alone.  Of two receipts for one notice that it and
this one take in the same few milliseconds, the second may be kept as applied, and not as double.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; what is there begins at the first."""
    op.add_column(
        "payment_option", sa.Column("revision", sa.Integer(), nullable=False, server_default="1")
    )
