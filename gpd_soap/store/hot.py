"""The short way to the database for the Node's questions: compiled once, prepared, no session.

SQLAlchemy Core writes the statement; from then on each thread runs it on a driver connection of
its own, in autocommit.  Measured, Core compiled and checked out at each call costs three times as
much (shared/spyne.md C5).
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

Row = Sequence[Any]
Take = Callable[[Any], Any]
T = TypeVar("T")


class Statement:
    """A Core statement compiled for one dialect, with its values' converters both ways."""

    def __init__(self, statement: Executable, engine: Engine, *, repeated: int = 0) -> None:
        """Compile now, at start, so that a mistake shows then.

        The first `repeated` columns are the same in every row of an answer, and are converted in
        its first row alone.
        """
        assert isinstance(statement, ClauseElement)
        dialect = engine.dialect
        compiled: Any = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.constants: dict[str, Any] = {
            name: value for name, value in compiled.params.items() if value is not None
        }
        self.order: Sequence[str] | None = compiled.positiontup
        self.binders: dict[str, Take] = {}
        for bind, name in compiled.bind_names.items():
            binder = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if binder is not None:
                self.binders[name] = binder
        columns = getattr(statement, "exported_columns", ())
        # WHY: asked of the cursor, psycopg would describe every column for each answer.
        self.returns = len(columns) > 0
        takers = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
        self.takers = [(at, take) for at, take in enumerate(takers) if take is not None]
        self.later = [(at, take) for at, take in self.takers if at >= repeated]

    def arguments(self, values: Mapping[str, Any]) -> Mapping[str, Any] | Sequence[Any]:
        """The driver's form of these values, in the order or under the names it wants."""
        bound: dict[str, Any] = {**self.constants, **values}
        for name, binder in self.binders.items():
            bound[name] = binder(bound[name])
        return bound if self.order is None else [bound[name] for name in self.order]

    def run(self, cursor: Any, values: Mapping[str, Any]) -> list[Row]:
        """Execute on a driver's cursor and give back every row, converted."""
        cursor.execute(self.sql, self.arguments(values))
        if not self.returns:
            return []
        rows: list[Row] = cursor.fetchall()
        if not self.takers or not rows:
            return rows
        first, *others = rows
        return [_taken(first, self.takers), *(_taken(row, self.later) for row in others)]


def _taken(row: Row, takers: Sequence[tuple[int, Take]]) -> Row:
    taken = list(row)
    for at, take in takers:
        if taken[at] is not None:
            taken[at] = take(taken[at])
    return taken


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

    def read(self, work: Callable[[Any], T]) -> T:
        """Run a read on a cursor; once more on a fresh connection when this one is dead."""
        held = self._held()
        try:
            with held.used:
                return work(held.cursor)
        except self._errors as error:
            dead = self._dialect.is_disconnect(error, held.driver, None)
            self._drop()
            if not dead:
                raise
        return self.write(work)

    def write(self, work: Callable[[Any], T]) -> T:
        """Run a write on a cursor, never twice; a connection that failed is not used again."""
        held = self._held()
        try:
            with held.used:
                return work(held.cursor)
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
            driver.prepare_threshold = 0
        return driver

    def _drop(self) -> None:
        held = getattr(self._mine, "held", None)
        if held is not None:
            held.close()


class _Held:
    """A driver connection that is closed with the thread, or the program, that holds it."""

    def __init__(self, driver: Any) -> None:
        self.driver, self.closed = driver, False
        # WHY: a new one for each statement costs as much as a third of what it says.
        self.cursor = driver.cursor()
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
