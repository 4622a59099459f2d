"""Statements that were prepared before a column's type changed: PostgreSQL refuses each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import NotSupportedError

from gpd_soap.store.database.errors import sqlstate

T = TypeVar("T")

#: PostgreSQL's code for "cached plan must not change result type", and for unsupported features.
#: WHY: the text of a message depends on the server's language; the code does not.
STALE = "0A000"


def is_stale(error: BaseException | None) -> bool:
    """Returns whether a statement must be prepared anew; it was refused before it wrote."""
    return sqlstate(error) == STALE


def renew_when_stale(engine: Engine) -> None:
    """Makes the pool close all its connections once one of them has a stale statement.

    That transaction fails.  The next one has a new connection, and prepares its statements anew.
    """
    event.listen(engine, "handle_error", _renew)


def retry_when_stale(work: Callable[[], T]) -> T:
    """Returns what `work` returns; runs it a second time if a statement was stale."""
    try:
        return work()
    except NotSupportedError as error:
        if not is_stale(error.orig):
            raise
    return work()


def _renew(context: ExceptionContext) -> None:
    if is_stale(context.original_exception):
        # WHY: the other connections in the pool have prepared the same statements.
        context.is_disconnect = True
