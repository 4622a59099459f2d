"""Tries for locks on whole tables: one that failed must not fail again for the same reason."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, text

from gpd_soap.store.database import brief_locks
from gpd_soap.store.database.brief_locks import LockOrder, with_brief_locks
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.errors import LocksHeld
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.store import Store
from tests.postgres import Postgres
from tests.store.samples import NOW
from tests.waiting import until, until_locked_out

WRITES = "LOCK TABLE {} IN ROW EXCLUSIVE MODE"
EVENT, OPTION = "event", "payment_option"
#: Counts the automatic vacuums of this database that are at work.
VACUUMS = text(
    "SELECT count(*) FROM pg_stat_progress_vacuum p JOIN pg_stat_activity a USING (pid)"
    " WHERE p.datname = current_database() AND a.backend_type = 'autovacuum worker'"
)

#: Settings of a table that an automatic vacuum begins soon and does not end.
SLOWLY = (
    "autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,"
    " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"
)


@contextmanager
def writing(engine: Engine, table: str) -> Iterator[Connection]:
    """Write to a table in a transaction that stays open."""
    with engine.begin() as connection:
        connection.execute(text(WRITES.format(table)))
        yield connection


def lock(engine: Engine, order: LockOrder, names: Sequence[str], milliseconds: int) -> None:
    """Make one try for these tables."""
    with engine.begin() as connection:
        brief_locks.wait_briefly(connection, milliseconds)
        order.lock(connection, names)


def test_table_that_was_not_given_is_waited_for_first(on_postgresql: Store):
    """A transaction that has one table and needs the other would meet us at every try."""
    engine, order = on_postgresql.engine, LockOrder()
    with ThreadPoolExecutor(1) as pool, writing(engine, OPTION) as request:
        with pytest.raises(LocksHeld):
            lock(engine, order, (EVENT, OPTION), 50)
        second_try = pool.submit(lock, engine, order, (EVENT, OPTION), 60_000)
        until_locked_out(on_postgresql, 1)

        request.execute(text("SET LOCAL lock_timeout = 1000"))
        request.execute(text(WRITES.format(EVENT)))
        request.commit()
        second_try.result(60)


def test_tables_are_held_for_half_a_second_while_the_others_are_waited_for(on_postgresql: Store):
    """Who writes to the first one waits, whatever the patience for the first one was."""
    engine = on_postgresql.engine
    with writing(engine, OPTION):
        begun = time.monotonic()
        with pytest.raises(LocksHeld, match=OPTION):
            lock(engine, LockOrder(), (EVENT, OPTION), 60_000)

    assert time.monotonic() - begun < 30


def test_automatic_vacuum_does_not_keep_a_table_from_an_upgrade():
    """PostgreSQL ends it for who waits for a second, and a big table's takes hours."""
    with Postgres() as server:
        server.settings = {"autovacuum_naptime": "1s"}
        server.restart()
        engine = make_engine(server.create_database("vacuumed"))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE big (n int, filler char(500))"))
            connection.execute(
                text("INSERT INTO big SELECT n, '' FROM generate_series(1, 20000) n")
            )
            connection.execute(text("DELETE FROM big WHERE n % 2 = 0"))
            connection.execute(text(f"ALTER TABLE big SET ({SLOWLY})"))

        def at_work() -> bool:
            with engine.connect() as connection:
                return bool(connection.execute(VACUUMS).scalar_one())

        until(at_work, "an automatic vacuum")
        with_brief_locks(engine, lambda c: LockOrder().lock(c, ["big"]), pauses=(0.01,) * 9)
        engine.dispose()


def test_month_is_created_beside_a_transaction_that_reads_events_and_then_writes(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch
):
    """The numbering of events does, as long as events arrive."""
    engine = on_postgresql.engine
    # WHY: on a slow machine the other transaction does not end within half a second.
    monkeypatch.setattr(brief_locks, "LOCK_MILLISECONDS", 60_000)

    def create() -> None:
        with_brief_locks(engine, lambda c: ensure_months(c, NOW), pauses=())

    with ThreadPoolExecutor(1) as pool, engine.begin() as numbering:
        numbering.execute(text("SELECT count(*) FROM event"))
        creating = pool.submit(create)
        until_locked_out(on_postgresql, 1)
        numbering.execute(text("SET LOCAL lock_timeout = 300"))
        numbering.execute(text("UPDATE event SET sequence = 1"))
        numbering.commit()
        creating.result(60)
