"""Locks on whole tables, beside backups that read for hours and receipts that cannot wait."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store.database import brief_locks, migrate
from gpd_soap.store.database.building import build_indexes
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.database.errors import LocksHeld
from gpd_soap.store.journal import purge
from gpd_soap.store.journal.partitions import ensure_months
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store.journal.test_writer import exchange
from tests.store.samples import NOW, RAW, add, option, position, receipt
from tests.store.upgrading import upgrade_on, upgrade_to
from tests.waiting import look_for_deadlocks_late, until, until_locked_out

PARTITION = text("SELECT count(*) FROM pg_class WHERE relname = :name")
#: Selects the tables that a transaction has locked against writers, not through their parents.
LOCKED = text("""
SELECT relname FROM pg_locks JOIN pg_class ON pg_class.oid = relation
WHERE pid = pg_backend_pid() AND mode IN ('ShareLock', 'AccessExclusiveLock')
  AND relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
""")
PAYS = Verdict(ReceiptStatus.APPLIED, pays=True)


@contextmanager
def reading(engine: Engine, table: str) -> Iterator[None]:
    """Read a table in a transaction that stays open, as a backup does."""
    with engine.connect() as backup:
        backup.execute(text(f"LOCK TABLE {table} IN ACCESS SHARE MODE"))
        yield


def until_second_try(caplog: pytest.LogCaptureFixture, work: "Future[Any]") -> None:
    """Return once the work has given up its first locks, or ended."""
    until(lambda: "next try" in caplog.text or work.done(), "a try that ended")


def has_partition(store: Store, name: str) -> bool:
    """Return whether a table has this partition."""
    with store.begin() as connection:
        return bool(connection.execute(PARTITION, {"name": name}).scalar_one())


@pytest.fixture
def empty(fresh_database: FreshDatabase) -> Iterator[Engine]:
    """An engine on a PostgreSQL database without tables."""
    engine = make_engine(fresh_database("postgresql"))
    yield engine
    engine.dispose()


@pytest.fixture
def lagging(empty: Engine) -> Engine:
    """An engine on a PostgreSQL database that lacks columns which revision 0029 adds.

    It has the indexes, whose build waits for a backup, and lets all others through.
    """
    upgrade_to(empty, "0028")
    build_indexes(empty)
    return empty


def test_upgrade_during_a_backup_lets_receipts_through_and_ends_after_it(
    lagging: Engine, caplog: pytest.LogCaptureFixture
):
    """The upgrade gives up its place before the table, behind which receipts wait."""
    with ThreadPoolExecutor(1) as pool:
        with reading(lagging, "receipt"):
            upgrading = pool.submit(migrate.upgrade, lagging)
            until_second_try(caplog, upgrading)
            for _ in range(3):
                with lagging.begin() as writer:
                    writer.execute(text("LOCK TABLE receipt IN ROW EXCLUSIVE MODE"))
            assert migrate.pending(lagging) != []
        upgrading.result(60)

    assert migrate.pending(lagging) == []


def test_tables_that_an_upgrade_locks_are_those_that_its_revisions_name(
    empty: Engine,
):
    """One that is not named is locked later, behind those who wait for the first."""
    with empty.connect() as connection:
        for revision in migrate.pending(empty):
            altered = set(migrate.altered_tables(connection, [revision]))
            existing = set(inspect(connection).get_table_names())

            upgrade_on(connection, revision)

            locked = set(connection.execute(LOCKED).scalars())
            assert locked & existing <= altered, revision
            connection.commit()


def test_month_that_a_backup_reads_is_dropped_after_it(
    on_postgresql: Store, caplog: pytest.LogCaptureFixture
):
    """Meanwhile entries are written."""
    old = datetime(2024, 1, 1, tzinfo=UTC)
    with on_postgresql.begin() as connection:
        ensure_months(connection, old)
    with ThreadPoolExecutor(1) as pool:
        with reading(on_postgresql.engine, "journal"):
            dropping = pool.submit(purge.purge, on_postgresql, datetime(2024, 2, 1, tzinfo=UTC))
            until_second_try(caplog, dropping)
            on_postgresql.journal.write(exchange())
            assert on_postgresql.journal.flush(60)
            assert has_partition(on_postgresql, "journal_2024_01")
        dropping.result(60)

    assert not has_partition(on_postgresql, "journal_2024_01")


def test_writer_of_the_journal_waits_for_no_load(on_postgresql: Store):
    """Entries go to the default partition; a minute later the writer creates their month."""

    def write(seconds: int) -> None:
        arrived_at = NOW + timedelta(seconds=seconds)
        on_postgresql.journal.write(exchange(arrived_at=arrived_at))
        assert on_postgresql.journal.flush(60)

    with on_postgresql.begin() as load:
        load.execute(text("LOCK TABLE journal IN ROW EXCLUSIVE MODE"))
        write(0)
    write(59)
    assert not has_partition(on_postgresql, "journal_2026_03")

    write(60)

    assert has_partition(on_postgresql, "journal_2026_03")


def test_lock_that_stays_held_is_named_after_the_last_try(on_postgresql: Store):
    """The administrator is told where to see who holds it."""
    with reading(on_postgresql.engine, "receipt"), pytest.raises(LocksHeld) as raised:
        brief_locks.with_brief_locks(
            on_postgresql.engine,
            lambda c: c.execute(text("LOCK TABLE receipt IN ACCESS EXCLUSIVE MODE")),
            pauses=(0.01, 0.01),
        )

    assert "pg_stat_activity" in raised.value.hint


@pytest.mark.parametrize("other", ["payment_option", "organization"])
def test_statement_of_the_node_that_a_deadlock_ends_is_run_again(on_postgresql: Store, other: str):
    """A receipt has its option, a question its organization; a migration took `receipt` before."""
    look_for_deadlocks_late(on_postgresql)
    add(on_postgresql, position("P", option(1)))
    facts = on_postgresql.receipt_facts(receipt(1))

    def act() -> object:
        if other == "organization":
            return on_postgresql.receipt_facts(receipt(1)) == facts
        return on_postgresql.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    with ThreadPoolExecutor(1) as pool:
        with on_postgresql.begin() as migration:
            migration.execute(text("SET LOCAL deadlock_timeout = '60s'"))
            migration.execute(text("LOCK TABLE receipt IN ACCESS EXCLUSIVE MODE"))
            acting = pool.submit(act)
            until_locked_out(on_postgresql, 1)
            migration.execute(text(f"LOCK TABLE {other} IN ACCESS EXCLUSIVE MODE"))
        assert acting.result(60)
