"""Figures of exchanges for a station's page: sums of the tally, and the latest entries.

Only two read the journal: the last exchange of an operation, within the hour that the tally names,
and the last half hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from gpd_soap.store import tables
from gpd_soap.store.journal.entries import ENTRY, Entry
from gpd_soap.store.journal.tally import TALLY

HOUR = timedelta(hours=1)
#: After so many microseconds an answer counts against the station.
LATE = 7_000_000


class Answered(NamedTuple):
    """The exchanges of an hour, and how many were answered within 2 seconds."""

    hour: datetime
    exchanges: int
    within_2_s: int


class OfOperation(NamedTuple):
    """The exchanges of an operation since an instant; `hour` is the last that has any."""

    operation: str
    hour: datetime
    exchanges: int
    microseconds: int
    within_100_ms: int
    within_500_ms: int
    within_1_s: int
    within_2_s: int
    within_7_s: int


class Slot(NamedTuple):
    """The exchanges of a few minutes, and how many took longer than 7 seconds."""

    begin: datetime
    exchanges: int
    late: int


def answered(
    connection: Connection, organization: str, first: datetime, last: datetime
) -> list[Answered]:
    """Return the sums of the hours that begin in a window, both ends included."""
    return _by_hour(connection, organization, TALLY.hour.between(first, last))


def receipts(
    connection: Connection, organization: str, first: datetime, last: datetime
) -> list[Answered]:
    """Return the receipts that were accepted, by the hours that begin in a window."""
    accepted = TALLY.operation.in_(("paSendRT", "paSendRTV2")), TALLY.outcome == "OK"
    return _by_hour(connection, organization, TALLY.hour.between(first, last), *accepted)


def faults(
    connection: Connection, organization: str, windows: list[tuple[datetime, datetime]]
) -> dict[str, int]:
    """Return how often each fault was answered in the hours of these windows together.

    A window begins with its first instant and ends before its last.
    """
    within = [(TALLY.hour >= first) & (TALLY.hour < last) for first, last in windows]
    statement = (
        select(TALLY.fault, func.sum(TALLY.exchanges))
        .where(TALLY.organization == organization, or_(*within), TALLY.outcome != "OK")
        .group_by(TALLY.fault)
    )
    return {fault: int(count) for fault, count in connection.execute(statement)}


def operations(connection: Connection, organization: str, since: datetime) -> list[OfOperation]:
    """Return the sums of each operation over the hours that begin at or after an instant."""
    sums = [func.sum(TALLY[name]) for name in OfOperation._fields[2:]]
    statement = (
        select(TALLY.operation, func.max(TALLY.hour), *sums)
        .where(TALLY.organization == organization, TALLY.hour >= since)
        .group_by(TALLY.operation)
        .order_by(TALLY.operation)
    )
    rows = connection.execute(statement)
    return [OfOperation(name, hour, *map(int, counts)) for name, hour, *counts in rows]


def last_of(
    connection: Connection, organization: str, operation: str, hour: datetime
) -> Entry | None:
    """Return the last exchange of an operation in an hour, or None."""
    statement = (
        select(*ENTRY)
        .where(
            ENTRY.organization == organization,
            ENTRY.at >= hour,
            ENTRY.at < hour + HOUR,
            ENTRY.operation == operation,
        )
        .order_by(ENTRY.at.desc(), ENTRY.id.desc())
        .limit(1)
    )
    row = connection.execute(statement).first()
    return None if row is None else Entry._make(row)


def probed_at(connection: Connection, organization: str) -> datetime | None:
    """Return when a station of the organization was last probed, or None."""
    probe = tables.probe.c
    statement = select(func.max(probe.last_at)).where(probe.organization == organization)
    instant: datetime | None = connection.execute(statement).scalar()
    return instant


def slots(
    connection: Connection, organization: str, begins: list[datetime], length: timedelta
) -> list[Slot]:
    """Return the exchanges of each slot of this length; the slots follow one another."""
    within = [(ENTRY.at >= begin) & (ENTRY.at < begin + length) for begin in begins]
    late = ENTRY.microseconds > LATE
    sums = [
        func.sum(case((condition, 1), else_=0))
        for each in within
        for condition in (each, each & late)
    ]
    statement = select(*sums).where(
        ENTRY.organization == organization,
        ENTRY.at >= begins[0],
        ENTRY.at < begins[-1] + length,
    )
    counts = [int(value or 0) for value in connection.execute(statement).one()]
    pairs = zip(counts[::2], counts[1::2], strict=True)
    return [Slot(begin, *pair) for begin, pair in zip(begins, pairs, strict=True)]


def _by_hour(
    connection: Connection, organization: str, *conditions: ColumnElement[bool]
) -> list[Answered]:
    sums: list[Any] = [func.sum(TALLY.exchanges), func.sum(TALLY.within_2_s)]
    statement = (
        select(TALLY.hour, *sums)
        .where(TALLY.organization == organization, *conditions)
        .group_by(TALLY.hour)
        .order_by(TALLY.hour)
    )
    rows = connection.execute(statement)
    return [Answered(hour, int(exchanges), int(within)) for hour, exchanges, within in rows]
