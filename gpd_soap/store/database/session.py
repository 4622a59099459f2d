"""One driver connection, used directly: each statement is compiled once and prepared once.

SQLAlchemy Core compiles a statement, and the driver then executes it without SQLAlchemy.
WHY: a query through Core, with a connection from the pool, took three times as long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from select import POLLIN, POLLOUT, poll
from time import monotonic
from typing import Any, Protocol

from psycopg import Connection, DatabaseError, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.types.string import TextLoader
from sqlalchemy import JSON, Engine, LargeBinary
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from gpd_soap.store.database.engine import ANSWER_SECONDS, from_json
from gpd_soap.store.database.stale import is_stale
from gpd_soap.store.tables.base import Instant

Row = Sequence[Any]
Converter = Callable[[Any], Any]

#: A prefix of parameter names; values are passed under the name without it.
#: WHY: SQLAlchemy reserves the names of the columns in INSERT and UPDATE.
PREFIX = "v_"

#: The greatest age of a statement's plan.
#: WHY: PostgreSQL makes a plan once, for the size that the tables then have.  A plan for a few rows
#: reads all rows, and stays until autovacuum analyzes the grown table, minutes later.
PLAN_SECONDS = 1.0

SUCCEEDED = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Statement:
    """A Core statement compiled for one dialect, with converters of its parameters and rows."""

    def __init__(self, statement: Executable, engine: Engine, *, repeated: int = 0) -> None:
        """Compiles the statement now, so that a mistake appears when the process starts.

        The first `repeated` columns are the same in every row of a result.  They are converted
        only in its first row.
        """
        assert isinstance(statement, ClauseElement)
        dialect: Any = engine.dialect
        self._postgresql = dialect.name == "postgresql"
        if self._postgresql:
            # WHY: libpq takes parameters as $1, $2.
            dialect = type(dialect)(paramstyle="numeric_dollar")
        compiled: Any = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        named = {name: name.removeprefix(PREFIX) for name in compiled.params}
        self.constants: dict[str, Any] = {
            named[name]: value for name, value in compiled.params.items() if value is not None
        }
        self.order = [named[name] for name in compiled.positiontup]
        kinds = {named[name]: bind.type for bind, name in compiled.bind_names.items()}
        binary = [isinstance(kinds[name], LargeBinary) for name in self.order]
        self.formats = [PyFormat.BINARY if each else PyFormat.TEXT for each in binary]
        self.sent_as = [Format.BINARY if each else Format.TEXT for each in binary]
        binders = (
            (name, kind.dialect_impl(dialect).bind_processor(dialect))
            for name, kind in kinds.items()
        )
        self.binders: dict[str, Converter] = {
            name: bind for name, bind in binders if bind is not None
        }
        columns = getattr(statement, "exported_columns", ())
        converters = [self._converter(column.type, dialect) for column in columns]
        self.converters = [
            (index, each) for index, each in enumerate(converters) if each is not None
        ]
        self.later_converters = [
            (index, each) for index, each in self.converters if index >= repeated
        ]

    def _converter(self, kind: TypeEngine[Any], dialect: Any) -> Converter | None:
        """Returns the converter of a driver's value to ours; None if they are the same."""
        if self._postgresql and isinstance(kind, Instant):
            # WHY: our sessions are in UTC, so psycopg returns the stored instant in UTC.
            return None
        impl = kind.dialect_impl(dialect)
        return from_json if isinstance(impl, JSON) else impl.result_processor(dialect, None)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Returns these values in the driver's form and order."""
        bound: dict[str, Any] = {**self.constants, **values}
        for name, binder in self.binders.items():
            bound[name] = binder(bound[name])
        return list(map(bound.__getitem__, self.order))

    def convert(self, rows: list[Row]) -> list[Row]:
        """Returns the rows of a result with our values."""
        if not self.converters or not rows:
            return rows
        first, *others = rows
        return [
            _converted(first, self.converters),
            *(_converted(row, self.later_converters) for row in others),
        ]


def _converted(row: Row, converters: Sequence[tuple[int, Converter]]) -> Row:
    values = list(row)
    for index, convert in converters:
        if values[index] is not None:
            values[index] = convert(values[index])
    return values


