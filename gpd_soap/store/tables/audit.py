"""The audit: a row for each change by the REST API, with the key and without the content."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from gpd_soap.store.tables.base import Instant, OrganizationCode, metadata

#: `id` is random, so that processes need no common sequence.
audit = Table(
    "audit",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("key_id", String(16), nullable=False),
    Column("key_name", String(100), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(255), nullable=False),
    Column("status", Integer, nullable=False),
    Column("request_id", String(64), nullable=False),
    # WHY: a list over all organizations is read by time alone.
    Index(None, "at"),
)
