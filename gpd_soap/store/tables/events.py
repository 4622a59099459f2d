"""Events: what happened to each position and receipt, in the transaction that did it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, FetchedValue, Index, String, Table, text
from sqlalchemy.event import listen

from gpd_soap.store.tables.base import Instant, Json, OrganizationCode, metadata

_sequence = Column("sequence", BigInteger)

#: On PostgreSQL each month is a partition (`store.months`).  `subject` is an IUPD, or the name of
#: a receipt or a case.  `sequence` is NULL until the event is numbered (`events.numbering`).
#: `revision` is that of the notice `nav`, or the greatest of the position's notices.
#: `ordinal` is given by PostgreSQL at the insertion, and NULL on SQLite and in older events.
event = Table(
    "event",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("id", String(40), primary_key=True),
    _sequence,
    Column("type", String(64), nullable=False),
    Column("nav", String(18)),
    Column("receipt_id", String(71)),
    Column("revision", BigInteger),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("data", Json, nullable=False),
    Column("ordinal", BigInteger, server_default=FetchedValue()),
    Index(
        None,
        "organization",
        "sequence",
        postgresql_where=_sequence.is_not(None),
        sqlite_where=_sequence.is_not(None),
    ),
    Index(
        None,
        "organization",
        "at",
        "id",
        postgresql_where=_sequence.is_(None),
        sqlite_where=_sequence.is_(None),
    ),
    postgresql_partition_by="RANGE (at)",
)

#: The sequence of `event.ordinal`.
ORDINAL_SEQUENCE = "event_ordinal"


def _add_sequence(_table: Table, connection: Connection, **_: Any) -> None:
    """Makes the sequence of ordinals, as the migration of the table does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"CREATE SEQUENCE {ORDINAL_SEQUENCE}"))
        default = f"nextval('{ORDINAL_SEQUENCE}')"
        connection.execute(text(f"ALTER TABLE event ALTER COLUMN ordinal SET DEFAULT {default}"))


listen(event, "after_create", _add_sequence)

#: The last number given to an event of each organization, and the instant until which the notices
#: that expired have their event.
feed = Table(
    "feed",
    metadata,
    Column("organization", OrganizationCode, primary_key=True),
    Column("last", BigInteger, nullable=False, server_default="0"),
    Column("expired_until", Instant),
)