class Session(Protocol):
    """A connection that executes one statement at a time."""

    def fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """Returns every row of the result, with our values."""

    def run(self, command: str) -> None:
        """Runs a command without parameters and without a result."""


class SqliteSession:
    """A SQLite connection; its driver caches compiled statements."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        """Takes a connection in autocommit."""
        # WHY: a new cursor for each statement costs a third of what the statement costs.
        self._cursor = driver.cursor()

    def fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """As `Session.fetch`."""
        self._cursor.execute(statement.sql, statement.arguments(values))
        return statement.convert(self._cursor.fetchall())

    def run(self, command: str) -> None:
        """As `Session.run`."""
        self._cursor.execute(command)


class PostgresSession:
    """A PostgreSQL connection, used through libpq, which commits each statement.

    WHY: psycopg's cursor takes a third of the time of a small query.  psycopg still converts the
    values.
    """

    def __init__(self, driver: Connection[Any]) -> None:
        """Takes a connection that is in no transaction, and that nothing else uses."""
        # WHY: our own converter of JSON is faster, because most values are empty lists.
        driver.adapters.register_loader("jsonb", TextLoader)
        self._libpq, self._values = driver.pgconn, Transformer(driver)
        socket = self._libpq.socket
        self._readable = _poller(socket, POLLIN)
        self._writable = _poller(socket, POLLIN | POLLOUT)
        self._names: dict[Statement, bytes] = {}
        self._numbers = count()
        self._planned_at = monotonic()

    def fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """As `Session.fetch`."""
        result = self._execute(statement, values)
        self._values.set_pgresult(result)
        return statement.convert(self._values.load_rows(0, result.ntuples, tuple))

    def _execute(self, statement: Statement, values: Mapping[str, Any]) -> PGresult:
        now = monotonic()
        if now > self._planned_at + PLAN_SECONDS:
            self.run("DISCARD PLANS")
            self._planned_at = now
        arguments: Any = self._values.dump_sequence(statement.arguments(values), statement.formats)
        try:
            return self._send(statement, arguments)
        except DatabaseError as error:
            # WHY: the statement was prepared before a column's type changed.  The server refuses it
            # before it begins.  Each statement is a transaction, so nothing was written.
            if not is_stale(error) or statement not in self._names:
                raise
        self.run(f"DEALLOCATE {self._names.pop(statement).decode()}")
        return self._send(statement, arguments)

    def _send(self, statement: Statement, arguments: Any) -> PGresult:
        name = self._names.get(statement) or self._prepare(statement)
        self._libpq.send_query_prepared(name, arguments, statement.sent_as)
        return self._result()

    def run(self, command: str) -> None:
        """As `Session.run`."""
        self._libpq.send_query(command.encode())
        self._result()

    def _prepare(self, statement: Statement) -> bytes:
        name = f"statement_{next(self._numbers)}".encode()
        self._libpq.send_prepare(name, statement.sql.encode())
        self._result()
        self._names[statement] = name
        return name

    def _result(self) -> PGresult:
        """Returns the result of the command that was sent.

        Raises DatabaseError if it failed; the connection is then not usable any more.
        """
        # WHY: on a non-blocking session, the caller sends the bytes that the socket did not take.
        while self._libpq.flush():
            self._wait(self._writable)
            self._libpq.consume_input()
        result = self._next_result()
        # WHY: PostgreSQL commits after the first result, and reports a failed commit in a second.
        while (later := self._next_result()) is not None:
            result = later
        assert result is not None
        if result.status not in SUCCEEDED:
            raise error_from_result(result)
        return result

    def _next_result(self) -> PGresult | None:
        while self._libpq.is_busy():
            self._wait(self._readable)
            self._libpq.consume_input()
        return self._libpq.get_result()

    def _wait(self, poller: poll) -> None:
        # WHY: the connection is closed and no cancel is sent, because a cancelled commit that waits
        # for a standby would be reported as done.
        if not poller.poll(ANSWER_SECONDS * 1000):
            raise OperationalError("the server gave no answer in time")


def _poller(socket: int, event: int) -> poll:
    poller = poll()
    poller.register(socket, event)
    return poller


def session(driver: Any) -> Session:
    """Returns a session on the driver's connection."""
    return PostgresSession(driver) if isinstance(driver, Connection) else SqliteSession(driver)
