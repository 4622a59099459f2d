"""One driver connection, asked the short way: each statement is compiled once and prepared once.

SQLAlchemy Core writes a statement; from then on the driver is asked without it.  Measured, Core
compiled and checked out at each call costs three times as much (shared/spyne.md C5).
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
Take = Callable[[Any], Any]

#: What a parameter's name may begin with; its value is given without it.
#: WHY: SQLAlchemy keeps a column's own name for itself in INSERT and UPDATE.
PREFIX = "v_"

#: A statement's plan is this old at most.
#: WHY: PostgreSQL makes it once, for tables as large as they then are.  One made for a few rows
#: reads all of them, and is kept until autovacuum notices how they have grown, minutes later.
PLAN_SECONDS = 1.0

ANSWERED = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Statement:
    """A Core statement compiled for one dialect, with its values' converters both ways."""

    def __init__(self, statement: Executable, engine: Engine, *, repeated: int = 0) -> None:
        """Compile now, at start, so that a mistake shows then.

        The first `repeated` columns are the same in every row of an answer, and are converted in
        its first row alone.
        """
        assert isinstance(statement, ClauseElement)
        dialect: Any = engine.dialect
        self._postgresql = dialect.name == "postgresql"
        if self._postgresql:
            # WHY: how libpq itself is given values.
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
        self.binders: dict[str, Take] = {name: bind for name, bind in binders if bind is not None}
        columns = getattr(statement, "exported_columns", ())
        takers = [self._taker(column.type, dialect) for column in columns]
        self.takers = [(at, take) for at, take in enumerate(takers) if take is not None]
        self.later = [(at, take) for at, take in self.takers if at >= repeated]

    def _taker(self, kind: TypeEngine[Any], dialect: Any) -> Take | None:
        """What makes our value of a driver's, where that is another."""
        if self._postgresql and isinstance(kind, Instant):
            # WHY: our sessions are in UTC, so that psycopg gives what was kept.
            return None
        impl = kind.dialect_impl(dialect)
        return from_json if isinstance(impl, JSON) else impl.result_processor(dialect, None)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The driver's form of these values, in the order that it wants."""
        bound: dict[str, Any] = {**self.constants, **values}
        for name, binder in self.binders.items():
            bound[name] = binder(bound[name])
        return list(map(bound.__getitem__, self.order))

    def taken(self, rows: list[Row]) -> list[Row]:
        """An answer's rows, converted."""
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


class Session(Protocol):
    """A connection that is asked one statement at a time."""

    def ask(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """Every row of the answer, converted."""

    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """How many rows were written; of a query that writes on its way, how many it gives."""

    def run(self, command: str) -> None:
        """Do something without values and without an answer."""


class SqliteSession:
    """A SQLite connection; its driver keeps what it has compiled."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        """Take a connection in autocommit."""
        # WHY: a new one for each statement costs as much as a third of what it says.
        self._cursor = driver.cursor()

    def ask(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """As in `Session`."""
        self._cursor.execute(statement.sql, statement.arguments(values))
        return statement.taken(self._cursor.fetchall())

    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """As in `Session`."""
        self._cursor.execute(statement.sql, statement.arguments(values))
        return self._cursor.rowcount

    def run(self, command: str) -> None:
        """As in `Session`."""
        self._cursor.execute(command)


class PostgresSession:
    """A PostgreSQL connection, asked through libpq itself, which commits each statement.

    WHY: measured, psycopg's cursor takes a third of a small question, in Python; values are still
    made and read by psycopg.
    """

    def __init__(self, driver: Connection[Any]) -> None:
        """Take a connection that is in no transaction, and is used in no other way."""
        # WHY: JSON is read by our own converter, which knows that most is empty.
        driver.adapters.register_loader("jsonb", TextLoader)
        self._libpq, self._values = driver.pgconn, Transformer(driver)
        socket = self._libpq.socket
        self._word, self._room = _poller(socket, POLLIN), _poller(socket, POLLIN | POLLOUT)
        self._names: dict[Statement, bytes] = {}
        self._numbers = count()
        self._planned_at = monotonic()

    def ask(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """As in `Session`."""
        answer = self._asked(statement, values)
        self._values.set_pgresult(answer)
        return statement.taken(self._values.load_rows(0, answer.ntuples, tuple))

    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """As in `Session`."""
        return self._asked(statement, values).command_tuples or 0

    def _asked(self, statement: Statement, values: Mapping[str, Any]) -> PGresult:
        now = monotonic()
        if now > self._planned_at + PLAN_SECONDS:
            self.run("DISCARD PLANS")
            self._planned_at = now
        sent: Any = self._values.dump_sequence(statement.arguments(values), statement.formats)
        try:
            return self._sent(statement, sent)
        except DatabaseError as error:
            # WHY: it was prepared before a column's type changed.  It is refused before it begins,
            # and each statement is a transaction of its own, so that nothing was written.
            if not is_stale(error) or statement not in self._names:
                raise
        self.run(f"DEALLOCATE {self._names.pop(statement).decode()}")
        return self._sent(statement, sent)

    def _sent(self, statement: Statement, sent: Any) -> PGresult:
        name = self._names.get(statement) or self._prepared(statement)
        self._libpq.send_query_prepared(name, sent, statement.sent_as)
        return self._answer()

    def run(self, command: str) -> None:
        """As in `Session`."""
        self._libpq.send_query(command.encode())
        self._answer()

    def _prepared(self, statement: Statement) -> bytes:
        name = f"asked_{next(self._numbers)}".encode()
        self._libpq.send_prepare(name, statement.sql.encode())
        self._answer()
        self._names[statement] = name
        return name

    def _answer(self) -> PGresult:
        """What came of what was sent; the connection is of no more use where it fails."""
        # WHY: a session that does not block leaves to its user what has no room in the socket.
        while self._libpq.flush():
            self._wait(self._room)
            self._libpq.consume_input()
        answer = self._next()
        # WHY: PostgreSQL commits when it has answered, and what fails then is told then.
        while (later := self._next()) is not None:
            answer = later
        assert answer is not None
        if answer.status not in ANSWERED:
            raise error_from_result(answer)
        return answer

    def _next(self) -> PGresult | None:
        while self._libpq.is_busy():
            self._wait(self._word)
            self._libpq.consume_input()
        return self._libpq.get_result()

    def _wait(self, poller: poll) -> None:
        # WHY: by leaving, not by a cancel: a commit that waits for a standby would be reported as
        # done.
        if not poller.poll(ANSWER_SECONDS * 1000):
            raise OperationalError("the server gave no answer in time")


def _poller(socket: int, event: int) -> poll:
    made = poll()
    made.register(socket, event)
    return made


def session(driver: Any) -> Session:
    """The driver's connection as it is asked here."""
    return PostgresSession(driver) if isinstance(driver, Connection) else SqliteSession(driver)
