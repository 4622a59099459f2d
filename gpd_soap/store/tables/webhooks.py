"""Webhooks: who receives an organization's events, and the events that a receiver refused."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from gpd_soap.store.tables.base import Instant, Json, OrganizationCode, metadata

#: `cursor` is the number of the last event that the receiver has, or that is parked.  `revision`
#: grows with each change by a person or a key, not with the deliveries.
subscription = Table(
    "subscription",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("types", Json, nullable=False),
    Column("format", String(16), nullable=False),
    Column("lanes", Integer, nullable=False),
    Column("with_receipt", Boolean, nullable=False),
    Column("certificate", String(64), nullable=False),
    Column("authority", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", Instant),
    Column("revision", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("refusals", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant),
    Column("lease_by", String(64)),
    Column("lease_until", Instant),
    Column("last_status", Integer),
    Column("last_error", String(200), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(100), nullable=False),
)

#: Events that are set aside.  Of a subject, the first is tried again and the others wait for it.
parked = Table(
    "parked",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("subscription", String(40), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(255), nullable=False),
    Column("state", String(8), nullable=False),
    Column("replay", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant),
    Column("last_status", Integer),
    Column("last_error", String(200), nullable=False, server_default=""),
    Index(None, "organization", "subscription", "subject", "sequence"),
)
