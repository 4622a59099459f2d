"""Adds to a line of a batch what the platform's client sent for its notice.

The version before neither reads nor writes it; it prints such a line as its notice is stored.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Adds two columns that may be empty."""
    op.add_column("document_batch_line", sa.Column("template", sa.String(length=40), nullable=True))
    op.add_column("document_batch_line", sa.Column("request", JSON, nullable=True))
