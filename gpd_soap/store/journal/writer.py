"""Writing the journal: a request leaves its exchange here, and a thread writes many at once.

LIMIT: what `kill -9` finds waiting, of the last twentieth of a second, is in the log alone.
Receipts are not concerned: each is durable before it is answered.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, ProgrammingError

from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.store import tables
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.journal.entries import Entry, entries_of
from gpd_soap.store.journal.partitions import ensure_months

LOG = logging.getLogger(__name__)

#: Seconds in which exchanges gather, and how many of them make one transaction.
GATHER = 0.05
BATCH = 500
#: LIMIT: exchanges that wait while the database cannot take them, some 10 MB; those beyond are
#: counted, and are in the log alone.
MOST = 20_000
#: The longest pause before the next try, in seconds, and how long a process may take to end.
LONGEST_PAUSE = 8.0
FLUSH_WITHIN = 2.0

COPY = f"COPY journal ({', '.join(Entry._fields)}) FROM STDIN"


class Journal:
    """Takes exchanges from every thread of a process; its own thread starts with the first."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine of its own, whose commits need not wait for a disk; start nothing."""
        dialect: Any = engine.dialect
        self._engine = engine
        self._unusable: tuple[Any, ...] = (DataError, dialect.loaded_dbapi.DataError)
        self.forget()
        _EVERY.add(self)

    def rest(self) -> None:
        """Close the connection, unless it is being written on."""
        self._engine.dispose()

    def forget(self) -> None:
        """Begin with nothing: what a forked child holds is its parent's to write."""
        self._waiting: deque[ExchangeRecord] = deque()
        self._batch: list[Entry] = []
        self._tries = self._lost = 0
        self._month = ""
        self._lock = threading.Lock()
        self._called, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, told: ExchangeRecord) -> None:
        """Take an exchange to be kept soon: a `Witness`, which waits for nothing."""
        if len(self._waiting) >= MOST:
            with self._lock:
                self._lost += 1
            return
        self._waiting.append(told)
        if not self._called.is_set():
            with self._lock:
                self._call()

    def flush(self, within: float = FLUSH_WITHIN) -> bool:
        """Write what waits and end the thread, within so many seconds; whether all is written.

        Who writes again starts another thread.
        """
        with self._lock:
            if self._thread is None and not self._left:
                return True
            thread = self._call()
            self._ending.set()
        thread.join(within)
        return not thread.is_alive() and not self._left

    @property
    def _left(self) -> int:
        return len(self._waiting) + len(self._batch)

    def _call(self) -> threading.Thread:
        """Wake the thread, or start it; the lock is held."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
            self._thread.start()
        self._called.set()
        return self._thread

    def _run(self) -> None:
        pause = GATHER
        while True:
            self._called.wait()
            ending = self._ending.wait(pause)
            self._called.clear()
            written = self._write_waiting()
            if ending and self._ended(written=written):
                self._engine.dispose()
                return
            pause = GATHER if written else min(2 * pause, LONGEST_PAUSE)
            if not written:
                self._called.set()

    def _ended(self, *, written: bool) -> bool:
        """Leave, unless something came meanwhile; what cannot be written is left."""
        with self._lock:
            if written and self._left:
                self._called.set()
                return False
            if self._left:
                LOG.warning("the journal ends", extra={"fields": {"unwritten": self._left}})
            self._thread = None
            self._called.clear()
            self._ending.clear()
            return True

    def _write_waiting(self) -> bool:
        """Write what waits now; False where the database did not take it."""
        # WHY: what comes meanwhile is left to gather, or each few would be a transaction.
        batches = bool(self._batch) + -(-len(self._waiting) // BATCH)
        return all(self._write_batch() for _ in range(batches))

    def _write_batch(self) -> bool:
        """Write the batch that failed before, or the next; False where it failed."""
        if not self._batch:
            size = min(BATCH, len(self._waiting))
            self._batch = entries_of([self._waiting.popleft() for _ in range(size)])
        lost = 0
        try:
            self._make_months()
            with self._engine.begin() as connection:
                keep(connection, self._batch, again=self._tries > 0)
        except self._unusable:
            # WHY: it would fail for ever, and everything behind it.
            LOG.exception("the journal cannot keep these entries")
            lost = len(self._batch)
        except Exception:
            if not self._tries:
                LOG.warning("the journal cannot be written: entries wait", exc_info=True)
            self._tries += 1
            return False
        self._go_on(lost)
        return True

    def _go_on(self, lost: int) -> None:
        with self._lock:
            lost, self._lost = lost + self._lost, 0
        if lost or self._tries:
            LOG.warning("the journal goes on", extra={"fields": {"lost": lost}})
        self._batch, self._tries = [], 0

    def _make_months(self) -> None:
        """Look once a month whether there are partitions for what comes."""
        at = self._batch[0].at
        if f"{at:%Y-%m}" == self._month:
            return
        try:
            with self._engine.begin() as connection:
                ensure_months(connection, at)
        except ProgrammingError:
            # WHY: whoever may not create tables can still write: see store.months.
            LOG.warning("the journal's months cannot be made", exc_info=True)
        self._month = f"{at:%Y-%m}"


def keep(connection: Connection, entries: Sequence[Entry], *, again: bool = False) -> None:
    """Write entries, `again` where an earlier try may have been committed: none is kept twice."""
    if connection.dialect.name == "postgresql" and not again:
        _copy(connection, entries)
        return
    rows = [entry._asdict() for entry in entries]
    connection.execute(upsert(connection, tables.journal, []), rows)


def _copy(connection: Connection, entries: Sequence[Entry]) -> None:
    # WHY: measured, it takes a fifth of the time of an INSERT of many rows.
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(COPY) as copy:
        for entry in entries:
            copy.write_row(entry)


_EVERY: weakref.WeakSet[Journal] = weakref.WeakSet()


def _rest_before_fork() -> None:
    for journal in list(_EVERY):
        journal.rest()


def _forget_after_fork() -> None:
    for journal in list(_EVERY):
        journal.forget()


def _flush_at_exit() -> None:
    for journal in list(_EVERY):
        journal.flush()


# WHY: as in store.hot.
os.register_at_fork(before=_rest_before_fork, after_in_child=_forget_after_fork)
atexit.register(_flush_at_exit)
