"""Debt positions: positions, payment options, transfers, and the numbers that were issued."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    false,
    text,
)

from gpd_soap.store.tables.base import Instant, Json, OrganizationCode, metadata


def _debtor(*, required: bool) -> list[Column[Any]]:
    """Returns the columns of a debtor; a payment option need not have one."""
    return [
        Column("debtor_kind", String(1), nullable=not required),
        Column("debtor_code", String(16), nullable=not required),
        Column("debtor_full_name", String(70), nullable=not required),
        Column("debtor_street_name", String(70)),
        Column("debtor_civic_number", String(16)),
        Column("debtor_postal_code", String(16)),
        Column("debtor_city", String(35)),
        Column("debtor_province", String(35)),
        Column("debtor_region", String(35)),
        Column("debtor_country", String(2)),
        Column("debtor_email", String(256)),
        Column("debtor_phone", String(35)),
    ]


#: `service_type` is GPD, or ACA for a copy that answers in Stand In.  `created_by_kind` is key,
#: operator, command, load or demand; a position of a version before 0015 has none.  `forgotten_at`
#: is when its debtor was replaced by a pseudonym.
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
    *_debtor(required=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("service_type", String(4), nullable=False, server_default="GPD"),
    Column("created_by_kind", String(8)),
    Column("created_by", String(100)),
    Column("forgotten_at", Instant),
    Index(None, "organization", "created_at", "iupd"),
    Index(None, "organization", "company_name", "iupd"),
)

#: `amount` is the base amount; what is due is that and `notification_fee`, the total that the
#: notification of the notice has cost so far.  An option without a debtor has its position's.
#: `send`: the notification platform has a price for this notice.  `live`: the back office is asked
#: for the amount.
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
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("ordinal", Integer, nullable=False, server_default="0"),
    Column("option_description", String(140)),
    *_debtor(required=False),
    Column("notification_fee", BigInteger, nullable=False, server_default="0"),
    Column("notification_fee_at", Instant),
    Column("notification_fee_final", Boolean, nullable=False, server_default=false()),
    Column("notification_iun", String(25)),
    Column("send", Boolean, nullable=False, server_default=false()),
    Column("live", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(
        ["organization", "iupd"], ["position.organization", "position.iupd"], ondelete="CASCADE"
    ),
    Index(None, "organization", "iuv", unique=True),
    # WHY: the name says that a notice has its own debtor, so that a count reads no row.
    Index(None, "organization", "iupd", "debtor_full_name"),
    Index(None, "organization", "due_at", "nav"),
    Index(
        None,
        "organization",
        "payment_date",
        "paid_at",
        postgresql_where=text("paid_at IS NOT NULL"),
        sqlite_where=text("paid_at IS NOT NULL"),
    ),
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

#: The last serial issued for each organization and segregation code.  It only grows.
iuv_serial = Table(
    "iuv_serial",
    metadata,
    Column(
        "organization", OrganizationCode, ForeignKey("organization.fiscal_code"), primary_key=True
    ),
    Column("segregation_code", String(2), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

#: The numbers of deleted notices.  SPEC: Notice numbers, rule 4.
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

#: An amount that the back office gave for a live notice.  `answered`: getPayment has answered it.
quote = Table(
    "quote",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("nav", String(18), primary_key=True),
    Column("quoted_at", Instant, primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("purpose", String(8), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("transfers", Json, nullable=False),
    Column("parts", Json),
    Column("valid_until", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("answered", Boolean, nullable=False),
)

#: The notice that answered a demand, so that the same demand sent twice gets the same notice.
demand = Table(
    "demand",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("nav", String(18)),
    Column("answered_at", Instant),
)
