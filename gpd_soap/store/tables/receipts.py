"""Receipts as the Node sent them, messages in quarantine, and the last probes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TextClause,
    text,
)

from gpd_soap.store.tables.base import Code, Instant, OrganizationCode, metadata


def resolution() -> list[Column[Any]]:
    """Returns the columns of a person's decision on an open case: instant, person, text."""
    return [
        Column("resolved_at", Instant),
        Column("resolved_by", String(100)),
        Column("resolution", String(500)),
    ]


def opening() -> list[Column[Any]]:
    """Returns the columns of a case that a person opened: instant, person, note."""
    return [
        Column("opened_at", Instant),
        Column("opened_by", String(100)),
        Column("opening", String(500)),
    ]


def handling() -> list[Column[Any]]:
    """Returns the columns of who handles an open case, and of its refund: the day, the mandate."""
    return [
        Column("claimed_by", String(100)),
        Column("claimed_at", Instant),
        Column("refunded_on", Date),
        Column("mandate", String(35)),
    ]


def _of_cases(name: str, condition: TextClause, *columns: str) -> Index:
    """Returns an index of cases alone, which are few among the receipts."""
    return Index(name, "organization", *columns, postgresql_where=condition, sqlite_where=condition)


#: SQL conditions: the receipt is an open case, if its status makes it one; a resolved one; and one
#: whose money is to be refunded.
IS_OPEN = text("kept <> 'applied' AND resolved_at IS NULL")
IS_RESOLVED = text("resolved_at IS NOT NULL")
IS_TO_REFUND = text("resolved_as = 'to-refund'")
CASE_INDEXES = (
    _of_cases("ix_receipt_open", IS_OPEN, "kept", "received_at"),
    _of_cases("ix_receipt_resolved", IS_RESOLVED, "received_at", "receipt_id", "variant"),
    _of_cases("ix_receipt_resolved_at", IS_RESOLVED, "resolved_at"),
    _of_cases("ix_receipt_to_refund", IS_TO_REFUND, "received_at", "receipt_id", "variant"),
)

#: `resolved_as` is the outcome of a case, from a closed list; a version before 0019 wrote none.
#: `variant` is 0 for the first receipt of a receiptId, and 1 or more for those of other content.
#: `kept` is the receipt status.  `forgotten_at` is when its message was removed and its debtor was
#: replaced by a pseudonym.
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
    *resolution(),
    Column("resolved_as", String(16)),
    Column("forgotten_at", Instant),
    *handling(),
    *opening(),
    Index(None, "organization", "nav"),
    Index(None, "organization", "iuv"),
    Index(None, "organization", "kept", "received_at", "amount"),
    Index(None, "organization", "paid_at", "received_at"),
    *CASE_INDEXES,
)

#: Messages that were sent as receipts but are not valid (Receipts, rule 13).  `charset` is the one
#: that the transport named, if it named one.
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
    *resolution(),
    Column("charset", String(48)),
    Column("resolved_as", String(16)),
    *handling(),
)

#: The instant of the last probe of each station, under the name that the probe used.
probe = Table(
    "probe",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("station", Code, primary_key=True),
    Column("last_at", Instant, nullable=False),
)
