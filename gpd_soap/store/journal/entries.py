"""The journal's entries: what one holds, and how they are found."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.core.notice import navs_of_iuv
from gpd_soap.store import tables
from gpd_soap.store.tables.base import longest

ENTRY = tables.journal.c
#: A random number's bytes, of which the first bit is dropped.
ID_BYTES = 8
LONGEST_CALLER, LONGEST_RULE = longest(ENTRY.caller), longest(ENTRY.rule)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
#: Microseconds since 1970, then the random number, both in hexadecimal.
REFERENCE = r"^[0-9a-f]{14}[0-7][0-9a-f]{15}$"


class Place(NamedTuple):
    """Where an entry stands in the order of time; no two entries stand at one place."""

    at: datetime
    id: int

    @classmethod
    def of(cls, reference: str) -> Place:
        """Read a reference; ValueError for what is none."""
        if re.fullmatch(REFERENCE, reference) is None:
            raise ValueError("expected the id of an entry")
        return cls(EPOCH + int(reference[:14], 16) * MICROSECOND, int(reference[14:], 16))

    @property
    def reference(self) -> str:
        """What an entry is called outside; it says nothing but when."""
        return f"{(self.at - EPOCH) // MICROSECOND:014x}{self.id:016x}"


class Entry(NamedTuple):
    """One exchange as it is kept: the table's columns, in their order."""

    organization: str
    at: datetime
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
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.at, self.id)


class JournalQuery(NamedTuple):
    """Which entries, and how many of the newest; None filters nothing.

    The time includes both its ends; `after` is the place of the last entry that was seen.
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
    after: Place | None = None


#: What is filtered by being equal; each is a column's name.
EQUAL = ("organization", "operation", "outcome", "fault", "nav", "receipt_id", "psp", "station")


def entries_of(every: Sequence[ExchangeRecord]) -> list[Entry]:
    """What is kept of these exchanges."""
    # WHY: for all at once, because the system takes longer over a number than we over an entry.
    drawn = struct.unpack(f"{len(every)}Q", os.urandom(ID_BYTES * len(every)))
    return [_entry_of(told, number >> 1) for told, number in zip(every, drawn, strict=True)]


def _entry_of(told: ExchangeRecord, number: int) -> Entry:
    # WHY: by place and not by name, which takes half the time.
    return Entry(
        told.organization,
        told.arrived_at,
        number,
        round(told.seconds * 1_000_000),
        told.caller[:LONGEST_CALLER],
        told.operation,
        told.broker,
        told.station,
        told.notice,
        told.iuv,
        told.receipt_id,
        told.psp,
        told.channel,
        told.outcome,
        told.fault,
        told.rule[:LONGEST_RULE],
        told.status,
        told.soap_action,
    )


def page(connection: Connection, wanted: JournalQuery) -> tuple[list[Entry], Place | None]:
    """The newest entries that are wanted, and after which place there are more, if there are."""
    order = (ENTRY.at.desc(), ENTRY.id.desc())
    asked = select(*ENTRY).where(*_filters(connection, wanted)).order_by(*order)
    rows = connection.execute(asked.limit(wanted.limit + 1)).all()
    found = [Entry._make(row) for row in rows[: wanted.limit]]
    return found, found[-1].place if len(rows) > wanted.limit else None


def one(connection: Connection, organization: str | None, place: Place) -> Entry | None:
    """The entry at a place, of this organization where one is named."""
    asked = select(*ENTRY).where(ENTRY.at == place.at, ENTRY.id == place.id)
    if organization is not None:
        asked = asked.where(ENTRY.organization == organization)
    row = connection.execute(asked).first()
    return None if row is None else Entry._make(row)


def _filters(connection: Connection, wanted: JournalQuery) -> Iterator[ColumnElement[bool]]:
    yield ENTRY.at.between(wanted.first, wanted.last)
    for name in EQUAL:
        value = getattr(wanted, name)
        if value is not None:
            yield ENTRY[name] == value
    if wanted.iuv is not None:
        yield _of_iuv(connection, wanted.organization, wanted.iuv)
    if wanted.after is not None:
        at, number = wanted.after
        yield and_(ENTRY.at <= at, or_(ENTRY.at < at, ENTRY.id < number))


def _of_iuv(connection: Connection, organization: str | None, iuv: str) -> ColumnElement[bool]:
    """Receipts that say this IUV, and questions on the notices that carry it."""
    carrying = {*navs_of_iuv(iuv)} or _navs(connection, tables.payment_option, organization, iuv)
    said = or_(ENTRY.iuv == iuv, and_(ENTRY.iuv.is_(None), ENTRY.nav.in_(carrying)))
    if organization is None:
        return said
    # WHY: notice numbers have an index, IUVs none; and a receipt may name another notice.
    named = _navs(connection, tables.receipt, organization, iuv)
    return and_(said, ENTRY.nav.in_(carrying | named))


def _navs(connection: Connection, table: Table, organization: str | None, iuv: str) -> set[str]:
    """The notice numbers that stand beside an IUV in a table."""
    asked = select(table.c.nav).where(table.c.iuv == iuv)
    if organization is not None:
        asked = asked.where(table.c.organization == organization)
    return set(connection.execute(asked).scalars())
