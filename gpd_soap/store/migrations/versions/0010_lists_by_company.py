"""The index by which positions are listed by company."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the index; on PostgreSQL `store.building` has made it before, while others write."""
    op.create_index(
        "ix_position_organization_company_name_iupd",
        "position",
        ["organization", "company_name", "iupd"],
        if_not_exists=True,
    )
