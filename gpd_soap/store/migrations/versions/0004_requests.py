"""The requests that named themselves by age, so that those too old are found and forgotten."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_request_asked_at", "request", ["asked_at"])
