"""The journal: an entry for each request of the Node and its answer, without personal data."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from gpd_soap.store.tables.base import Code, Instant, OrganizationCode, metadata

_receipt_id = Column("receipt_id", String(71))

#: On PostgreSQL each month is a partition (`journal.partitions`).  `id` is random, so that
#: processes need no common sequence.
journal = Table(
    "journal",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("microseconds", Integer, nullable=False),
    Column("caller", String(64), nullable=False),
    Column("operation", String(24), nullable=False),
    Column("broker", Code, nullable=False),
    Column("station", Code, nullable=False),
    Column("nav", String(18), nullable=False),
    Column("iuv", String(35)),
    _receipt_id,
    Column("psp", String(35)),
    Column("channel", String(35)),
    Column("outcome", String(5), nullable=False),
    Column("fault", String(32), nullable=False),
    Column("rule", String(255), nullable=False),
    Column("status", Integer, nullable=False),
    Column("soap_action", String(24)),
    Index(None, "organization", "nav", "at"),
    Index(
        None,
        "organization",
        "receipt_id",
        postgresql_where=_receipt_id.is_not(None),
        sqlite_where=_receipt_id.is_not(None),
    ),
    # WHY: a list over all organizations, and a purge, go by time alone.
    Index(None, "at"),
    postgresql_partition_by="RANGE (at)",
)
