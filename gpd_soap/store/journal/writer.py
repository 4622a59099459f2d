"""Writes the journal: requests add their exchanges to a queue, and a thread writes many at once.

LIMIT: entries of the last 0.05 seconds are lost with `kill -9`; only the log has those exchanges.
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
from gpd_soap.store.journal.entries import COLUMNS, Entry, entries_of, entry_row
from gpd_soap.store.journal.partitions import ensure_months

logger = logging.getLogger(__name__)

#: Seconds in which exchanges gather, and how many of them make one transaction.
GATHER = 0.05
BATCH = 500
#: LIMIT: 20,000 exchanges (some 10 MB) wait while the database is away.  Exchanges beyond them are
#: counted as lost; only the log has them.
MAX_WAITING = 20_000
#: The longest pause before the next try, and the time for the last write at exit, in seconds.
LONGEST_PAUSE = 8.0
FLUSH_WITHIN = 2.0

COPY = f"COPY journal ({', '.join(COLUMNS)}) FROM STDIN"


class Journal:
    """The journal of a process: a queue for all its threads, and a thread that writes."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine of its own, whose commits need not wait for a disk.

        The thread starts with the first exchange.
        """
        dialect: Any = engine.dialect
        self._engine = engine
        self._unusable: tuple[Any, ...] = (DataError, dialect.loaded_dbapi.DataError)
        self.reset()
        _JOURNALS.add(self)

    def release(self) -> None:
        """Close the connection, unless the thread is using it."""
        self._engine.dispose()

    def reset(self) -> None:
        """Empty the queue; in a forked child, whose parent writes the copied exchanges."""
        self._waiting: deque[ExchangeRecord] = deque()
        self._batch: list[Entry] = []
        self._tries = self._lost = 0
        self._month = ""
        self._lock = threading.Lock()
        self._awake, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, exchange: ExchangeRecord) -> None:
        """Queue an exchange and return at once; an `ExchangeObserver`."""
        if len(self._waiting) >= MAX_WAITING:
            with self._lock:
                self._lost += 1
            return
        self._waiting.append(exchange)
        if not self._awake.is_set():
            with self._lock:
                self._wake()

    def flush(self, within: float = FLUSH_WITHIN) -> bool:
        """Write the queue and end the thread; return whether all is written `within` seconds.

        The next exchange starts another thread.
        """
        with self._lock:
            if self._thread is None and not self._left:
                return True
            thread = self._wake()
            self._ending.set()
        thread.join(within)
        return not thread.is_alive() and not self._left

    @property
    def _left(self) -> int:
        return len(self._waiting) + len(self._batch)

    def _wake(self) -> threading.Thread:
        """Wake or start the thread and return it; the caller holds the lock."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
            self._thread.start()
        self._awake.set()
        return self._thread

    def _run(self) -> None:
        pause = GATHER
        while True:
            self._awake.wait()
            ending = self._ending.wait(pause)
            self._awake.clear()
            written = self._write_waiting()
            if ending and self._end(written=written):
                self._engine.dispose()
                return
            pause = GATHER if written else min(2 * pause, LONGEST_PAUSE)
            if not written:
                self._awake.set()

    def _end(self, *, written: bool) -> bool:
        """Let the thread end; return False if there is more that can be written."""
        with self._lock:
            if written and self._left:
                self._awake.set()
                return False
            if self._left:
                fields = {"unwritten": self._left}
                logger.warning("journal writer stopped", extra={"fields": fields})
            self._thread = None
            self._awake.clear()
            self._ending.clear()
            return True

    def _write_waiting(self) -> bool:
        """Write the exchanges that wait now; return False if the database failed."""
        # WHY: exchanges that arrive meanwhile gather first, or each few would be a transaction.
        batches = bool(self._batch) + -(-len(self._waiting) // BATCH)
        return all(self._write_batch() for _ in range(batches))

    def _write_batch(self) -> bool:
        """Write the batch that failed before, or the next one; return False if it failed."""
        if not self._batch:
            size = min(BATCH, len(self._waiting))
            self._batch = entries_of([self._waiting.popleft() for _ in range(size)])
        lost = 0
        try:
            self._ensure_months()
            with self._engine.begin() as connection:
                write_entries(connection, self._batch, again=self._tries > 0)
        except self._unusable:
            # WHY: this batch would fail at each try, and the entries behind it would wait for ever.
            logger.exception("the database rejected a batch of journal entries")
            lost = len(self._batch)
        except Exception:
            if not self._tries:
                logger.warning("the journal cannot be written: entries wait", exc_info=True)
            self._tries += 1
            return False
        self._finish_batch(lost)
        return True

    def _finish_batch(self, lost: int) -> None:
        """Forget the batch, and log the recovery or the loss, if any."""
        with self._lock:
            lost, self._lost = lost + self._lost, 0
        if lost or self._tries:
            logger.warning("journal writer recovered", extra={"fields": {"lost": lost}})
        self._batch, self._tries = [], 0

    def _ensure_months(self) -> None:
        """Create the partitions for the batch, once a month."""
        arrived_at = self._batch[0].arrived_at
        if f"{arrived_at:%Y-%m}" == self._month:
            return
        try:
            with self._engine.begin() as connection:
                ensure_months(connection, arrived_at)
        except ProgrammingError:
            # WHY: a database user without the right to create tables can still write: the entries
            # go to `journal_rest`.
            logger.warning("journal partitions cannot be created", exc_info=True)
        self._month = f"{arrived_at:%Y-%m}"


def write_entries(connection: Connection, entries: Sequence[Entry], *, again: bool = False) -> None:
    """Insert entries; with `again`, those that an earlier try may have committed are left alone."""
    if connection.dialect.name == "postgresql" and not again:
        _copy(connection, entries)
        return
    rows = [entry_row(entry) for entry in entries]
    connection.execute(upsert(connection, tables.journal, []), rows)


def _copy(connection: Connection, entries: Sequence[Entry]) -> None:
    # WHY: COPY takes a fifth of the time of an INSERT of many rows (measured).
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(COPY) as copy:
        for entry in entries:
            copy.write_row(entry)


_JOURNALS: weakref.WeakSet[Journal] = weakref.WeakSet()


def _release_before_fork() -> None:
    for journal in list(_JOURNALS):
        journal.release()


def _reset_after_fork() -> None:
    for journal in list(_JOURNALS):
        journal.reset()


def _flush_at_exit() -> None:
    for journal in list(_JOURNALS):
        journal.flush()


# WHY: two processes on one PostgreSQL session read each other's rows, and a child that kept the
# parent's queue would write the same entries again.
os.register_at_fork(before=_release_before_fork, after_in_child=_reset_after_fork)
atexit.register(_flush_at_exit)
