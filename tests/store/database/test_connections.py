"""Connections and servers come and go: no wrong answer, and no connection or lock stays."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from gpd_soap.store.database import migrate
from gpd_soap.store.database.session import Session
from gpd_soap.store.store import Store
from tests.conftest import Databases
from tests.postgres import Postgres
from tests.store.samples import (
    NOW,
    ROUTE,
    add,
    nav,
    option,
    paid,
    position,
    receipt,
    statuses,
    take,
)

PID = "SELECT pg_backend_pid()"
#: LIMIT: less than the 30 s that a pool of SQLAlchemy waits for a connection.
POOL_SECONDS = 25.0


def own_driver(store: Store) -> Any:
    """Returns the driver connection of this thread."""
    return store._connections._current().driver


def is_open(driver: Any) -> bool:
    """Returns whether a driver connection can still be used."""
    try:
        driver.execute("SELECT 1")
    except (psycopg.Error, sqlite3.Error):
        return False
    return True


def read_notice(store: Store) -> object:
    """Reads a notice as getPayment does."""
    return store.notice(ROUTE, nav(1)).notice


def read_receipt_facts(store: Store) -> object:
    """Reads the notice of a receipt as its settling does."""
    return store.receipt_facts(receipt(1)).notice


def in_thread(work: Callable[[], Any]) -> Any:
    """Returns the result of a function that ran in a thread which has ended."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join(30)
    return results[0]


def in_child(work: Callable[[], bool]) -> bool:
    """Returns whether a function returned True in a forked process."""
    pid = os.fork()
    if pid == 0:
        well = False
        try:
            well = work()
        finally:
            os._exit(0 if well else 1)
    return os.waitpid(pid, 0)[1] == 0


def test_connection_of_an_ended_thread_is_closed(store: Store):
    """A server that keeps starting threads does not run out of connections."""
    driver = in_thread(lambda: own_driver(store))

    assert not is_open(driver)


def test_connection_of_a_thread_is_its_own_and_stays(store: Store):
    """A second call opens nothing, and threads share nothing."""
    mine = own_driver(store)

    assert in_thread(lambda: own_driver(store) is own_driver(store))
    assert in_thread(lambda: own_driver(store)) is not mine
    assert own_driver(store) is mine


def test_pool_with_many_connections_in_use_opens_another(store: Store):
    """Threads limit the number of connections, because a wait would exceed the Node's limit."""
    begun = time.monotonic()
    with ExitStack() as used:
        for _ in range(20):
            used.enter_context(store.engine.connect())
        with store.reading(seconds=1) as connection:
            assert connection.scalar(text("SELECT 1")) == 1

    assert time.monotonic() - begun < POOL_SECONDS


def test_closed_store_has_no_connection_and_can_be_used_again(store: Store):
    """The connections of other threads and of the pool are closed too."""
    add(store, position("P", option(1)))
    others: list[Any] = []
    ready, done = threading.Event(), threading.Event()

    def stay() -> None:
        others.append(own_driver(store))
        ready.set()
        done.wait(30)
        others.append(own_driver(store))

    thread = threading.Thread(target=stay)
    thread.start()
    assert ready.wait(30)
    mine = own_driver(store)

    store.close()
    done.set()
    thread.join(30)

    assert not is_open(mine)
    assert not is_open(others[0])
    assert others[1] is not others[0]
    assert store.notice(ROUTE, nav(1)).notice is not None


def test_close_during_a_statement_waits_for_its_end(store: Store):
    """Closing a connection in use would crash SQLite."""
    drivers: list[Any] = []
    running, go_on = threading.Event(), threading.Event()

    def work(session: Session) -> None:
        drivers.append(own_driver(store))
        running.set()
        go_on.wait(30)
        session.run("SELECT 1")

    asking = threading.Thread(target=lambda: store._connections.read(work))
    closing = threading.Thread(target=store.close)
    asking.start()
    assert running.wait(30)
    closing.start()
    closing.join(0.2)
    go_on.set()
    for thread in (asking, closing):
        thread.join(30)

    assert len(drivers) == 1
    assert not is_open(drivers[0])


