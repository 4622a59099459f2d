"""Counts the journal's entries by the hour, in the transaction that writes them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Insert, func, select

from gpd_soap.store import tables
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.journal.entries import Entry

TALLY = tables.tally.c
#: The bounds of the durations in microseconds, by the column that counts what is within them.
BOUNDS = {
    "within_100_ms": 100_000,
    "within_500_ms": 500_000,
    "within_1_s": 1_000_000,
    "within_2_s": 2_000_000,
    "within_7_s": 7_000_000,
}
KEY = ("organization", "hour", "station", "operation", "outcome", "fault")
COUNTS = ("exchanges", "microseconds", *BOUNDS)


class Tally(NamedTuple):
    """The exchanges of an hour with one station, operation, outcome and fault."""

    organization: str
    hour: datetime
    station: str
    operation: str
    outcome: str
    fault: str
    exchanges: int
    microseconds: int
    within_100_ms: int
    within_500_ms: int
    within_1_s: int
    within_2_s: int
    within_7_s: int

    def plus(self, other: Tally) -> Tally:
        """The sum with the exchanges of another hour, under the key of this one."""
        mine: Sequence[Any] = self
        others: Sequence[Any] = other
        counts = zip(mine[len(KEY) :], others[len(KEY) :], strict=True)
        return Tally._make([*mine[: len(KEY)], *(a + b for a, b in counts)])


def add(connection: Connection, entries: Iterable[Entry]) -> None:
    """Add entries to the tally; each must be added once."""
    rows = [row._asdict() for row in tally_of(entries)]
    if rows:
        connection.execute(_addition(connection), rows)


def tally_of(entries: Iterable[Entry]) -> list[Tally]:
    """Return the tally of entries, in the order of its key."""
    durations: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for entry in entries:
        hour = entry.arrived_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        key = entry.organization, hour, entry.station, entry.operation, entry.outcome, entry.fault
        durations[key].append(entry.microseconds)
    # WHY: processes lock the rows in one order, so that no two of them wait for each other.
    return [Tally(*key, *_counts(sorted(durations[key]))) for key in sorted(durations)]


def _counts(durations: Sequence[int]) -> Iterator[int]:
    """Yield the values of COUNTS for durations in their order."""
    yield len(durations)
    yield sum(durations)
    for bound in BOUNDS.values():
        yield bisect_right(durations, bound)


#: The statement that adds a row to the tally, by the name of the dialect.
_ADDITIONS: dict[str, Insert] = {}


def _addition(connection: Connection) -> Insert:
    # WHY: the journal adds twenty times a second; to make the statement took longer than to run it.
    name = connection.dialect.name
    if name not in _ADDITIONS:
        _ADDITIONS[name] = upsert(connection, tables.tally, [], added=COUNTS)
    return _ADDITIONS[name]


def read(
    connection: Connection, organization: str | None, first: datetime, last: datetime
) -> Iterable[Tally]:
    """Yield the tally of the hours that begin in a window, both ends included, in order.

    Without an organization, it is the sum over all of them, under the name of none.
    """
    dimensions = [TALLY[name] for name in KEY[1:]]
    in_window = TALLY.hour.between(first, last)
    if organization is not None:
        statement = select(*TALLY).where(TALLY.organization == organization, in_window)
        rows = connection.execute(statement.order_by(*dimensions))
        return map(Tally._make, rows)
    sums = [func.sum(TALLY[name]) for name in COUNTS]
    statement = select(*dimensions, *sums).where(in_window).group_by(*dimensions)
    rows = connection.execute(statement.order_by(*dimensions))
    return (Tally("", *row[: len(KEY) - 1], *map(int, row[len(KEY) - 1 :])) for row in rows)
