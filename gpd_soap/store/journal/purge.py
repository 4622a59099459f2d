"""Removes old rows from the tables with a partition for each month: journal and events."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, select, text, tuple_

from gpd_soap.store import tables
from gpd_soap.store.database.brief_locks import with_brief_locks
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.sqlite_file import overwrite_deleted
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.database.until import Until
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


def count(store: Database, until: datetime | Until, table: Table = tables.journal) -> int:
    """Return how many rows of the table are older than this instant."""

    def count_old(connection: Transaction) -> int:
        without_statement_timeout(connection)
        old = select(func.count()).select_from(table)
        scopes = _until(until).scopes(table.c.organization)
        return sum(
            connection.execute(old.where(scope, table.c.at < instant)).scalar_one()
            for scope, instant in scopes
        )

    return read_only(store, count_old)


def purge(store: Database, until: datetime | Until, table: Table = tables.journal) -> int:
    """Remove the rows of the table that are older than this instant; return how many there were.

    A partition that is older as a whole, for every organization, is dropped.  Each step is a
    transaction of its own, so that a later failure leaves the earlier steps done.
    Raises LocksHeld if other sessions read a partition for minutes.
    """
    ends = _until(until)
    months = in_transaction(store, lambda c: partitions.ended_months(c, ends.earliest, table.name))
    drops = [partial(_drop, month, table.name) for month in months]
    removed = sum(with_brief_locks(store.engine, drop) for drop in drops)
    owns = may_purge(store, table)
    for scope, instant in ends.scopes(table.c.organization):
        old = scope, table.c.at < instant
        if not owns:
            # WHY: the database refuses who may not remove rows, also where none is old.
            removed += in_transaction(store, partial(_remove, table, old))
        # WHY: most often there are none, and on SQLite a transaction that writes stops the others.
        while read_only(store, partial(_any, table, old)):
            removed += in_transaction(store, partial(_remove, table, old))
    return removed


def may_purge(store: Database, table: Table) -> bool:
    """Return whether this user of the database may remove rows: PostgreSQL's owner alone may."""
    if store.engine.dialect.name != "postgresql":
        return True
    owns = text(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = CAST(:table AS regclass)"
    )
    return bool(read_only(store, lambda c: c.execute(owns, {"table": table.name}).scalar()))


def _until(until: datetime | Until) -> Until:
    return until if isinstance(until, Until) else Until(until)


def _drop(month: date, table: str, connection: Transaction) -> int:
    without_statement_timeout(connection)
    return partitions.drop_month(connection, month, table)


Conditions = tuple[ColumnElement[bool], ...]


def _any(table: Table, old: Conditions, connection: Transaction) -> bool:
    without_statement_timeout(connection)
    return connection.execute(select(table.c.at).where(*old).limit(1)).first() is not None


def _remove(table: Table, old: Conditions, connection: Transaction) -> int:
    without_statement_timeout(connection)
    overwrite_deleted(connection)
    key: list[Any] = list(table.primary_key.columns)
    chunk = select(*key).where(*old).limit(CHUNK)
    # WHY: the outer condition lets PostgreSQL leave out the partitions that stay.
    removed = delete(table).where(*old, tuple_(*key).in_(chunk))
    return connection.execute(removed).rowcount
