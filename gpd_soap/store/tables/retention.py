"""Retention: how long an organization keeps things, where it differs from the default."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from gpd_soap.store.tables.base import OrganizationCode, metadata

#: `kind` is a `store.retention.terms.TermKind`.
retention_term = Table(
    "retention_term",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("months", Integer, nullable=False),
)
