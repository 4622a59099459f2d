"""Statements that were prepared before a column's type changed: PostgreSQL refuses each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import NotSupportedError

T = TypeVar("T")

#: What PostgreSQL calls "cached plan must not change result type", and what it cannot do at all.
#: WHY: a server writes its messages in its own language, so that they say nothing to a program.
STALE = "0A000"


def is_stale(error: BaseException | None) -> bool:
    """Whether a statement must be prepared anew; it was refused before it wrote anything."""
    return getattr(error, "sqlstate", None) == STALE


def renew_when_stale(engine: Engine) -> None:
    """Let the pool close all its connections once one of them has such a statement.

    The transaction fails; the next one, on a new connection, prepares its statements anew.
    """
    event.listen(engine, "handle_error", _renew)


def once_more(work: Callable[[], T]) -> T:
    """Return what a transaction returns; run it again if a statement was stale."""
    try:
        return work()
    except NotSupportedError as error:
        if not is_stale(error.orig):
            raise
    return work()


def _renew(context: ExceptionContext) -> None:
    if is_stale(context.original_exception):
        # WHY: the others in the pool have prepared the same.
        context.is_disconnect = True
