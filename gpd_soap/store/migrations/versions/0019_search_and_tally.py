"""Adds the indexes by which a debtor is looked up, the tally, and the outcome of a case.

The indexes are of what is stored, so that they hold the rows of the version before too.
On PostgreSQL `database.building` has built them before, while others read and wrote.
On SQLite, other writers wait while they are built.
LIMIT: an upgrade from before 0015 adds the debtors of notices in this transaction, and builds their
indexes in it; no notice has a debtor of its own then.

The version before writes no tally: the exchanges that it answers are in the journal alone.  It
resolves a case without an outcome.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateIndex

from gpd_soap.store.tables import DEBTOR_INDEXES

revision = "0019"
down_revision = "0018"

COUNTS = ("exchanges", "microseconds", "within_100_ms", "within_500_ms", "within_1_s",
          "within_2_s", "within_7_s")  # fmt: skip


def upgrade() -> None:
    """Adds the indexes that are missing, the table and the columns."""
    create_index("ix_position_organization_debtor_code_iupd")
    create_index("ix_position_debtor_as_given")
    create_index("ix_position_debtor_last_word_first")
    create_index("ix_position_debtor_first_word_last")
    create_index("ix_payment_option_organization_debtor_code_iupd_nav")
    create_index("ix_payment_option_name_as_given")
    create_index("ix_payment_option_name_last_word_first")
    create_index("ix_payment_option_name_first_word_last")
    op.create_table(
        "tally",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("station", sa.String(length=35), nullable=False),
        sa.Column("operation", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=5), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint(
            "organization", "hour", "station", "operation", "outcome", "fault", name="pk_tally"
        ),
    )
    op.create_index("ix_tally_hour", "tally", ["hour"])
    for table in ("receipt", "quarantine"):
        op.add_column(table, sa.Column("resolved_as", sa.String(length=16), nullable=True))


def create_index(name: str) -> None:
    """Adds an index of debtors, unless it was built before."""
    index = next(each for each in DEBTOR_INDEXES if each.name == name)
    op.get_bind().execute(CreateIndex(index, if_not_exists=True))
