"""Removes old entries from the journal, and old events: both have a partition for each month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

from sqlalchemy import Table, delete, func, select, text, tuple_

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.journal import partitions

#: SPEC: SANP "Giornale degli eventi": the journal is kept for 24 months at least.
LEAST_MONTHS = 24
#: LIMIT: 10,000 entries in one transaction, so that other writers of SQLite wait for moments only.
CHUNK = 10_000


def months_before(now: datetime, months: int) -> datetime:
    """Return the instant `months` earlier, or on that month's last day if it has no such day."""
    utc = now.astimezone(UTC)
    first = partitions.add_months(utc.date(), -months)
    last = (partitions.add_months(first, 1) - first).days
    return utc.replace(year=first.year, month=first.month, day=min(utc.day, last))


def count(store: Database, until: datetime, table: Table = tables.journal) -> int:
    """Return how many entries are older than this instant."""

    def count_old(connection: Transaction) -> int:
        without_statement_timeout(connection)
        return connection.execute(select(func.count()).where(table.c.at < until)).scalar_one()

    return read_only(store, count_old)


def purge(store: Database, until: datetime, table: Table = tables.journal) -> int:
    """Remove the entries that are older than this instant; return how many there were.

    A partition that is older as a whole is dropped.  Each step is a transaction of its own, so that
    a later failure leaves the earlier steps done.
    """
    ended = in_transaction(store, lambda c: partitions.ended_months(c, until, table.name))
    removed = sum(in_transaction(store, partial(_drop, table, month)) for month in ended)
    while chunk := in_transaction(store, partial(_remove, table, until)):
        removed += chunk
    return removed


def may_purge(store: Database, table: Table = tables.journal) -> bool:
    """Return whether this user of the database may remove entries: PostgreSQL's owner alone may."""
    if store.engine.dialect.name != "postgresql":
        return True
    owns = text(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = CAST(:table AS regclass)"
    )
    return bool(read_only(store, lambda c: c.execute(owns, {"table": table.name}).scalar()))


def _drop(table: Table, month: date, connection: Transaction) -> int:
    without_statement_timeout(connection)
    return partitions.drop_month(connection, month, table.name)


def _remove(table: Table, until: datetime, connection: Transaction) -> int:
    without_statement_timeout(connection)
    key, is_old = list(table.primary_key.columns), table.c.at < until
    old = select(*key).where(is_old).limit(CHUNK)
    # WHY: the outer condition lets PostgreSQL leave out the partitions that stay.
    removed = delete(table).where(is_old, tuple_(*key).in_(old))
    return connection.execute(removed).rowcount
