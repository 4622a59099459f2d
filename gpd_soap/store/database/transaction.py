"""Transactions for commands and the REST API: retried where that helps, or in steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, NotSupportedError, OperationalError

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.errors import DEADLOCK, StoreError, UnusableDatabase, sqlstate
from gpd_soap.store.database.stale import STALE

T = TypeVar("T")

#: A transaction that its caller ends.
Transaction = Connection

#: LIMIT: 3 attempts, because each fails only where another transaction succeeded.
ATTEMPTS = 3
#: PostgreSQL's codes for a deadlock, a serialization failure and a stale statement.
RETRYABLE = (DEADLOCK, "40001", STALE)
#: Errors of a driver that mean that the database failed, and not that the data were wrong.
DATABASE_ERRORS = (
    OperationalError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    UnusableDatabase,
)


class Unavailable(StoreError):
    """The database cannot be reached, or other sessions held the needed locks too long."""

    def __init__(self) -> None:
        """Sets a message of our own."""
        # WHY: the driver's message may contain personal data that was sent.
        super().__init__("the database cannot be reached, or is too busy")


def in_transaction(store: Database, work: Callable[[Transaction], T]) -> T:
    """Returns what `work` does in a transaction.  Raises Unavailable if the database fails."""
    for left in reversed(range(ATTEMPTS)):
        try:
            with store.begin() as connection:
                return work(connection)
        except DATABASE_ERRORS as error:
            if not left or sqlstate(error) not in RETRYABLE:
                raise Unavailable from error
    raise AssertionError("unreachable")


def read_only(store: Database, work: Callable[[Transaction], T]) -> T:
    """Returns what `work` reads, in a transaction that waits for no writer.

    A statement of `work` that writes fails.  Raises Unavailable if the database cannot answer.
    """
    try:
        with store.reading() as connection:
            return work(connection)
    except DATABASE_ERRORS as error:
        raise Unavailable from error


@contextmanager
def in_steps(store: Database) -> Iterator[Transaction]:
    """Opens one transaction after another; the caller's `commit` ends each.

    Rolls back at the end what was not committed.  Retries nothing.
    Raises Unavailable if the database fails.
    """
    try:
        with store.engine.connect() as connection:
            yield connection
    except DATABASE_ERRORS as error:
        raise Unavailable from error


class _Undo(Exception):
    """Raised to roll a transaction back."""


def dry_run(store: Database, work: Callable[[Transaction], T]) -> T:
    """Returns what `work` returns, run in a transaction that is rolled back.

    Raises Unavailable if the database fails.
    """
    results: list[T] = []

    def undone(connection: Transaction) -> None:
        results[:] = [work(connection)]
        raise _Undo

    with suppress(_Undo):
        in_transaction(store, undone)
    return results[0]
