"""Transactions for someone who waits: tried again where trying helps, or step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, NotSupportedError, OperationalError

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.errors import StoreError, UnusableDatabase
from gpd_soap.store.database.stale import STALE

T = TypeVar("T")

#: What some work is given to work on: a transaction that is the caller's to end.
Transaction = Connection

#: LIMIT: each try loses only to another that won.
ATTEMPTS = 3
#: What PostgreSQL calls a deadlock, a transaction that cannot be put in line, and a statement that
#: was prepared before a column's type changed.
AGAIN = ("40P01", "40001", STALE)
#: What a driver says when a database could not take something that was in order.
TROUBLE = (
    OperationalError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    UnusableDatabase,
)


class Unavailable(StoreError):
    """The database cannot be reached, or others held what was needed for too long."""

    def __init__(self) -> None:
        """Say so in our own words."""
        # WHY: the driver's words may hold what was sent, and are nobody's out there.
        super().__init__("the database could not take this")


def in_transaction(store: Database, work: Callable[[Transaction], T]) -> T:
    """Do some work in a transaction; Unavailable where the database could not take it."""
    for left in reversed(range(ATTEMPTS)):
        try:
            with store.begin() as connection:
                return work(connection)
        except TROUBLE as error:
            cause = getattr(error, "orig", None)
            if not left or getattr(cause, "sqlstate", None) not in AGAIN:
                raise Unavailable from error
    raise AssertionError("unreachable")


def read_only(store: Database, work: Callable[[Transaction], T]) -> T:
    """Returns what some work reads, in a transaction that waits for no writer.

    Raises Unavailable if the database cannot answer.  A statement of `work` that writes fails.
    """
    try:
        with store.reading() as connection:
            return work(connection)
    except TROUBLE as error:
        raise Unavailable from error


@contextmanager
def in_steps(store: Database) -> Iterator[Transaction]:
    """One transaction after another, each ended by the caller's `commit`; the last, or nothing.

    What is not committed is rolled back; Unavailable as in `attempt`, and nothing is tried again.
    """
    try:
        with store.engine.connect() as connection:
            yield connection
    except TROUBLE as error:
        raise Unavailable from error


class _Undone(Exception):
    """Raised to leave a transaction with nothing kept."""


def dry_run(store: Database, work: Callable[[Transaction], T]) -> T:
    """What some work would come to: done in a transaction, and undone."""
    come_to: list[T] = []

    def undone(connection: Transaction) -> None:
        come_to[:] = [work(connection)]
        raise _Undone

    with suppress(_Undone):
        in_transaction(store, undone)
    return come_to[0]
