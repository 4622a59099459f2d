"""Numbers events after their commit: per organization, from 1, without holes.

After a restored backup alone a hole is left, so that no number is given twice.

A number never appears below one that a reader may have seen, so that a reader keeps one number and
misses nothing.  A sequence of the database could not promise that: the transaction of a lower
number may commit later.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    String,
    any_,
    bindparam,
    exists,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.database.upsert import insert_if_absent

EVENT, FEED = tables.event.c, tables.feed.c
#: The key of an event within its organization.
KEY = EVENT.subject, EVENT.at, EVENT.id
#: LIMIT: 500 events get their numbers in one transaction, so that it lasts for milliseconds.
BATCH = 500
#: LIMIT: 1,000,000,000 numbers left out after a restored backup, more events than are made between
#: two backups.
GAP = 1_000_000_000


def number(store: Database, organization: str) -> int:
    """Numbers the oldest committed events of an organization, at most BATCH.  Returns how many.

    Returns 0 without any, or while another process numbers them.  Any process may call it at any
    time.  Raises Unavailable if the database fails.
    """
    # WHY: most often there are none, and on SQLite a transaction that writes stops the others.
    if not read_only(store, lambda connection: _oldest(connection, organization, 1)):
        return 0
    return in_transaction(store, lambda connection: _number(connection, organization))


def leave_gap(connection: Connection, organization: str) -> None:
    """Makes the next number of an organization higher than any that was given after a backup."""
    insert_if_absent(connection, tables.feed, {"organization": organization, "last": 0})
    feed = update(tables.feed).where(FEED.organization == organization)
    connection.execute(feed.values(last=FEED.last + GAP))


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
    rows = _in_order_of_commits(connection, organization, rows)
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


def _oldest(connection: Connection, organization: str, limit: int) -> list[Row[Any]]:
    """Returns events without a number, the first `limit` by the database's clock."""
    # WHY: on PostgreSQL an index has this order, whatever waits.
    by_clock = [EVENT.at, EVENT.id] if _has_ordinals(connection) else in_order(connection)
    statement = select(*KEY, EVENT.ordinal).where(
        EVENT.organization == organization, EVENT.sequence.is_(None)
    )
    return list(connection.execute(statement.order_by(*by_clock).limit(limit)))


def _in_order_of_commits(
    connection: Connection, organization: str, rows: Sequence[Row[Any]]
) -> list[Row[Any]]:
    """Returns the first events by the clock, with those that their subjects wrote before them."""
    if not _has_ordinals(connection):
        return list(rows)
    ordinals = [row.ordinal for row in rows if row.ordinal is not None]
    earlier: list[Row[Any]] = []
    if ordinals and len(rows) >= BATCH:
        earlier = _left_out(connection, organization, rows, max(ordinals))
    return sorted([*earlier, *rows], key=_sort_key)


def _left_out(
    connection: Connection, organization: str, rows: Sequence[Row[Any]], ordinal: int
) -> list[Row[Any]]:
    """Returns events without a number that `rows` lack, of their subjects and below an ordinal.

    The clock stepped back after them, or they were committed a moment ago.
    """
    # WHY: no bound by the clock: of two that were committed since `rows` were read, the earlier one
    # may have the lower instant, and must not be left out beside the later one.
    # WHY: of hundreds of single parameters, sending and planning cost more than the answer.
    subjects = literal(list({row.subject for row in rows}), ARRAY(String))
    statement = select(*KEY, EVENT.ordinal, EVENT.sequence).where(
        EVENT.organization == organization,
        EVENT.subject == any_(subjects),
        or_(EVENT.ordinal.is_(None), EVENT.ordinal < ordinal),
    )
    known = {row.id for row in rows}
    # WHY: with a condition on the number, PostgreSQL may read every event that waits for one.
    candidates: Iterable[Row[Any]] = connection.execute(statement)
    return [row for row in candidates if row.sequence is None and row.id not in known]


def _sort_key(row: Row[Any]) -> tuple[Any, ...]:
    """Returns the sort key of an event: those without an ordinal were written before ordinals."""
    return row.ordinal is not None, row.ordinal or 0, row.at, row.id


def _has_ordinals(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def in_order(connection: Connection) -> list[ColumnElement[Any]]:
    """Returns the columns by which the events of a subject are in the order of their commits."""
    if _has_ordinals(connection):
        return [EVENT.ordinal.nulls_first(), EVENT.at, EVENT.id]
    # WHY: the clock of SQLite has milliseconds.  It has one writer, so rows are in order.
    return [literal_column("event.rowid", Integer)]


def newest_first(connection: Connection) -> list[ColumnElement[Any]]:
    """Returns the columns of `in_order`, for the opposite order."""
    if _has_ordinals(connection):
        return [EVENT.ordinal.desc().nulls_last(), EVENT.at.desc(), EVENT.id.desc()]
    return [literal_column("event.rowid", Integer).desc()]
