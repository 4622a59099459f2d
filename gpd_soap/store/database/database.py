"""One database, for code that needs only transactions on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from gpd_soap.store.database.engine import READING


class Database:
    """The engine, and transactions on it.  Threads may share it."""

    def __init__(self, engine: Engine) -> None:
        """Takes the engine; opens no connection yet."""
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Opens a transaction; commits it at the end of the block, rolls back at an exception."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self, *, seconds: int | None = None) -> Iterator[Connection]:
        """Opens a transaction that only reads, and that waits for no writer.

        Each statement ends after `seconds`, or after `STATEMENT_SECONDS` if none are given.
        LIMIT: SQLite has no such limit.
        """
        with self.engine.connect().execution_options(**READING) as connection:
            if seconds is not None and connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL statement_timeout = '{seconds}s'"))
            yield connection
