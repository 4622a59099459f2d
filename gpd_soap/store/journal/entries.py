"""The journal's entries: their fields and columns, and the search."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.core.notice import navs_of_iuv
from gpd_soap.store import tables
from gpd_soap.store.tables.base import max_length

ENTRY = tables.journal.c
#: Bytes of an entry's random number; its first bit is dropped.
ID_BYTES = 8
LONGEST_CALLER, LONGEST_RULE = max_length(ENTRY.caller), max_length(ENTRY.rule)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
#: Microseconds since 1970, then the random number, both in hexadecimal.
REFERENCE = r"^[0-9a-f]{14}[0-7][0-9a-f]{15}$"


class EntryKey(NamedTuple):
    """The unique key of an entry, in the order of time."""

    arrived_at: datetime
    id: int

    @classmethod
    def of(cls, reference: str) -> EntryKey:
        """Return the key that a reference stands for.  Raises ValueError if it is malformed."""
        if re.fullmatch(REFERENCE, reference) is None:
            raise ValueError("expected the id of an entry")
        return cls(EPOCH + int(reference[:14], 16) * MICROSECOND, int(reference[14:], 16))

    @property
    def reference(self) -> str:
        """The entry's id on the wire; it reveals the time alone."""
        return f"{(self.arrived_at - EPOCH) // MICROSECOND:014x}{self.id:016x}"


class Entry(NamedTuple):
    """A stored exchange: the table's columns, in their order; `arrived_at` is the column `at`."""

    organization: str
    arrived_at: datetime
    id: int
    microseconds: int
    caller: str
    operation: str
    broker: str
    station: str
    nav: str
    iuv: str | None
    receipt_id: str | None
    psp: str | None
    channel: str | None
    outcome: str
    fault: str
    rule: str
    status: int
    soap_action: str | None

    @property
    def key(self) -> EntryKey:
        """The unique key of the entry."""
        return EntryKey(self.arrived_at, self.id)