def test_child_forked_during_a_statement_closes_its_store(store: Store):
    """A connection that another thread used at the fork belongs to the parent."""
    running, go_on = threading.Event(), threading.Event()

    def work(_session: Session) -> bool:
        running.set()
        go_on.wait(30)
        return is_open(own_driver(store))

    def child() -> bool:
        signal.alarm(20)
        store.close()
        return store.notice(ROUTE, nav(1)).notice is None

    asking = threading.Thread(target=lambda: well.append(store._connections.read(work)))
    well: list[bool] = []
    asking.start()
    assert running.wait(30)
    well.append(in_child(child))
    go_on.set()
    asking.join(30)

    assert well == [True, True]


def test_store_used_before_a_fork_works_in_parent_and_child(store: Store):
    """The child reads and writes on connections of its own."""
    add(store, position("P", option(1)), position("Q", option(2)))
    migrate.check(store.engine)
    assert store.notice(ROUTE, nav(1)).notice is not None

    def child() -> bool:
        take(store, receipt(1))
        add(store, position("R", option(3)))
        store.close()
        return store.notice(ROUTE, nav(3)).notice is not None

    assert in_child(child)

    take(store, receipt(2))
    assert paid(store) == {nav(1): "r-1", nav(2): "r-2"}


def test_receipt_of_a_child_stays_after_the_parent_closed_its_store(
    store: Store, prepared_url: str
):
    """The parent closes its store first, like a master that only read the schema."""
    add(store, position("P", option(1)))
    store.receipt_facts(receipt(1))
    closed_r, closed_w = os.pipe()

    pid = os.fork()
    if pid == 0:
        store.receipt_facts(receipt(1))
        os.read(closed_r, 1)
        take(store, receipt(1))
        os._exit(0)
    store.close()
    os.write(closed_w, b".")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(closed_r)
    os.close(closed_w)

    fresh = Store(prepared_url)
    assert paid(fresh) == {nav(1): "r-1"}
    fresh.close()


def test_forked_child_shares_no_session_with_its_parent(on_postgresql: Store):
    """Two processes on one session would read each other's rows."""

    def sessions() -> set[int]:
        with on_postgresql.begin() as connection:
            pooled = connection.execute(text(PID)).scalar_one()
        return {own_driver(on_postgresql).info.backend_pid, pooled}

    before = sessions()
    read, write = os.pipe()

    def child() -> bool:
        os.write(write, " ".join(map(str, sessions())).encode())
        return True

    assert in_child(child)
    in_the_child = set(map(int, os.read(read, 100).split()))
    os.close(read)
    os.close(write)

    assert in_the_child.isdisjoint(before | sessions())


def test_fork_in_one_thread_keeps_the_connections_of_others(store: Store):
    """Only the thread that forks opens a new connection."""

    def fork_meanwhile() -> bool:
        mine = own_driver(store)
        return in_thread(lambda: in_child(lambda: True)) and own_driver(store) is mine

    assert fork_meanwhile()
    assert is_open(own_driver(store))


def test_read_on_a_terminated_session_is_repeated_on_a_new_one(
    on_postgresql: Store, postgres: Postgres
):
    """The caller gets its rows without an error."""
    add(on_postgresql, position("P", option(1)))
    with postgres.connect() as admin:
        for read in (read_notice, read_receipt_facts):
            pid = own_driver(on_postgresql).info.backend_pid
            gone = admin.execute("SELECT pg_terminate_backend(%s, 10000)", [pid]).fetchone()
            assert gone == (True,)

            assert read(on_postgresql) is not None


