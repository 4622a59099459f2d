"""Writes the journal: requests add their exchanges to a queue, and a thread writes many at once.

LIMIT: entries of the last 0.05 seconds are lost with `kill -9`; only the log has those exchanges.
Receipts are not concerned: each is durable before it is answered.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.exc import ProgrammingError

from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.store import tables
from gpd_soap.store.database.background import FLUSH_WITHIN, BackgroundWriter
from gpd_soap.store.database.brief_locks import with_brief_locks
from gpd_soap.store.database.errors import LocksHeld
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.journal import tally
from gpd_soap.store.journal.entries import COLUMNS, Entry, entries_of, entry_row
from gpd_soap.store.journal.partitions import ensure_months

__all__ = ["FLUSH_WITHIN", "Journal", "write_entries"]

logger = logging.getLogger(__name__)

#: LIMIT: 20,000 exchanges (some 10 MB) wait while the database is away.  Exchanges beyond them are
#: counted as lost; only the log has them.
MAX_WAITING = 20_000

#: LIMIT: a minute until the next try where others use the table.
AFTER_LOCKS = timedelta(minutes=1)

COPY = f"COPY journal ({', '.join(COLUMNS)}) FROM STDIN"


class Journal(BackgroundWriter[ExchangeRecord, Entry]):
    """The journal of a process; `write` is an `ExchangeObserver`."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine of its own, whose commits need not wait for a disk."""
        super().__init__(engine, "journal", logger)

    def reset(self) -> None:
        """Empty the queue, and look at the partitions again."""
        super().reset()
        self._month = ""
        self._locked_out: datetime | None = None

    @property
    def max_waiting(self) -> int:
        """The most exchanges that wait while the database is away."""
        return MAX_WAITING

    def rows_of(self, items: Sequence[ExchangeRecord]) -> list[Entry]:
        """Return the entries of exchanges."""
        return entries_of(items)

    def prepare(self, batch: Sequence[Entry]) -> None:
        """Create the partitions for the batch, once a month.

        WHY: without them the entries go to `journal_rest`.  So a database user without the right to
        create tables can still write, and nobody waits for a backup that reads the table.
        """
        arrived_at, locked_out = batch[0].arrived_at, self._locked_out
        if f"{arrived_at:%Y-%m}" == self._month:
            return
        if locked_out is not None and locked_out <= arrived_at < locked_out + AFTER_LOCKS:
            return
        try:
            with_brief_locks(self._engine, lambda c: ensure_months(c, arrived_at), pauses=())
        except ProgrammingError:
            logger.warning("journal partitions cannot be created", exc_info=True)
        except LocksHeld:
            self._locked_out = arrived_at
            return
        self._month = f"{arrived_at:%Y-%m}"

    def insert(self, connection: Connection, batch: Sequence[Entry], *, again: bool) -> None:
        """Insert entries; with `again`, leave those of an earlier try alone."""
        write_entries(connection, batch, again=again)


def write_entries(connection: Connection, entries: Sequence[Entry], *, again: bool = False) -> None:
    """Insert entries and add them to the tally.

    With `again`, those that an earlier try may have committed are left alone.
    """
    if not again:
        if connection.dialect.name == "postgresql":
            _copy(connection, entries)
        else:
            connection.execute(insert(tables.journal), [entry_row(entry) for entry in entries])
        tally.add(connection, entries)
        return
    # WHY: the tally of an entry is in its transaction, so one that is there is counted too.
    statement = upsert(connection, tables.journal, []).returning(*tables.journal.primary_key)
    rows = connection.execute(statement, [entry_row(entry) for entry in entries])
    inserted = {tuple(row) for row in rows}
    tally.add(connection, (entry for entry in entries if _key(entry) in inserted))


def _key(entry: Entry) -> tuple[str, datetime, int]:
    return entry.organization, entry.arrived_at, entry.id


def _copy(connection: Connection, entries: Sequence[Entry]) -> None:
    # WHY: COPY takes a fifth of the time of an INSERT of many rows (measured).
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(COPY) as copy:
        for entry in entries:
            copy.write_row(entry)
