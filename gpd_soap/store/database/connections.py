"""The short way to the database for the Node's questions: each thread has a connection of its own.

None is taken from a pool or given back, and each statement commits by itself.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Engine

from gpd_soap.store.database.session import Session, session

T = TypeVar("T")


class Connections:
    """One driver connection for each thread, opened when first needed, closed with the thread.

    None survives a fork: a process has its own or none.
    """

    def __init__(self, engine: Engine) -> None:
        """Remember the engine; open nothing."""
        self._engine = engine
        self._dialect: Any = engine.dialect
        self._errors: type[Exception] = self._dialect.loaded_dbapi.Error
        self._mine = threading.local()
        self._all: weakref.WeakValueDictionary[int, _Held] = weakref.WeakValueDictionary()
        _EVERY.add(self)

    def close(self) -> None:
        """Close every thread's connection once it is at rest; who asks again gets a new one."""
        # WHY: valuerefs() is taken in one step, while other threads open and end.
        for held in [reference() for reference in self._all.valuerefs()]:
            if held is not None:
                held.close()

    def rest(self) -> None:
        """Close this thread's connection and the idle ones of the pool."""
        self._drop()
        self._engine.dispose()

    def read(self, work: Callable[[Session], T]) -> T:
        """Do some reading; once more on a fresh connection when this one is dead."""
        held = self._held()
        try:
            with held.used:
                return work(held.session)
        except self._errors as error:
            dead = self._dialect.is_disconnect(error, held.driver, None)
            self._drop()
            if not dead:
                raise
        return self.write(work)

    def write(self, work: Callable[[Session], T]) -> T:
        """Do some writing, never twice; a connection that failed is not used again."""
        held = self._held()
        try:
            with held.used:
                return work(held.session)
        except self._errors:
            self._drop()
            raise

    def _held(self) -> _Held:
        held: _Held | None = getattr(self._mine, "held", None)
        if held is None or held.closed:
            held = self._mine.held = _Held(self._open())
            self._all[id(held)] = held
        return held

    def _open(self) -> Any:
        pooled = self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()
        if self._dialect.name == "postgresql":
            driver.autocommit = True
        return driver

    def _drop(self) -> None:
        held = getattr(self._mine, "held", None)
        if held is not None:
            held.close()


class _Held:
    """A driver connection that is closed with the thread, or the program, that holds it."""

    def __init__(self, driver: Any) -> None:
        self.driver, self.closed = driver, False
        self.session = session(driver)
        # WHY: SQLite crashes the program when a connection is closed under a running statement.
        self.used = threading.Lock()
        self._opened_by = os.getpid()
        self._end = weakref.finalize(self, _close, driver, self._opened_by)

    def close(self) -> None:
        self.closed = True
        # WHY: in a forked child a lock that another thread held stays locked for ever.
        if os.getpid() == self._opened_by:
            with self.used:
                self._end()


def _close(driver: Any, opened_by: int) -> None:
    # WHY: a forked child that closes its copy ends the session of its parent.
    if os.getpid() == opened_by:
        driver.close()


_EVERY: weakref.WeakSet[Connections] = weakref.WeakSet()


def _rest_before_fork() -> None:
    for connections in list(_EVERY):
        connections.rest()


# WHY: gunicorn's master looks at the schema, then forks; two processes on one PostgreSQL session
# read each other's rows, and SQLite forgets its locks on a file that is open across a fork.
# LIMIT: connections that other threads hold stay open in the parent; a server forks before it has
# any.
os.register_at_fork(before=_rest_before_fork)
