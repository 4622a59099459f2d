"""Files of positions that operators load: what was read of each, its rows, findings and bytes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from gpd_soap.store.tables.base import Instant, Json, OrganizationCode, metadata

#: `reading` says as what the file is read, `figures` what was counted.  `job` is the one at work.
#: `running` is true or null, so that one load of an organization runs at a time.  `loaded_at` is
#: when the positions of the load were created.
load = Table(
    "load",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("running", Boolean),
    Column("reading", Json, nullable=False),
    Column("figures", Json, nullable=False),
    Column("job", String(40)),
    Column("created_at", Instant, nullable=False),
    Column("loaded_at", Instant),
    Column("ended_at", Instant),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(100), nullable=False),
    UniqueConstraint("organization", "running"),
    Index(None, "organization", "created_at", "id"),
)

#: One position of a file that was loaded, by its first line; `iupd` is empty if it was refused.
load_row = Table(
    "load_row",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("load", String(40), primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("iupd", String(255), nullable=False),
    Column("outcome", String(10), nullable=False),
    Index(None, "organization", "iupd"),
)

#: What is wrong with a line, never its value; `is_warning` refuses nothing.
load_finding = Table(
    "load_finding",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("load", String(40), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("line", BigInteger, nullable=False),
    Column("field", String(60), nullable=False),
    Column("rule", String(40), nullable=False),
    Column("expected", String(250), nullable=False),
    Column("is_warning", Boolean, nullable=False),
)

#: The bytes of a file in pieces: `sent` is what came, `refused` the rows to mend.
load_file = Table(
    "load_file",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("load", String(40), primary_key=True),
    Column("part", String(8), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Index(None, "stored_at"),
)
