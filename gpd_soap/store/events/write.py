"""Writes events in the transaction of the change that they tell.

An event gets its ordinal, and its instant, from the database while its transaction holds the locks
of the subject.  So, for one subject, the order of ordinals is the order of commits.  That of
instants may differ: the clock of a database steps back where its machine was resumed, or where
another machine has taken over.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
)

from gpd_soap.core.event import Event
from gpd_soap.store import tables
from gpd_soap.store.database.session import PREFIX
from gpd_soap.store.tables.base import max_length

EVENT = tables.event.c
#: The columns that a writer gives; the others are the instant and, later, the number.
GIVEN = ("organization", "subject", "id", "type", "nav", "receipt_id", "revision", "actor_kind",
         "actor", "data")  # fmt: skip
#: Prefix of the parameters, beside those of a receipt.
OF_EVENT = "event_"
NAMES = [OF_EVENT + name for name in GIVEN]
PARAMETERS = [PREFIX + name for name in NAMES]
ACTOR_LENGTH = max_length(EVENT.actor)


class EventIds:
    """Makes ids that increase within the process: UUIDs of version 7 without their dashes.

    The 48 bits of the millisecond are followed by 12 of its fraction and 62 random ones (RFC 9562,
    section 6.2, method 3).
    """

    def __init__(self) -> None:
        """Begins with the first id."""
        self._lock, self._last = threading.Lock(), 0

    def __call__(self) -> str:
        """Returns the next id."""
        nanoseconds = time.time_ns()
        milliseconds, rest = divmod(nanoseconds, 1_000_000)
        with self._lock:
            self._last = max((milliseconds << 12) | (rest * 4096 // 1_000_000), self._last + 1)
            milliseconds, fraction = divmod(self._last, 4096)
        random = int.from_bytes(os.urandom(8)) >> 2
        time_bits = (milliseconds << 80) | (7 << 76) | (fraction << 64)
        return f"evt_{time_bits | (2 << 62) | random:032x}"


new_id = EventIds()


def write(connection: Connection, events: Iterable[Event]) -> None:
    """Inserts events in their order; the caller holds the locks of their subjects."""
    rows = [dict(zip(PARAMETERS, _values(each), strict=True)) for each in events]
    if rows:
        connection.execute(_insert(connection.dialect, None), rows)


def values_of(event: Event) -> dict[str, Any]:
    """Returns the parameters of an event, under names that a receipt's do not have."""
    return dict(zip(NAMES, _values(event), strict=True))


def _values(event: Event) -> tuple[Any, ...]:
    """Returns the values of the columns GIVEN."""
    return (
        event.organization,
        event.subject,
        new_id(),
        str(event.type),
        event.nav,
        event.receipt_id,
        event.revision,
        str(event.actor.kind),
        event.actor.id[:ACTOR_LENGTH],
        # WHY: each receipt writes one, and the json module takes three times as long.
        to_json(event.data).decode(),
    )


def insert_event(dialect: Dialect, source: CTE | None = None) -> Any:
    """Inserts the event of the parameters and returns its id; with a source, for each of its rows.

    The parameters are those of `values_of`.
    """
    return _insert(dialect, source).returning(EVENT.id)


def _insert(dialect: Dialect, source: CTE | None) -> Any:
    given = [_parameter(dialect, name) for name in GIVEN]
    columns: Select[Any] = select(_now(dialect), *given)
    if source is not None:
        columns = columns.select_from(source)
    return insert(tables.event).from_select(["at", *GIVEN], columns)


def _parameter(dialect: Dialect, name: str) -> ColumnElement[Any]:
    column, parameter = EVENT[name], f"{PREFIX}{OF_EVENT}{name}"
    if name != "data":
        return bindparam(parameter, type_=column.type)
    # WHY: the text is passed as it was made, since a driver would make it anew.
    data = bindparam(parameter, type_=Text())
    return cast(data, column.type) if dialect.name == "postgresql" else data


def _now(dialect: Dialect) -> ColumnElement[Any]:
    """SQL expression: the present instant, not that of the transaction's beginning."""
    if dialect.name == "postgresql":
        return func.clock_timestamp()
    return literal_column("strftime('%Y-%m-%d %H:%M:%f000', 'now')")
