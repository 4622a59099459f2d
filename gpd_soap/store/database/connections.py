"""The fast path to the database for the node face: each thread has a connection of its own.

No pool is involved, and each statement commits by itself.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Engine

from gpd_soap.store.database.errors import DEADLOCK, sqlstate
from gpd_soap.store.database.session import Session, session

T = TypeVar("T")


class Connections:
    """One driver connection for each thread, opened at its first use, closed with the thread.

    No connection survives a fork: the child process opens its own.
    """

    def __init__(self, engine: Engine) -> None:
        """Takes the engine; opens no connection yet."""
        self._engine = engine
        self._dialect: Any = engine.dialect
        self._errors: type[Exception] = self._dialect.loaded_dbapi.Error
        self._local = threading.local()
        self._all: weakref.WeakValueDictionary[int, _ThreadConnection] = (
            weakref.WeakValueDictionary()
        )
        _INSTANCES.add(self)

    def close(self) -> None:
        """Closes the connection of every thread once it is idle.  The next use opens a new one."""
        # WHY: valuerefs() is taken in one step, while other threads open and end.
        for current in [reference() for reference in self._all.valuerefs()]:
            if current is not None:
                current.close()

    def release(self) -> None:
        """Closes this thread's connection and the idle connections of the pool."""
        self._drop()
        self._engine.dispose()

    def read(self, work: Callable[[Session], T]) -> T:
        """Returns what `work` reads.

        Runs it again on a new connection if this one is dead, or if a deadlock ended it.
        """
        current = self._current()
        try:
            with current.used:
                return work(current.session)
        except self._errors as error:
            dead = self._dialect.is_disconnect(error, current.driver, None)
            self._drop()
            if not dead and sqlstate(error) != DEADLOCK:
                raise
        return self.write(work)

    def write(self, work: Callable[[Session], T]) -> T:
        """Returns the result of `work`, one transaction.  A failed connection is not used again.

        It is run a second time after a deadlock alone, which has undone the first.
        """
        try:
            return self._once(work)
        except self._errors as error:
            if sqlstate(error) != DEADLOCK:
                raise
        return self._once(work)

    def _once(self, work: Callable[[Session], T]) -> T:
        current = self._current()
        try:
            with current.used:
                return work(current.session)
        except self._errors:
            self._drop()
            raise

    def _current(self) -> _ThreadConnection:
        current: _ThreadConnection | None = getattr(self._local, "current", None)
        if current is None or current.closed:
            current = self._local.current = _ThreadConnection(self._open())
            self._all[id(current)] = current
        return current

    def _open(self) -> Any:
        pooled = self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()
        if self._dialect.name == "postgresql":
            driver.autocommit = True
        return driver

    def _drop(self) -> None:
        current = getattr(self._local, "current", None)
        if current is not None:
            current.close()


class _ThreadConnection:
    """A driver connection that is closed with the thread, or the process, that holds it."""

    def __init__(self, driver: Any) -> None:
        self.driver, self.closed = driver, False
        self.session = session(driver)
        # WHY: closing a connection while its statement runs crashes SQLite.
        self.used = threading.Lock()
        self._opened_by = os.getpid()
        self._end = weakref.finalize(self, _close, driver, self._opened_by)

    def close(self) -> None:
        self.closed = True
        # WHY: in a forked child, a lock that another thread held is never released.
        if os.getpid() == self._opened_by:
            with self.used:
                self._end()


def _close(driver: Any, opened_by: int) -> None:
    # WHY: closing the copy in a forked child would end the session of its parent.
    if os.getpid() == opened_by:
        driver.close()


_INSTANCES: weakref.WeakSet[Connections] = weakref.WeakSet()


def _release_before_fork() -> None:
    for connections in list(_INSTANCES):
        connections.release()


# WHY: gunicorn's master reads the schema, then forks.  Two processes on one PostgreSQL session read
# each other's rows, and SQLite loses its locks on a file that is open across a fork.
# LIMIT: connections that other threads hold stay open in the parent.  A server forks before it has
# such threads.
os.register_at_fork(before=_release_before_fork)
