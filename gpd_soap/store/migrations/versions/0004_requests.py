"""Adds the index by which old requests with an Idempotency-Key are deleted."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Creates the index."""
    op.create_index("ix_request_asked_at", "request", ["asked_at"])
