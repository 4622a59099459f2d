"""One database, as whoever needs no more than transactions on it sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from gpd_soap.store.database.engine import READING


class Database:
    """The engine, and transactions on it.  Safe to share by threads."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine."""
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: leaving well commits, an exception rolls back."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self, *, seconds: int | None = None) -> Iterator[Connection]:
        """One transaction that only reads, waits for no writer, and gives up after some seconds.

        Without `seconds` it gives up as every statement does.  LIMIT: SQLite never gives up.
        """
        with self.engine.connect().execution_options(**READING) as connection:
            if seconds is not None and connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL statement_timeout = '{seconds}s'"))
            yield connection
