"""Removing what the journal need not keep any longer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

from sqlalchemy import delete, func, select, tuple_

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.journal import partitions as months

ENTRY = tables.journal.c
KEY = list(tables.journal.primary_key.columns)

#: SPEC: pagopa-ec.md 7: the Giornale degli Eventi is kept for 24 months at least.
LEAST_MONTHS = 24
#: LIMIT: entries of one transaction, so that SQLite's other writers wait for moments only.
CHUNK = 10_000


def before(now: datetime, many: int) -> datetime:
    """The instant so many months earlier; where there is no such day, on that month's last."""
    utc = now.astimezone(UTC)
    first = months.later(utc.date(), -many)
    last = (months.later(first, 1) - first).days
    return utc.replace(year=first.year, month=first.month, day=min(utc.day, last))


def count(store: Database, until: datetime) -> int:
    """How many entries are of before this instant."""

    def counted(connection: Transaction) -> int:
        without_statement_timeout(connection)
        return connection.execute(select(func.count()).where(ENTRY.at < until)).scalar_one()

    return read_only(store, counted)


def purge(store: Database, until: datetime) -> int:
    """Remove what is of before this instant, whole months where they are apart; how many it was.

    One transaction after the other: what is removed stays so, whatever comes.
    """
    ended = in_transaction(store, lambda c: months.ended(c, until))
    removed = sum(in_transaction(store, partial(_drop, month)) for month in ended)
    while chunk := in_transaction(store, partial(_remove, until)):
        removed += chunk
    return removed


def _drop(month: date, connection: Transaction) -> int:
    without_statement_timeout(connection)
    return months.drop(connection, month)


def _remove(until: datetime, connection: Transaction) -> int:
    without_statement_timeout(connection)
    old = select(*KEY).where(ENTRY.at < until).limit(CHUNK)
    # WHY: said twice, so that PostgreSQL looks at no month that is to stay.
    removed = delete(tables.journal).where(ENTRY.at < until, tuple_(*KEY).in_(old))
    return connection.execute(removed).rowcount
