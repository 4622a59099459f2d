"""Adds what an organization prints about itself on notices.

The version before does not read this table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "print_settings",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("info", sa.String(length=100), nullable=True),
        sa.Column("cbill", sa.String(length=16), nullable=True),
        sa.Column("account_holder", sa.String(length=50), nullable=True),
        sa.Column("authorisation", sa.String(length=40), nullable=True),
        sa.Column("site", sa.Boolean(), nullable=False),
        sa.Column("app", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organization.fiscal_code"],
            name="fk_print_settings_organization",
        ),
        sa.PrimaryKeyConstraint("organization", name="pk_print_settings"),
    )