#: The names of the columns, in the order of the fields of an entry.
COLUMNS = tuple(column.name for column in ENTRY)


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return an entry as a row of its table."""
    return dict(zip(COLUMNS, entry, strict=True))


class JournalQuery(NamedTuple):
    """Filters on entries, and how many of the newest are returned; None filters nothing.

    The time includes both its ends; `after` is the key of the last entry of the page before.
    `most_looked_at` is how many entries one page looks at where no index has its filters.  Such a
    page may be short or empty, and says from where to go on.
    """

    organization: str | None
    first: datetime
    last: datetime
    limit: int
    operation: str | None = None
    outcome: str | None = None
    fault: str | None = None
    nav: str | None = None
    iuv: str | None = None
    receipt_id: str | None = None
    psp: str | None = None
    station: str | None = None
    after: EntryKey | None = None
    most_looked_at: int | None = None

    @property
    def looks_at(self) -> int | None:
        """How many entries a page looks at; None if it is all of them, or an index finds them."""
        by_index = self.nav, self.receipt_id, self.iuv
        read_one_by_one = self.operation, self.outcome, self.fault, self.psp, self.station
        if any(each is not None for each in by_index) or self.organization is None:
            return None
        return self.most_looked_at if any(each is not None for each in read_one_by_one) else None


#: Fields that are compared with the column of the same name.
EQUAL = ("organization", "operation", "outcome", "fault", "nav", "receipt_id", "psp", "station")


def entries_of(exchanges: Sequence[ExchangeRecord]) -> list[Entry]:
    """Return an entry for each exchange, with a random id."""
    # WHY: a call for one random number takes longer than building an entry, so one call draws all.
    numbers = struct.unpack(f"{len(exchanges)}Q", os.urandom(ID_BYTES * len(exchanges)))
    return [_entry_of(exchange, n >> 1) for exchange, n in zip(exchanges, numbers, strict=True)]


def _entry_of(exchange: ExchangeRecord, number: int) -> Entry:
    # WHY: positional arguments take half the time of keywords.
    return Entry(
        exchange.organization,
        exchange.arrived_at,
        number,
        round(exchange.seconds * 1_000_000),
        exchange.caller[:LONGEST_CALLER],
        exchange.operation,
        exchange.broker,
        exchange.station,
        exchange.notice,
        exchange.iuv,
        exchange.receipt_id,
        exchange.psp,
        exchange.channel,
        exchange.outcome,
        exchange.fault,
        exchange.rule[:LONGEST_RULE],
        exchange.status,
        exchange.soap_action,
    )


def page(connection: Connection, query: JournalQuery) -> tuple[list[Entry], EntryKey | None]:
    """Return the newest matching entries, and the key after which the next page begins, if any."""
    if query.looks_at is not None:
        return _looking(connection, query, query.looks_at)
    statement = select(*ENTRY).where(*_filters(connection, query)).order_by(*_newest(ENTRY))
    rows = connection.execute(statement.limit(query.limit + 1)).all()
    entries = [Entry._make(row) for row in rows[: query.limit]]
    return entries, entries[-1].key if len(rows) > query.limit else None


def _looking(
    connection: Connection, query: JournalQuery, most: int
) -> tuple[list[Entry], EntryKey | None]:
    """Return the matching ones of the next `most` entries, and the key from which to go on."""
    filters = {name: getattr(query, name) for name in EQUAL if name != "organization"}
    every = query._replace(operation=None, outcome=None, fault=None, psp=None, station=None)
    next_ones = select(*ENTRY).where(*_filters(connection, every)).order_by(*_newest(ENTRY))
    looked_at = next_ones.limit(most).subquery("looked_at")
    conditions = [
        looked_at.c[name] == value for name, value in filters.items() if value is not None
    ]
    statement = select(looked_at).where(*conditions).order_by(*_newest(looked_at.c))
    rows = connection.execute(statement.limit(query.limit + 1)).all()
    entries = [Entry._make(row) for row in rows[: query.limit]]
    if len(rows) > query.limit:
        return entries, entries[-1].key
    keys = select(ENTRY["at"], ENTRY.id).where(*_filters(connection, every))
    last = keys.order_by(*_newest(ENTRY)).offset(most - 1).limit(1)
    end = connection.execute(last).first()
    return entries, None if end is None else EntryKey(*end)


def _newest(columns: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """SQL order: the newest entry first."""
    return columns["at"].desc(), columns["id"].desc()


def find(connection: Connection, organization: str | None, key: EntryKey) -> Entry | None:
    """Return the entry of a key, or None; with an organization only if the entry is its own."""
    statement = select(*ENTRY).where(ENTRY.at == key.arrived_at, ENTRY.id == key.id)
    if organization is not None:
        statement = statement.where(ENTRY.organization == organization)
    row = connection.execute(statement).first()
    return None if row is None else Entry._make(row)


def _filters(connection: Connection, query: JournalQuery) -> Iterator[ColumnElement[bool]]:
    yield ENTRY.at.between(query.first, query.last)
    for name in EQUAL:
        value = getattr(query, name)
        if value is not None:
            yield ENTRY[name] == value
    if query.iuv is not None:
        yield _of_iuv(connection, query.organization, query.iuv)
    if query.after is not None:
        arrived_at, number = query.after
        yield and_(ENTRY.at <= arrived_at, or_(ENTRY.at < arrived_at, ENTRY.id < number))


def _of_iuv(connection: Connection, organization: str | None, iuv: str) -> ColumnElement[bool]:
    """SQL condition: a receipt with this IUV, or a question on a notice that carries it."""
    carrying = {*navs_of_iuv(iuv)} or _navs(connection, tables.payment_option, organization, iuv)
    matching = or_(ENTRY.iuv == iuv, and_(ENTRY.iuv.is_(None), ENTRY.nav.in_(carrying)))
    if organization is None:
        return matching
    # WHY: only the notice number has an index, and a receipt may name a notice of another IUV.
    named = _navs(connection, tables.receipt, organization, iuv)
    return and_(matching, ENTRY.nav.in_(carrying | named))


def _navs(connection: Connection, table: Table, organization: str | None, iuv: str) -> set[str]:
    """Return the notice numbers of the rows of a table that have this IUV."""
    statement = select(table.c.nav).where(table.c.iuv == iuv)
    if organization is not None:
        statement = statement.where(table.c.organization == organization)
    return set(connection.execute(statement).scalars())
