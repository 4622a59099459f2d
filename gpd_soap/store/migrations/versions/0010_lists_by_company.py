"""Adds the index that lists positions by company name."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the index.  On PostgreSQL `database.building` has built it if there were positions."""
    op.create_index(
        "ix_position_organization_company_name_iupd",
        "position",
        ["organization", "company_name", "iupd"],
        if_not_exists=True,
    )
