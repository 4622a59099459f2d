"""Counts what is kept of an organization, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, func, literal, select

from gpd_soap.store import tables
from gpd_soap.store.retention import positions, receipts
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.store.rows import POSITION, RECEIPT

MESSAGE = tables.quarantine.c


class Holding(NamedTuple):
    """How many rows of a kind are kept, since when, how many are beyond their term.

    `forgotten` are those whose persons were forgotten already.
    """

    rows: int
    oldest: datetime | None
    due: int
    forgotten: int = 0


#: The table of each kind, and the column of the instant from which its term runs.
TABLES: dict[TermKind, tuple[Table, ColumnElement[Any]]] = {
    TermKind.JOURNAL: (tables.journal, tables.journal.c.at),
    TermKind.EVENTS: (tables.event, tables.event.c.at),
    TermKind.AUDIT: (tables.audit, tables.audit.c.at),
    TermKind.QUARANTINE: (tables.quarantine, MESSAGE.last_received_at),
    TermKind.POSITIONS: (tables.position, POSITION.created_at),
    TermKind.RECEIPTS: (tables.receipt, RECEIPT.received_at),
}


def kept(connection: Connection, organization: str, kind: TermKind, until: datetime) -> Holding:
    """Returns what is kept of a kind; `until` is the instant before which it is beyond its term."""
    table, since = TABLES[kind]
    of_organization = table.c.organization == organization
    columns = func.count(), func.min(since)
    rows, oldest = connection.execute(select(*columns).where(of_organization)).one()
    due = _count(connection, table, _due(organization, kind, until))
    forgotten = 0
    if "forgotten_at" in table.c:
        gone = of_organization, table.c.forgotten_at.is_not(None)
        forgotten = _count(connection, table, *gone)
    return Holding(rows, oldest, due, forgotten)


def _due(organization: str, kind: TermKind, until: datetime) -> ColumnElement[bool]:
    if kind is TermKind.POSITIONS:
        return positions.can_be_forgotten(organization, until)
    if kind is TermKind.RECEIPTS:
        return receipts.can_be_forgotten(organization, until)
    table, since = TABLES[kind]
    old = and_(table.c.organization == organization, since <= literal(until, tables.Instant))
    if kind is TermKind.QUARANTINE:
        return and_(old, MESSAGE.resolved_at <= literal(until, tables.Instant))
    return old


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(table).where(*conditions)
    return connection.execute(statement).scalar_one()
