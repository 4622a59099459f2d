"""Adds the first tables: configuration, positions, receipts, spontaneous payments, the probe."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Creates every table of the first version."""
    op.create_table(
        "broker",
        sa.Column("fiscal_code", sa.String(length=35), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_code", name="pk_broker"),
    )
    op.create_table(
        "demand",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("organization", "digest", name="pk_demand"),
    )
    op.create_table(
        "organization",
        sa.Column("fiscal_code", sa.String(length=35), nullable=False),
        sa.Column("name", sa.String(length=140), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_code", name="pk_organization"),
    )
    op.create_table(
        "probe",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("station", sa.String(length=35), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("organization", "station", name="pk_probe"),
    )
    op.create_table(
        "quarantine",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("primitive", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("last_received_at", INSTANT, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organization", "digest", name="pk_quarantine"),
    )
    op.create_table(
        "receipt",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("receipt_id", sa.String(length=71), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kept", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("drift", sa.String(length=32), nullable=True),
        sa.Column("primitive", sa.String(length=16), nullable=False),
        sa.Column("broker", sa.String(length=35), nullable=False),
        sa.Column("station", sa.String(length=35), nullable=False),
        sa.Column("issuer", sa.String(length=11), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("iuv", sa.String(length=35), nullable=False),
        sa.Column("outcome", sa.String(length=2), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=True),
        sa.Column("psp", sa.String(length=35), nullable=False),
        sa.Column("psp_name", sa.String(length=70), nullable=False),
        sa.Column("psp_fiscal_code", sa.String(length=70), nullable=True),
        sa.Column("channel", sa.String(length=35), nullable=False),
        sa.Column("method", sa.String(length=35), nullable=True),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("stand_in", sa.Boolean(), nullable=False),
        sa.Column("debtor_code", sa.String(length=16), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("last_received_at", INSTANT, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organization", "receipt_id", "variant", name="pk_receipt"),
    )
    op.create_index("ix_receipt_organization_iuv", "receipt", ["organization", "iuv"], unique=False)
    op.create_index(
        "ix_receipt_organization_kept_received_at",
        "receipt",
        ["organization", "kept", "received_at"],
        unique=False,
    )
    op.create_index("ix_receipt_organization_nav", "receipt", ["organization", "nav"], unique=False)
    op.create_table(
        "iuv_serial",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("segregation_code", sa.String(length=2), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization"], ["organization.fiscal_code"], name="fk_iuv_serial_organization"
        ),
        sa.PrimaryKeyConstraint("organization", "segregation_code", name="pk_iuv_serial"),
    )
    op.create_table(
        "position",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("iupd", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("company_name", sa.String(length=140), nullable=False),
        sa.Column("office_name", sa.String(length=140), nullable=True),
        sa.Column("pay_stand_in", sa.Boolean(), nullable=False),
        sa.Column("debtor_kind", sa.String(length=1), nullable=False),
        sa.Column("debtor_code", sa.String(length=16), nullable=False),
        sa.Column("debtor_full_name", sa.String(length=70), nullable=False),
        sa.Column("debtor_street_name", sa.String(length=70), nullable=True),
        sa.Column("debtor_civic_number", sa.String(length=16), nullable=True),
        sa.Column("debtor_postal_code", sa.String(length=16), nullable=True),
        sa.Column("debtor_city", sa.String(length=35), nullable=True),
        sa.Column("debtor_province", sa.String(length=35), nullable=True),
        sa.Column("debtor_region", sa.String(length=35), nullable=True),
        sa.Column("debtor_country", sa.String(length=2), nullable=True),
        sa.Column("debtor_email", sa.String(length=256), nullable=True),
        sa.Column("debtor_phone", sa.String(length=35), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization"], ["organization.fiscal_code"], name="fk_position_organization"
        ),
        sa.PrimaryKeyConstraint("organization", "iupd", name="pk_position"),
    )
    op.create_table(
        "service",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("service_id", sa.String(length=5), nullable=False),
        sa.Column("subject_id", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization"], ["organization.fiscal_code"], name="fk_service_organization"
        ),
        sa.PrimaryKeyConstraint("organization", "service_id", "subject_id", name="pk_service"),
    )
    op.create_table(
        "station",
        sa.Column("id", sa.String(length=35), nullable=False),
        sa.Column("broker", sa.String(length=35), nullable=False),
        sa.ForeignKeyConstraint(["broker"], ["broker.fiscal_code"], name="fk_station_broker"),
        sa.PrimaryKeyConstraint("id", name="pk_station"),
    )
    op.create_table(
        "organization_station",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("station", sa.String(length=35), nullable=False),
        sa.Column("segregation_code", sa.String(length=2), nullable=True),
        sa.Column("broadcast", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organization.fiscal_code"],
            name="fk_organization_station_organization",
        ),
        sa.ForeignKeyConstraint(
            ["station"], ["station.id"], name="fk_organization_station_station"
        ),
        sa.PrimaryKeyConstraint("organization", "station", name="pk_organization_station"),
    )
    op.create_table(
        "payment_option",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("iupd", sa.String(length=255), nullable=False),
        sa.Column("iuv", sa.String(length=35), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.String(length=140), nullable=False),
        sa.Column("plan", sa.String(length=50), nullable=True),
        sa.Column("valid_from", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("switch_to_expired", sa.Boolean(), nullable=False),
        sa.Column("retention_at", INSTANT, nullable=True),
        sa.Column("last_payment", sa.Boolean(), nullable=True),
        sa.Column("metadata", JSON, nullable=False),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("receipt_id", sa.String(length=71), nullable=True),
        sa.Column("payment_date", INSTANT, nullable=True),
        sa.Column("payment_method", sa.String(length=35), nullable=True),
        sa.Column("psp", sa.String(length=35), nullable=True),
        sa.Column("psp_name", sa.String(length=70), nullable=True),
        sa.Column("psp_fiscal_code", sa.String(length=70), nullable=True),
        sa.Column("fee", sa.BigInteger(), nullable=True),
        sa.Column("reported_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization", "iupd"],
            ["position.organization", "position.iupd"],
            name="fk_payment_option_position",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization", "nav", name="pk_payment_option"),
    )
    op.create_index(
        "ix_payment_option_organization_iupd",
        "payment_option",
        ["organization", "iupd"],
        unique=False,
    )
    op.create_index(
        "ix_payment_option_organization_iuv",
        "payment_option",
        ["organization", "iuv"],
        unique=True,
    )
    op.create_table(
        "transfer",
        sa.Column("organization", sa.String(length=35), nullable=False),
        sa.Column("nav", sa.String(length=18), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("beneficiary", sa.String(length=11), nullable=False),
        sa.Column("company_name", sa.String(length=140), nullable=True),
        sa.Column("iban", sa.String(length=35), nullable=True),
        sa.Column("postal_iban", sa.String(length=35), nullable=True),
        sa.Column("stamp_hash", sa.String(length=72), nullable=True),
        sa.Column("stamp_kind", sa.String(length=2), nullable=True),
        sa.Column("stamp_province", sa.String(length=2), nullable=True),
        sa.Column("remittance_information", sa.String(length=140), nullable=False),
        sa.Column("category", sa.String(length=140), nullable=False),
        sa.Column("metadata", JSON, nullable=False),
        sa.Column("reported_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization", "nav"],
            ["payment_option.organization", "payment_option.nav"],
            name="fk_transfer_payment_option",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization", "nav", "number", name="pk_transfer"),
    )
