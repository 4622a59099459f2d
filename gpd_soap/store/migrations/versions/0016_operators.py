"""Adds the operators of the console: people, factors, invitations, sessions, failed attempts.

The version before reads and writes none of these tables.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Creates the tables, the one that the others refer to first."""
    op.create_table(
        "operator",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.Column("mail", sa.String(length=256), nullable=True),
        sa.Column("mail_key", sa.String(length=768), nullable=True),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("organizations", JSON, nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_operator"),
    )
    op.create_index("ix_operator_name_key", "operator", ["name_key"], unique=True)
    op.create_index("ix_operator_mail_key", "operator", ["mail_key"], unique=True)
    op.create_table(
        "operator_credential",
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        _of_operator("operator_credential"),
        sa.PrimaryKeyConstraint("operator", name="pk_operator_credential"),
    )
    op.create_table(
        "operator_recovery_code",
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        _of_operator("operator_recovery_code"),
        sa.PrimaryKeyConstraint("operator", "digest", name="pk_operator_recovery_code"),
    )
    op.create_table(
        "operator_invitation",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        _of_operator("operator_invitation"),
        sa.PrimaryKeyConstraint("digest", name="pk_operator_invitation"),
    )
    op.create_index("ix_operator_invitation_operator", "operator_invitation", ["operator"])
    op.create_table(
        "operator_session",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("proved", sa.Boolean(), nullable=False),
        _of_operator("operator_session"),
        sa.PrimaryKeyConstraint("digest", name="pk_operator_session"),
    )
    op.create_index("ix_operator_session_operator", "operator_session", ["operator"])
    op.create_index("ix_operator_session_started_at", "operator_session", ["started_at"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_sign_in_attempt"),
    )
    op.create_index("ix_sign_in_attempt_last_at", "sign_in_attempt", ["last_at"])


def _of_operator(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=f"fk_{table}_operator")
