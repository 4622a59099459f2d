"""Adds to the indexes of names whose each position is, and to that of options which have a debtor.

A search by name says whose the notices are, and how many.  It read the page of each position and
of each notice for that, and now reads the indexes alone.  Each index replaces one that has the same
first columns, so that the version before reads by it too.
On PostgreSQL `database.building` has built them before, while others read and wrote.
On SQLite, other writers wait while they are built.
"""

from alembic import op
from sqlalchemy.schema import CreateIndex

from gpd_soap.store.tables import DEBTOR_INDEXES
from gpd_soap.store.tables.debtor_indexes import REPLACED_DEBTOR_INDEXES

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Adds the indexes that were not built before, and removes those that are replaced."""
    op.create_index(
        "ix_payment_option_organization_iupd_debtor_full_name",
        "payment_option",
        ["organization", "iupd", "debtor_full_name"],
        if_not_exists=True,
    )
    op.drop_index(
        "ix_payment_option_organization_iupd", table_name="payment_option", if_exists=True
    )
    for index in DEBTOR_INDEXES:
        op.get_bind().execute(CreateIndex(index, if_not_exists=True))
    for name in REPLACED_DEBTOR_INDEXES:
        op.drop_index(name, table_name="position", if_exists=True)
