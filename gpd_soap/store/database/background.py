"""Writes rows that nobody waits for: callers add to a queue, and a thread writes many at once.

LIMIT: items of the last 0.05 seconds are lost with `kill -9`.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError

#: Seconds in which items gather, and how many of them make one transaction.
GATHER = 0.05
BATCH = 500
#: The longest pause before the next try, and the time for the last write at exit, in seconds.
LONGEST_PAUSE = 8.0
FLUSH_WITHIN = 2.0

Item = TypeVar("Item")
Row = TypeVar("Row")


class BackgroundWriter(Generic[Item, Row]):
    """A queue for all threads of a process, and a thread that writes it.

    A subclass says what a row of an item is, and how rows are written.
    """

    def __init__(self, engine: Engine, name: str, logger: logging.Logger) -> None:
        """Take an engine of its own, whose commits need not wait for a disk.

        `name` is that of the thread, and of the rows in the log.  The thread starts with the first
        item.
        """
        dialect: Any = engine.dialect
        self._engine, self._name, self._logger = engine, name, logger
        self._unusable: tuple[Any, ...] = (DataError, dialect.loaded_dbapi.DataError)
        self.reset()
        _WRITERS.add(self)

    @property
    def max_waiting(self) -> int:
        """The most items that wait while the database is away; those beyond are lost."""
        raise NotImplementedError

    def rows_of(self, items: Sequence[Item]) -> list[Row]:
        """Return the rows of items, each with its key, so that a second try writes none twice."""
        raise NotImplementedError

    def prepare(self, batch: Sequence[Row]) -> None:
        """Do what must be done before a batch is written, in transactions of its own."""

    def insert(self, connection: Connection, batch: Sequence[Row], *, again: bool) -> None:
        """Insert rows; with `again`, leave those alone that an earlier try has committed."""
        raise NotImplementedError

    def release(self) -> None:
        """Close the connection, unless the thread is using it."""
        self._engine.dispose()

    def reset(self) -> None:
        """Empty the queue; in a forked child, whose parent writes the copied items."""
        self._waiting: deque[Item] = deque()
        self._batch: list[Row] = []
        self._tries = self._lost = 0
        self._lock = threading.Lock()
        self._awake, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, item: Item) -> None:
        """Queue an item and return at once."""
        if len(self._waiting) >= self.max_waiting:
            with self._lock:
                self._lost += 1
            return
        self._waiting.append(item)
        if not self._awake.is_set():
            with self._lock:
                self._wake()

    def flush(self, within: float = FLUSH_WITHIN) -> bool:
        """Write the queue and end the thread; return whether all is written `within` seconds.

        The next item starts another thread.
        """
        with self._lock:
            if self._thread is None and not self._left:
                return True
            # WHY: the thread clears `_awake` and then looks at `_ending`, and so misses neither.
            self._ending.set()
            thread = self._wake()
        thread.join(within)
        return not thread.is_alive() and not self._left

    @property
    def _left(self) -> int:
        return len(self._waiting) + len(self._batch)

    def _wake(self) -> threading.Thread:
        """Wake or start the thread and return it; the caller holds the lock."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._awake.set()
        return self._thread

    def _run(self) -> None:
        pause = GATHER
        while True:
            self._awake.wait()
            self._ending.wait(pause)
            self._awake.clear()
            ending = self._ending.is_set()
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
                self._logger.warning("%s writer stopped", self._name, extra={"fields": fields})
            self._thread = None
            self._awake.clear()
            self._ending.clear()
            return True

    def _write_waiting(self) -> bool:
        """Write the items that wait now; return False if the database failed."""
        # WHY: items that arrive meanwhile gather first, or each few would be a transaction.
        batches = bool(self._batch) + -(-len(self._waiting) // BATCH)
        return all(self._write_batch() for _ in range(batches))

    def _write_batch(self) -> bool:
        """Write the batch that failed before, or the next one; return False if it failed."""
        if not self._batch:
            size = min(BATCH, len(self._waiting))
            self._batch = self.rows_of([self._waiting.popleft() for _ in range(size)])
        lost = 0
        try:
            self.prepare(self._batch)
            with self._engine.begin() as connection:
                self.insert(connection, self._batch, again=self._tries > 0)
        except self._unusable:
            # WHY: this batch would fail at each try, and the rows behind it would wait for ever.
            self._logger.exception("the database rejected a batch of %s entries", self._name)
            lost = len(self._batch)
        except Exception:
            if not self._tries:
                self._logger.warning(
                    "the %s cannot be written: entries wait", self._name, exc_info=True
                )
            self._tries += 1
            return False
        self._finish_batch(lost)
        return True

    def _finish_batch(self, lost: int) -> None:
        """Forget the batch, and log the recovery or the loss, if any."""
        with self._lock:
            lost, self._lost = lost + self._lost, 0
        if lost or self._tries:
            fields = {"lost": lost}
            self._logger.warning("%s writer recovered", self._name, extra={"fields": fields})
        self._batch, self._tries = [], 0


_WRITERS: weakref.WeakSet[BackgroundWriter[Any, Any]] = weakref.WeakSet()


def _release_before_fork() -> None:
    for writer in list(_WRITERS):
        writer.release()


def _reset_after_fork() -> None:
    for writer in list(_WRITERS):
        writer.reset()


def _flush_at_exit() -> None:
    for writer in list(_WRITERS):
        writer.flush()


# WHY: two processes on one PostgreSQL session read each other's rows, and a child that kept the
# parent's queue would write the same rows again.
os.register_at_fork(before=_release_before_fork, after_in_child=_reset_after_fork)
atexit.register(_flush_at_exit)
