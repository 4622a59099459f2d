"""Transactions that lock tables whole, beside writers that wait for no backup.

Who writes to a table waits behind a lock on it that itself waits for an older transaction, and a
backup reads for hours.  So these transactions give up a lock that they do not get soon, and run
again after a pause.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from gpd_soap.store.database.errors import LocksHeld

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: LIMIT: 500 ms for a lock, because the Node expects an answer within 2 s.
LOCK_MILLISECONDS = 500
#: LIMIT: seconds between the tries, 5 minutes in all.
PAUSES = (1.0, 2.0, 3.0, 5.0, *(10.0,) * 29)
#: PostgreSQL's codes for a lock that was not given in time, and for a deadlock.
LOCKED_OUT = ("55P03", "40P01")


def with_brief_locks(
    engine: Engine, work: Callable[[Connection], T], *, pauses: Sequence[float] = PAUSES
) -> T:
    """Returns what `work` does in a transaction that waits half a second for each lock.

    Where another session holds one, the transaction is rolled back and runs again after a pause.
    Raises LocksHeld if the last try met one too.  SQLite has no locks on tables.
    """
    for pause in pauses:
        try:
            return _once(engine, work)
        except LocksHeld:
            logger.warning("tables are in use by another session: next try in %g s", pause)
            time.sleep(pause)
    return _once(engine, work)


def _once(engine: Engine, work: Callable[[Connection], T]) -> T:
    try:
        with engine.begin() as connection:
            wait_briefly(connection)
            return work(connection)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in LOCKED_OUT:
            raise
        raise LocksHeld("another session holds a lock on the tables") from error


def lock_tables(connection: Connection, names: Sequence[str]) -> None:
    """Locks these tables whole, on PostgreSQL, before the first of them is altered.

    Locks that are taken one by one, with work between them, meet other sessions that wait for the
    first and hold the second, at each try while requests arrive.
    """
    if connection.dialect.name == "postgresql" and names:
        quoted = map(connection.dialect.identifier_preparer.quote, names)
        connection.execute(text(f"LOCK TABLE {', '.join(quoted)} IN ACCESS EXCLUSIVE MODE"))


def wait_briefly(connection: Connection) -> None:
    """Makes this transaction wait half a second for each lock from now on."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}"))
