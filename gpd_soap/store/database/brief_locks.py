"""Transactions that lock tables whole, beside writers that wait for no backup.

Who writes to a table waits behind a lock on it that itself waits for an older transaction, and a
backup reads for hours.  So these transactions give up a lock that they do not get soon, and run
again after a pause.

A try can fail for three reasons, and the next one must not fail for the same.  A backup ends.  A
session that holds one table and waits for another that we hold is met in the other order
(`LockOrder`).  An automatic vacuum ends for who has waited for a second.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.errors import DEADLOCK, LocksHeld, sqlstate

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: LIMIT: 500 ms for a lock, because the Node expects an answer within 2 s.
LOCK_MILLISECONDS = 500
#: LIMIT: 200 ms more than `deadlock_timeout`, after which PostgreSQL ends an automatic vacuum.
AFTER_DEADLOCK_TIMEOUT = 200
#: LIMIT: seconds between the tries, 5 minutes in all.
PAUSES = (*(1.0,) * 8, 2.0, 3.0, 5.0, *(10.0,) * 28)
#: The number of our advisory lock; PostgreSQL gives those locks no names.
LOCK = 4_736_017
#: PostgreSQL's codes for a lock that was not given in time, and for a deadlock.
LOCKED_OUT = ("55P03", DEADLOCK)

#: The milliseconds after which PostgreSQL ends an automatic vacuum, where one holds a table of ours
#: now, else none.  A build of an index and another vacuum hold the same lock.
VACUUM_ENDS = text("""
SELECT setting::int FROM pg_settings WHERE name = 'deadlock_timeout' AND EXISTS (
    SELECT FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE mode = 'ShareUpdateExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relnamespace = current_schema()::regnamespace)
""")
#: The milliseconds for which this transaction waits for a lock.
PATIENCE = text("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")


def with_brief_locks(
    engine: Engine, work: Callable[[Connection], T], *, pauses: Sequence[float] = PAUSES
) -> T:
    """Returns what `work` does in a transaction that waits half a second for each lock.

    Where another session holds one, the transaction is rolled back and runs again after a pause.
    It waits a little longer than `deadlock_timeout` where a vacuum was at work.
    Raises LocksHeld if the last try met one too.  SQLite has no locks on tables.
    """
    milliseconds = LOCK_MILLISECONDS
    for pause in pauses:
        try:
            return _once(engine, work, milliseconds)
        except LocksHeld:
            logger.warning("tables are in use by another session: next try in %g s", pause)
            time.sleep(pause)
            milliseconds = _patience(engine)
    return _once(engine, work, milliseconds)


def _once(engine: Engine, work: Callable[[Connection], T], milliseconds: int) -> T:
    try:
        with engine.begin() as connection:
            wait_briefly(connection, milliseconds)
            return work(connection)
    except OperationalError as error:
        if sqlstate(error) not in LOCKED_OUT:
            raise
        raise LocksHeld("another session holds a lock on the tables") from error


def _patience(engine: Engine) -> int:
    """Returns for how many milliseconds the next try waits for a lock."""
    with engine.connect() as connection:
        ends = connection.execute(VACUUM_ENDS).scalar()
    return (
        LOCK_MILLISECONDS if ends is None else max(LOCK_MILLISECONDS, ends) + AFTER_DEADLOCK_TIMEOUT
    )


class LockOrder:
    """The order in which the tries of one command lock tables whole, on PostgreSQL.

    Locks that are taken one by one meet sessions that wait for the first and hold the second, at
    each try while requests arrive.  So a table that was not given is the first of the next try,
    when nothing else is held.  After a few tries the order is that of the other sessions.
    """

    def __init__(self) -> None:
        """Begins without a table that was not given."""
        self._not_given: list[str] = []

    def lock(self, connection: Connection, names: Sequence[str]) -> None:
        """Locks these tables.  Raises LocksHeld if all of them together are not given in time.

        The first is waited for as long as this transaction waits for a lock, the others together
        for half a second.
        """
        if connection.dialect.name != "postgresql":
            return
        milliseconds: int = connection.execute(PATIENCE).scalar_one()
        deadline = None
        for name in sorted(names, key=self._lock_order):
            wait_briefly(connection, milliseconds)
            try:
                lock_tables(connection, [name])
            except OperationalError as error:
                if sqlstate(error) not in LOCKED_OUT:
                    raise
                self._not_given = [name, *(each for each in self._not_given if each != name)]
                raise LocksHeld(f"another session holds a lock on {name}") from error
            # WHY: receipts wait for the first tables while the last ones are waited for, and
            # PostgreSQL ends one that has waited for `deadlock_timeout` for us and we for it.
            deadline = deadline or time.monotonic() + LOCK_MILLISECONDS / 1000
            milliseconds = max(1, round((deadline - time.monotonic()) * 1000))
        wait_briefly(connection)

    def _lock_order(self, name: str) -> int:
        return self._not_given.index(name) if name in self._not_given else len(self._not_given)


def lock_tables(connection: Connection, names: Sequence[str], *, only: bool = False) -> None:
    """Locks these tables whole, on PostgreSQL; with `only` not their partitions."""
    if connection.dialect.name == "postgresql" and names:
        word = "ONLY " if only else ""
        quoted = (word + connection.dialect.identifier_preparer.quote(name) for name in names)
        connection.execute(text(f"LOCK TABLE {', '.join(quoted)} IN ACCESS EXCLUSIVE MODE"))


def lock_schema(connection: Connection) -> None:
    """Waits until no other session changes tables or rights as we do, on PostgreSQL."""
    if connection.dialect.name == "postgresql":
        without_statement_timeout(connection)
        patience = connection.execute(PATIENCE).scalar_one()
        wait_briefly(connection, 0)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        wait_briefly(connection, patience)


def wait_briefly(connection: Connection, milliseconds: int = LOCK_MILLISECONDS) -> None:
    """Makes this transaction wait half a second, or as long as given, for each lock from now on."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))
