"""An upgrade on PostgreSQL builds the indexes of big tables while other sessions write."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gpd_soap.store.database import building, migrate
from gpd_soap.store.database.building import INDEXES, build_indexes
from gpd_soap.store.store import Store
from gpd_soap.store.tables import DEBTOR_INDEXES
from tests.conftest import FreshDatabase
from tests.store.upgrading import upgrade_to
from tests.waiting import look_for_deadlocks_late, until

INDEX = next(iter(INDEXES))
VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:index)")
#: Ends the session that builds an index.
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index"
    " WHERE index_relid = to_regclass(:index)"
)
#: Counts sessions whose index build waits for another transaction.
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND query LIKE 'CREATE INDEX CONCURRENTLY%'"
)


def is_valid(store: Store) -> bool | None:
    """Returns whether the index is valid; None if it does not exist."""
    with store.reading() as connection:
        valid: bool | None = connection.execute(VALID, {"index": INDEX}).scalar()
    return valid


def break_index(store: Store) -> None:
    """Leaves the index as an interrupted build does."""
    with store.begin() as connection:
        broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(:index)"
        connection.execute(text(broken), {"index": INDEX})


def until_waiting(store: Store, builds: int) -> None:
    """Returns when so many builds wait for another transaction."""

    def waiting() -> bool:
        with store.engine.connect() as connection:
            return bool(connection.execute(WAITING).scalar_one() >= builds)

    until(waiting, f"{builds} builds that wait")


def drop(store: Store) -> None:
    """Drops the index."""
    with store.begin() as connection:
        connection.execute(text(f"DROP INDEX {INDEX}"))


def test_index_build_during_a_transaction_blocks_no_other_writer(on_postgresql: Store):
    """The index waits for an older writer, and a newer one commits meanwhile."""
    drop(on_postgresql)
    made = threading.Thread(target=build_indexes, args=(on_postgresql.engine,))
    change = text("UPDATE position SET version = version")
    with on_postgresql.begin() as older:
        older.execute(change)
        made.start()
        waiting = 0
        while made.is_alive() and not waiting:
            with on_postgresql.reading() as connection:
                waiting = connection.execute(WAITING).scalar_one()
        with on_postgresql.begin() as newer:
            newer.execute(change)
    made.join()

    assert waiting == 1
    assert is_valid(on_postgresql) is True


def test_index_of_an_interrupted_build_is_built_again(on_postgresql: Store):
    """The invalid index has the name, but no query uses it."""
    break_index(on_postgresql)
    before = is_valid(on_postgresql)
    build_indexes(on_postgresql.engine)

    assert (before, is_valid(on_postgresql)) == (False, True)


def test_upgrade_without_pending_revisions_builds_an_interrupted_index_again(on_postgresql: Store):
    """The database may have crashed while another process built it."""
    break_index(on_postgresql)
    assert migrate.pending(on_postgresql.engine) == []

    migrate.upgrade(on_postgresql.engine)

    assert is_valid(on_postgresql) is True


def test_build_of_another_upgrade_that_is_interrupted_is_done_again(
    fresh_database: FreshDatabase,
):
    """An upgrade waits for the build of the other one, whose session ends."""
    store = Store(fresh_database("postgresql"))
    upgrade_to(store.engine, "0009")
    with ThreadPoolExecutor(2) as pool:
        with store.engine.connect() as older:
            older.execution_options(isolation_level="REPEATABLE READ").execute(text("SELECT 1"))
            interrupted = pool.submit(build_indexes, store.engine)
            until_waiting(store, 1)
            upgrading = pool.submit(migrate.upgrade, store.engine)
            until_waiting(store, 2)
            with store.begin() as connection:
                connection.execute(text(TERMINATE), {"index": INDEX})
            assert isinstance(interrupted.exception(60), OperationalError)
        upgrading.result(60)

    assert migrate.pending(store.engine) == []
    assert is_valid(store) is True
    store.close()


def test_build_that_a_deadlock_ends_is_done_again(on_postgresql: Store):
    """A session that analyzes the table waits for the build, which waits for that session."""
    look_for_deadlocks_late(on_postgresql)
    drop(on_postgresql)
    with ThreadPoolExecutor(1) as pool:
        with on_postgresql.begin() as vacuum:
            vacuum.execute(text("SET LOCAL deadlock_timeout = '60s'"))
            vacuum.execute(text("SET LOCAL lock_timeout = 0"))
            vacuum.execute(text("UPDATE position SET version = version"))
            made = pool.submit(build_indexes, on_postgresql.engine)
            until_waiting(on_postgresql, 1)
            vacuum.execute(text("LOCK TABLE position IN SHARE UPDATE EXCLUSIVE MODE"))
        made.result(60)

    assert is_valid(on_postgresql) is True


def test_build_that_takes_long_says_for_what_it_waits(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """It waits without an end for a transaction that somebody forgot."""
    monkeypatch.setattr(building, "REPORT_SECONDS", 0.05)
    drop(on_postgresql)
    with ThreadPoolExecutor(1) as pool:
        with on_postgresql.begin() as older:
            older.execute(text("UPDATE position SET version = version"))
            made = pool.submit(build_indexes, on_postgresql.engine)
            until(lambda: f"index {INDEX} is being built" in caplog.text, "a word")
        made.result(60)

    assert is_valid(on_postgresql) is True


def test_upgrade_from_the_version_before_builds_the_index(fresh_database: FreshDatabase):
    """The index is built once, in the first part of the upgrade."""
    store = Store(fresh_database("postgresql"))
    upgrade_to(store.engine, "0009")
    assert migrate.pending(store.engine)[0] == "0010"

    migrate.upgrade(store.engine)

    assert migrate.pending(store.engine) == []
    assert is_valid(store) is True
    store.close()


def test_upgrade_from_the_version_before_builds_the_indexes_of_debtors(
    fresh_database: FreshDatabase,
):
    """Those of a column that the database lacks yet are made with the column."""
    store = Store(fresh_database("postgresql"))
    names = {str(index.name) for index in DEBTOR_INDEXES}
    built = {}
    for revision in ("0014", "0017"):
        upgrade_to(store.engine, revision)
        build_indexes(store.engine)
        with store.reading() as connection:
            built[revision] = {
                name for name in names if connection.execute(VALID, {"index": name}).scalar()
            }
    migrate.upgrade(store.engine)

    assert built["0014"] == {name for name in names if name.startswith("ix_position_")}
    assert built["0017"] == names
    assert migrate.pending(store.engine) == []
    store.close()


def test_index_is_removed_once_the_one_that_replaces_it_is_built(fresh_database: FreshDatabase):
    """A database that lacks a column of the new one reads by the old one until its migration."""
    store = Store(fresh_database("postgresql"))
    there = {}
    for revision in ("0014", "0029"):
        upgrade_to(store.engine, revision)
        build_indexes(store.engine)
        with store.reading() as connection:
            pair = (
                "ix_payment_option_organization_iupd",
                "ix_payment_option_organization_iupd_debtor_full_name",
            )
            there[revision] = [connection.execute(VALID, {"index": name}).scalar() for name in pair]
    store.close()

    assert there == {"0014": [True, None], "0029": [None, True]}
