"""Adds the index by which the last resolved case of an organization is found.

The empty worklist says when it was resolved.  It read every resolved case for that.
On PostgreSQL `database.building` has built the index before, while others read and wrote.
On SQLite, other writers wait while it is built.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Adds the index if it was not built before."""
    where = sa.text("resolved_at IS NOT NULL")
    op.create_index(
        "ix_receipt_resolved_at",
        "receipt",
        ["organization", "resolved_at"],
        if_not_exists=True,
        postgresql_where=where,
        sqlite_where=where,
    )
