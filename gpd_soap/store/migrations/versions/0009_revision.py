"""Adds the revision of a payment option, which shows a receipt that the option is unchanged.

LIMIT: the version before uses only the position's version.  If it and this version take two
receipts of one notice within the same few milliseconds, the second may be stored as `applied`
instead of `double`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the column; existing options have revision 1."""
    op.add_column(
        "payment_option", sa.Column("revision", sa.Integer(), nullable=False, server_default="1")
    )
