"""Waits for a condition, for as long as the machine of this run needs."""

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from gpd_soap.store.store import Store

#: LIMIT: 180 s, after which a test counts as hanging; no machine is so slow.
HANGS = 180.0
#: How many times slower than the usual answers of the same run an answer may be.
TIMES = 20
#: Query for the sessions of PostgreSQL that wait for a lock in this database.
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def until(holds: Callable[[], object], lack: str) -> None:
    """Return when a condition holds; raises AssertionError with `lack` after `HANGS` seconds."""
    deadline = time.monotonic() + HANGS
    while not holds():
        assert time.monotonic() < deadline, lack
        time.sleep(0.02)


def until_locked_out(store: Store, sessions: int) -> None:
    """Return when this many sessions of a PostgreSQL database wait for a lock."""

    def waiting() -> bool:
        with store.engine.connect() as connection:
            return bool(connection.execute(text(WAITING)).scalar_one() >= sessions)

    until(waiting, f"{sessions} sessions that wait for a lock")


def look_for_deadlocks_late(store: Store) -> None:
    """Make PostgreSQL look for a deadlock after a session has waited for 3 s, instead of 1.

    It looks once.  On a slow machine a test needs the time to let the other session wait too.
    """
    with store.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f'ALTER DATABASE "{name}" SET deadlock_timeout = 3000'))
    store.close()  # each session has the setting from its beginning


def children(process: int) -> set[int]:
    """Return the ids of a process's children, such as a server's workers."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return set(map(int, listed.split()))


def seconds(act: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def bound(limit: float, act: Callable[[], object]) -> float:
    """Return a limit in seconds, or more where the slowest of five is slow on this machine.

    WHY: a loaded machine makes every answer slow, so an answer is compared with others like it.
    """
    return max(limit, TIMES * max(seconds(act) for _ in range(5)))
