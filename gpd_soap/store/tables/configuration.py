"""Configuration: organizations, brokers, stations, services, and the keys of the REST API."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from gpd_soap.store.tables.base import Code, Instant, Json, OrganizationCode, metadata

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

#: A spontaneous-payment service.  `kind` is built in, or the name of a Python entry point.
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

#: A key of the REST API.  It belongs to no organization, and may serve several.
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
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Index(None, "digest", unique=True),
)

#: A request with an Idempotency-Key, and its answer once there is one.
request = Table(
    "request",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("status", Integer),
    Column("headers", Json),
    Column("body", LargeBinary),
    Index(None, "asked_at"),
)
