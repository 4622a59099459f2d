"""Adds what the next faces need of a position, the quotes of live amounts, and the events.

The version before writes rows without the new columns, so each has a default.  It writes no
events: what it changes while both versions run has none.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
NUMBERED, UNNUMBERED = sa.text("sequence IS NOT NULL"), sa.text("sequence IS NULL")

#: The texts of a debtor, with their lengths.
DEBTOR = {
    "kind": 1, "code": 16, "full_name": 70, "street_name": 70, "civic_number": 16,
    "postal_code": 16, "city": 35, "province": 35, "region": 35, "country": 2, "email": 256,
    "phone": 35,
}  # fmt: skip


def upgrade() -> None:
    """Adds the columns and the tables."""
    for column in _of_position():
        op.add_column("position", column)
    for column in _of_option():
        op.add_column("payment_option", column)
    _create_quote()
    _create_event()


def _of_position() -> list[sa.Column[Any]]:
    return [
        sa.Column("service_type", sa.String(length=4), nullable=False, server_default="GPD"),
        sa.Column("created_by_kind", sa.String(length=8), nullable=True),
        sa.Column("created_by", sa.String(length=100), nullable=True),
    ]


def _of_option() -> list[sa.Column[Any]]:
    return [
        sa.Column("option_description", sa.String(length=140), nullable=True),
        *(
            sa.Column(f"debtor_{name}", sa.String(length=length), nullable=True)
            for name, length in DEBTOR.items()
        ),
        sa.Column("notification_fee", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("notification_fee_at", INSTANT, nullable=True),
        _flag("notification_fee_final"),
        sa.Column("notification_iun", sa.String(length=25), nullable=True),
        _flag("send"),
        _flag("live"),
    ]


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _create_quote() -> None:
    op.create_table(
        "quote",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("quoted_at", INSTANT, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("transfers", JSON, nullable=False),
        sa.Column("parts", JSON, nullable=True),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organization", "nav", "quoted_at", "id", name="pk_quote"),
    )


def _create_event() -> None:
    op.create_table(
        "event",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=True),
        sa.Column("receipt_id", sa.String(length=71), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("organization", "subject", "at", "id", name="pk_event"),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index(
        "ix_event_organization_sequence",
        "event",
        ["organization", "sequence"],
        postgresql_where=NUMBERED,
        sqlite_where=NUMBERED,
    )
    op.create_index(
        "ix_event_organization_at_id",
        "event",
        ["organization", "at", "id"],
        postgresql_where=UNNUMBERED,
        sqlite_where=UNNUMBERED,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE event_rest PARTITION OF event DEFAULT")
    op.create_table(
        "feed",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("expired_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("organization", name="pk_feed"),
    )
