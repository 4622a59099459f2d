"""Removes old entries from the journal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

from sqlalchemy import delete, func, select, tuple_

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.journal import partitions

ENTRY = tables.journal.c
KEY = list(tables.journal.primary_key.columns)

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


def count(store: Database, until: datetime) -> int:
    """Return how many entries are older than this instant."""

    def count_old(connection: Transaction) -> int:
        without_statement_timeout(connection)
        return connection.execute(select(func.count()).where(ENTRY.at < until)).scalar_one()

    return read_only(store, count_old)


def purge(store: Database, until: datetime) -> int:
    """Remove the entries that are older than this instant; return how many there were.

    A partition that is older as a whole is dropped.  Each step is a transaction of its own, so that
    a later failure leaves the earlier steps done.
    """
    ended = in_transaction(store, lambda c: partitions.ended_months(c, until))
    removed = sum(in_transaction(store, partial(_drop, month)) for month in ended)
    while chunk := in_transaction(store, partial(_remove, until)):
        removed += chunk
    return removed


def _drop(month: date, connection: Transaction) -> int:
    without_statement_timeout(connection)
    return partitions.drop_month(connection, month)


def _remove(until: datetime, connection: Transaction) -> int:
    without_statement_timeout(connection)
    old = select(*KEY).where(ENTRY.at < until).limit(CHUNK)
    # WHY: the outer condition lets PostgreSQL leave out the partitions that stay.
    removed = delete(tables.journal).where(ENTRY.at < until, tuple_(*KEY).in_(old))
    return connection.execute(removed).rowcount