def test_write_on_a_terminated_session_fails_and_is_not_repeated(
    on_postgresql: Store, postgres: Postgres
):
    """The Node sends the receipt again, and the next write has a new connection."""
    add(on_postgresql, position("P", option(1)))
    facts = on_postgresql.receipt_facts(receipt(1))
    assert facts.notice is not None
    pid = own_driver(on_postgresql).info.backend_pid
    with postgres.connect() as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    calls = []

    def write(session: Session) -> None:
        calls.append(1)
        session.run("SELECT 1")

    with pytest.raises(on_postgresql._connections._errors):
        on_postgresql._connections.write(write)

    assert calls == [1]
    on_postgresql._connections.write(lambda session: session.run("SELECT 1"))
    take(on_postgresql, receipt(1))
    assert statuses(on_postgresql) == {("r-1", 0): ("applied", "", 1)}


def test_store_of_a_stopped_server_raises_and_works_after_its_start(
    on_postgresql: Store, postgres: Postgres, databases: Databases
):
    """The store gives no answer while the server is stopped."""
    add(on_postgresql, position("P", option(1)))
    assert on_postgresql.notice(ROUTE, nav(1)).notice is not None
    errors = (OperationalError, on_postgresql._connections._errors)

    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(errors):
                on_postgresql.notice(ROUTE, nav(1))
            with pytest.raises(errors):
                on_postgresql.receipt_facts(receipt(1))
            with pytest.raises(errors):
                on_postgresql.quarantine("x", "paSendRT", "x", b"x", NOW)
            with pytest.raises(errors):
                migrate.check(on_postgresql.engine)
    finally:
        databases.server("postgresql").start()

    take(on_postgresql, receipt(1))
    assert paid(on_postgresql) == {nav(1): "r-1"}
    add(on_postgresql, position("Q", option(2)))


@pytest.mark.parametrize(
    ("servers", "ours"),
    [("off", "on"), ("local", "on"), ("on", "on"), ("remote_apply", "remote_apply")],
)
def test_commit_under_any_server_default_is_durable(
    postgresql_url: str, postgres: Postgres, servers: str, ours: str
):
    """A weaker default is raised for our sessions, and a stricter one stays."""
    name = make_url(postgresql_url).database
    with postgres.connect() as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = {servers}')
    opened = Store(postgresql_url)
    show = "SHOW synchronous_commit"

    assert own_driver(opened).execute(show).fetchone() == (ours,)
    for _ in range(2):
        with opened.begin() as connection:
            assert connection.execute(text(show)).scalar_one() == ours
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "5s"
    opened.close()


def test_session_under_a_serializable_default_is_read_committed(
    postgresql_url: str, postgres: Postgres
):
    """A stricter isolation would fail a receipt that waited for another."""
    name = make_url(postgresql_url).database
    with postgres.connect() as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable')
    opened = Store(postgresql_url)
    show = "SHOW transaction_isolation"

    assert own_driver(opened).execute(show).fetchone() == ("read committed",)
    with opened.begin() as connection:
        assert connection.execute(text(show)).scalar_one() == "read committed"
    opened.close()


def test_postgresql_session_limits_statements_and_locks(on_postgresql: Store):
    """The limits are below the seven seconds of the Node."""
    driver = own_driver(on_postgresql)

    assert driver.execute("SHOW statement_timeout").fetchone() == ("5s",)
    assert driver.execute("SHOW lock_timeout").fetchone() == ("4s",)


def test_sqlite_connection_has_wal_full_sync_and_foreign_keys(fresh_database: Any):
    """Readers do not wait for the writer, and a commit survives a power failure."""
    opened = Store(fresh_database("sqlite"))
    driver = own_driver(opened)

    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 4000}
    for name, value in pragmas.items():
        assert driver.execute(f"PRAGMA {name}").fetchone() == (value,)
    opened.close()


def test_new_sqlite_file_opened_during_a_transaction_gets_wal(fresh_database: Any):
    """The first opening changes the mode of the file, and waits for its lock."""
    url = fresh_database("sqlite")
    other = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN IMMEDIATE")
    opened = Store(url)
    modes: list[Any] = []
    opening = threading.Thread(
        target=lambda: modes.append(own_driver(opened).execute("PRAGMA journal_mode").fetchone())
    )

    opening.start()
    opening.join(0.2)
    other.execute("COMMIT")
    other.close()
    opening.join(30)

    assert modes == [("wal",)]
    opened.close()
