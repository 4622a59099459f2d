"""Jobs: work that was begun by a request or is due from time to time, and is done apart from it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from gpd_soap.store.tables.base import Instant, Json, OrganizationCode, metadata

_next_at = Column("next_at", Instant)

#: `organization` is empty for work of every organization.  `next_at` is when a waiting job may
#: begin, or when the lease of a running one ends; an ended job has none.  `lease_by` names the
#: attempt that holds it.  `attempts` counts those since the job last advanced.
job = Table(
    "job",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", String(10), nullable=False),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _next_at,
    Column("lease_by", String(64)),
    Column("is_cancelled", Boolean, nullable=False),
    Column("result", String(500), nullable=False, server_default=""),
    Column("last_error", String(200), nullable=False, server_default=""),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Index(
        None,
        "next_at",
        postgresql_where=_next_at.is_not(None),
        sqlite_where=_next_at.is_not(None),
    ),
    Index(None, "organization", "created_at", "id"),
)
