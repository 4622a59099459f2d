"""The tables.  Each leads with the organization, so that its rows live together (DESIGN 9).

Natural keys throughout: IUPD names a position, NAV an option, so no sequence is shared by
processes and rows of one organization can be partitioned or sharded without a change of queries.
Money is integer cents; instants are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB


class Instant(TypeDecorator[datetime]):
    """A UTC instant; SQLite keeps it as text without a zone, PostgreSQL as timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without a zone: nobody could say which one it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs a time zone"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back what was kept, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
Code = String(35)
OrganizationCode = String(35)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

organization = Table(
    "organization",
    metadata,
    Column("fiscal_code", OrganizationCode, primary_key=True),
    Column("name", String(140), nullable=False),
)

broker = Table("broker", metadata, Column("fiscal_code", Code, primary_key=True))

station = Table(
    "station",
    metadata,
    Column("id", Code, primary_key=True),
    Column("broker", Code, ForeignKey("broker.fiscal_code"), nullable=False),
)

organization_station = Table(
    "organization_station",
    metadata,
    Column(
        "organization", OrganizationCode, ForeignKey("organization.fiscal_code"), primary_key=True
    ),
    Column("station", Code, ForeignKey("station.id"), primary_key=True),
    Column("segregation_code", String(2)),
    Column("broadcast", Boolean, nullable=False, default=False),
)

position = Table(
    "position",
    metadata,
    Column(
        "organization", OrganizationCode, ForeignKey("organization.fiscal_code"), primary_key=True
    ),
    Column("iupd", String(255), primary_key=True),
    Column("version", Integer, nullable=False, default=1),
    Column("published_at", Instant),
    Column("withdrawn_at", Instant),
    Column("company_name", String(140), nullable=False),
    Column("office_name", String(140)),
    Column("pay_stand_in", Boolean, nullable=False, default=True),
    Column("debtor_kind", String(1), nullable=False),
    Column("debtor_code", String(16), nullable=False),
    Column("debtor_full_name", String(70), nullable=False),
    Column("debtor_street_name", String(70)),
    Column("debtor_civic_number", String(16)),
    Column("debtor_postal_code", String(16)),
    Column("debtor_city", String(35)),
    Column("debtor_province", String(35)),
    Column("debtor_region", String(35)),
    Column("debtor_country", String(2)),
    Column("debtor_email", String(256)),
    Column("debtor_phone", String(35)),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

payment_option = Table(
    "payment_option",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("nav", String(18), primary_key=True),
    Column("iupd", String(255), nullable=False),
    Column("iuv", String(35), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("description", String(140), nullable=False),
    Column("plan", String(50)),
    Column("valid_from", Instant),
    Column("due_at", Instant, nullable=False),
    Column("switch_to_expired", Boolean, nullable=False),
    Column("retention_at", Instant),
    Column("last_payment", Boolean),
    Column("metadata", Json, nullable=False, default=list),
    Column("paid_at", Instant),
    Column("receipt_id", String(71)),
    Column("payment_date", Instant),
    Column("payment_method", String(35)),
    Column("psp", String(35)),
    Column("psp_name", String(70)),
    Column("psp_fiscal_code", String(70)),
    Column("fee", BigInteger),
    Column("reported_at", Instant),
    Column("updated_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["organization", "iupd"], ["position.organization", "position.iupd"], ondelete="CASCADE"
    ),
    Index(None, "organization", "iuv", unique=True),
    Index(None, "organization", "iupd"),
)

transfer = Table(
    "transfer",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("nav", String(18), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("beneficiary", String(11), nullable=False),
    Column("company_name", String(140)),
    Column("iban", String(35)),
    Column("postal_iban", String(35)),
    Column("stamp_hash", String(72)),
    Column("stamp_kind", String(2)),
    Column("stamp_province", String(2)),
    Column("remittance_information", String(140), nullable=False),
    Column("category", String(140), nullable=False),
    Column("metadata", Json, nullable=False, default=list),
    Column("reported_at", Instant),
    ForeignKeyConstraint(
        ["organization", "nav"],
        ["payment_option.organization", "payment_option.nav"],
        ondelete="CASCADE",
    ),
)

#: `variant` is 0 for the first receipt under a receiptId, 1.. for others of different content.
receipt = Table(
    "receipt",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("receipt_id", String(71), primary_key=True),
    Column("variant", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("kept", String(16), nullable=False),
    Column("reasons", Text, nullable=False, default=""),
    Column("drift", String(32)),
    Column("primitive", String(16), nullable=False),
    Column("broker", Code, nullable=False),
    Column("station", Code, nullable=False),
    Column("issuer", String(11), nullable=False),
    Column("nav", String(18), nullable=False),
    Column("iuv", String(35), nullable=False),
    Column("outcome", String(2), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("fee", BigInteger),
    Column("psp", String(35), nullable=False),
    Column("psp_name", String(70), nullable=False),
    Column("psp_fiscal_code", String(70)),
    Column("channel", String(35), nullable=False),
    Column("method", String(35)),
    Column("paid_at", Instant),
    Column("stand_in", Boolean, nullable=False, default=False),
    Column("debtor_code", String(16), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("last_received_at", Instant, nullable=False),
    Column("copies", Integer, nullable=False, default=1),
    Column("raw", LargeBinary, nullable=False),
    Index(None, "organization", "nav"),
    Index(None, "organization", "iuv"),
    Index(None, "organization", "kept", "received_at"),
)

#: What came as a receipt and is none: it breaks the contract, or is for an organization not ours.
quarantine = Table(
    "quarantine",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("primitive", String(16), nullable=False),
    Column("reason", String(255), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("last_received_at", Instant, nullable=False),
    Column("copies", Integer, nullable=False, default=1),
    Column("raw", LargeBinary, nullable=False),
)

#: The last serial issued, for each organization and segregation code; it only grows.
iuv_serial = Table(
    "iuv_serial",
    metadata,
    Column(
        "organization", OrganizationCode, ForeignKey("organization.fiscal_code"), primary_key=True
    ),
    Column("segregation_code", String(2), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

#: A spontaneous-payment service; `kind` is built-in or the name of a Python entry point.
service = Table(
    "service",
    metadata,
    Column(
        "organization", OrganizationCode, ForeignKey("organization.fiscal_code"), primary_key=True
    ),
    Column("service_id", String(5), primary_key=True),
    Column("subject_id", String(5), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("settings", Json, nullable=False),
)

#: The notice answered to a demand, so that the same demand sent twice gets the same notice.
demand = Table(
    "demand",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("nav", String(18)),
    Column("answered_at", Instant),
)

#: When the Node last probed us, by station as the probe named it.
probe = Table(
    "probe",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("station", Code, primary_key=True),
    Column("last_at", Instant, nullable=False),
)

#: A key of the admin face; it belongs to no organization, it may serve several.
api_key = Table(
    "api_key",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("role", String(8), nullable=False),
    Column("organizations", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index(None, "digest", unique=True),
)

#: The numbers of notices that were deleted: a payer may still hold one, so none comes back.
retired_number = Table(
    "retired_number",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("nav", String(18), primary_key=True),
    Column("iuv", String(35), nullable=False),
    Column("iupd", String(255), nullable=False),
    Column("retired_at", Instant, nullable=False),
    Index(None, "organization", "iuv"),
)
