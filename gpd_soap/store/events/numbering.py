"""Numbers events after their commit: per organization, from 1, without holes.

A number never appears below one that a reader may have seen, so that a reader keeps one number and
misses nothing.  A sequence of the database could not promise that: the transaction of a lower
number may commit later.
"""

from __future__ import annotations

import random

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    bindparam,
    exists,
    literal_column,
    select,
    update,
)

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.database.upsert import insert_if_absent

EVENT, FEED = tables.event.c, tables.feed.c
#: LIMIT: 500 events get their numbers in one transaction, so that it lasts for milliseconds.
BATCH = 500


def number(store: Database, organization: str) -> int:
    """Numbers the oldest committed events of an organization, at most BATCH.  Returns how many.

    Returns 0 without any, or while another process numbers them.  Any process may call it at any
    time.  Raises Unavailable if the database fails.
    """
    # WHY: most often there are none, and on SQLite a transaction that writes stops the others.
    if not read_only(store, lambda connection: _oldest(connection, organization, 1)):
        return 0
    return in_transaction(store, lambda connection: _number(connection, organization))


def number_all(store: Database) -> int:
    """Numbers the events of every registered organization until none is left.  Returns how many.

    The organizations take turns, so that none waits for the load of another one.
    """
    waiting, total = read_only(store, unnumbered), 0
    # WHY: an organization whose events cannot be numbered ends the call, and must not be the first
    # each time.
    random.shuffle(waiting)
    while waiting:
        counts = [(each, number(store, each)) for each in waiting]
        total += sum(count for _, count in counts)
        waiting = [each for each, count in counts if count]
    return total


def unnumbered(connection: Connection) -> list[str]:
    """Returns the registered organizations that have events without a number."""
    organization = tables.organization.c.fiscal_code
    waiting = exists().where(EVENT.organization == organization, EVENT.sequence.is_(None))
    return list(connection.execute(select(organization).where(waiting)).scalars())


def _number(connection: Transaction, organization: str) -> int:
    last = _lock(connection, organization)
    # WHY: a new statement reads what was committed until the lock was held; the statement that
    # waits for a lock reads what was committed before.
    rows = [] if last is None else _oldest(connection, organization, BATCH)
    if last is None or not rows:
        return 0
    numbered = update(tables.event).where(
        EVENT.organization == organization,
        EVENT.subject == bindparam("of_subject"),
        EVENT.at == bindparam("of_at"),
        EVENT.id == bindparam("of_id"),
    )
    connection.execute(
        numbered.values(sequence=bindparam("of_sequence")),
        [
            {"of_subject": row.subject, "of_at": row.at, "of_id": row.id, "of_sequence": sequence}
            for sequence, row in enumerate(rows, last + 1)
        ],
    )
    feed = update(tables.feed).where(FEED.organization == organization)
    connection.execute(feed.values(last=last + len(rows)))
    return len(rows)


def _lock(connection: Connection, organization: str) -> int | None:
    """Returns the last number of an organization and locks it.

    Returns None while another transaction has it locked.
    """
    feed = select(FEED.last).where(FEED.organization == organization)
    locked = feed.with_for_update(skip_locked=True)
    last: int | None = connection.execute(locked).scalar()
    if last is None and connection.execute(feed).first() is None:
        insert_if_absent(connection, tables.feed, {"organization": organization, "last": 0})
        last = connection.execute(locked).scalar()
    return last


def _oldest(
    connection: Connection, organization: str, limit: int
) -> list[Row[tuple[str, object, str]]]:
    statement = select(EVENT.subject, EVENT.at, EVENT.id).where(
        EVENT.organization == organization, EVENT.sequence.is_(None)
    )
    return list(connection.execute(statement.order_by(*in_order(connection)).limit(limit)))


def in_order(connection: Connection) -> list[ColumnElement[object]]:
    """Returns the columns by which the events of a subject are in the order of their commits."""
    if connection.dialect.name == "postgresql":
        return [EVENT.at, EVENT.id]
    # WHY: the clock of SQLite has milliseconds.  It has one writer, so rows are in order.
    return [literal_column("event.rowid", Integer)]
