"""Adds passkeys, identities at an OpenID provider, and what a session has from a provider.

The version before neither reads nor writes any of it: its sessions have no rights of a provider.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Adds the tables, and two columns that may be empty."""
    op.create_table(
        "operator_passkey",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("rp_id", sa.String(length=253), nullable=False),
        sa.Column("transports", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("cloned_at", INSTANT, nullable=True),
        _of_operator("operator_passkey"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_passkey"),
    )
    op.create_index("ix_operator_passkey_operator", "operator_passkey", ["operator"])
    op.create_index(
        "ix_operator_passkey_credential", "operator_passkey", ["credential"], unique=True
    )
    op.create_table(
        "operator_identity",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("managed", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        _of_operator("operator_identity"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_identity"),
    )
    op.create_index("ix_operator_identity_operator", "operator_identity", ["operator"])
    op.create_index(
        "ix_operator_identity_issuer_subject",
        "operator_identity",
        ["issuer", "subject"],
        unique=True,
    )
    op.create_table(
        "operator_ceremony",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=True),
        sa.Column("bound_to", sa.String(length=64), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        _of_operator("operator_ceremony"),
        sa.PrimaryKeyConstraint("digest", name="pk_operator_ceremony"),
    )
    op.create_index("ix_operator_ceremony_operator", "operator_ceremony", ["operator"])
    op.create_index("ix_operator_ceremony_created_at", "operator_ceremony", ["created_at"])
    op.add_column("operator_session", sa.Column("rights", JSON, nullable=True))
    op.add_column("operator_session", sa.Column("id_token", sa.Text(), nullable=True))


def _of_operator(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=f"fk_{table}_operator")
