"""Connections come and go, servers stop and start: no wrong answer, nothing held for ever."""

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
from tests.store.samples import CLAIM, NOW, add, kept, nav, option, paid, position, receipt, take

PID = "SELECT pg_backend_pid()"
#: LIMIT: less than the 30 s that a pool of SQLAlchemy waits for a connection.
POOL_SECONDS = 25.0


def held(store: Store) -> Any:
    """The driver connection that this thread holds."""
    return store._connections._held().driver


def is_open(driver: Any) -> bool:
    """Whether a driver connection can still be used."""
    try:
        driver.execute("SELECT 1")
    except (psycopg.Error, sqlite3.Error):
        return False
    return True


def ask_notice(store: Store) -> object:
    """Ask as verify does."""
    return store.notice(CLAIM, nav(1)).notice


def ask_receipt(store: Store) -> object:
    """Ask as a receipt does."""
    return store.known(receipt(1)).notice


def in_thread(work: Callable[[], Any]) -> Any:
    """What a thread returns, once it has ended."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join(30)
    return results[0]


def in_child(work: Callable[[], bool]) -> bool:
    """Whether work went well in a forked process."""
    pid = os.fork()
    if pid == 0:
        well = False
        try:
            well = work()
        finally:
            os._exit(0 if well else 1)
    return os.waitpid(pid, 0)[1] == 0


def test_a_thread_that_ends_takes_its_connection_with_it(store: Store):
    """A server that makes threads for ever runs out of nothing."""
    driver = in_thread(lambda: held(store))

    assert not is_open(driver)


def test_each_thread_has_a_connection_of_its_own_and_keeps_it(store: Store):
    """Nothing is opened twice, nothing shared."""
    mine = held(store)

    assert in_thread(lambda: held(store) is held(store))
    assert in_thread(lambda: held(store)) is not mine
    assert held(store) is mine


def test_nobody_waits_for_a_connection_that_another_has(store: Store):
    """Threads bound how many there are; a wait would outlast the Node."""
    begun = time.monotonic()
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(store.engine.connect())
        with store.reading(seconds=1) as connection:
            assert connection.scalar(text("SELECT 1")) == 1

    assert time.monotonic() - begun < POOL_SECONDS


def test_close_closes_every_connection_and_the_store_can_go_on(store: Store):
    """Those of other threads too, and those of the pool."""
    add(store, position("P", option(1)))
    others: list[Any] = []
    ready, done = threading.Event(), threading.Event()

    def stay() -> None:
        others.append(held(store))
        ready.set()
        done.wait(30)
        others.append(held(store))

    thread = threading.Thread(target=stay)
    thread.start()
    assert ready.wait(30)
    mine = held(store)

    store.close()
    done.set()
    thread.join(30)

    assert not is_open(mine)
    assert not is_open(others[0])
    assert others[1] is not others[0]
    assert store.notice(CLAIM, nav(1)).notice is not None


def test_close_waits_for_a_statement_that_runs(store: Store):
    """SQLite would crash the program, and the answer under way would be lost."""
    asked: list[Any] = []
    running, go_on = threading.Event(), threading.Event()

    def ask(session: Session) -> None:
        asked.append(held(store))
        running.set()
        go_on.wait(30)
        session.run("SELECT 1")

    asking = threading.Thread(target=lambda: store._connections.read(ask))
    closing = threading.Thread(target=store.close)
    asking.start()
    assert running.wait(30)
    closing.start()
    closing.join(0.2)
    go_on.set()
    for thread in (asking, closing):
        thread.join(30)

    assert len(asked) == 1
    assert not is_open(asked[0])


def test_a_child_closes_its_store_whatever_other_threads_did_at_the_fork(store: Store):
    """A connection that was in use then is the parent's, and nobody waits for it in the child."""
    running, go_on = threading.Event(), threading.Event()

    def ask(_session: Session) -> bool:
        running.set()
        go_on.wait(30)
        return is_open(held(store))

    def child() -> bool:
        signal.alarm(20)
        store.close()
        return store.notice(CLAIM, nav(1)).notice is None

    asking = threading.Thread(target=lambda: well.append(store._connections.read(ask)))
    well: list[bool] = []
    asking.start()
    assert running.wait(30)
    well.append(in_child(child))
    go_on.set()
    asking.join(30)

    assert well == [True, True]


def test_a_store_used_before_a_fork_works_on_both_sides(store: Store):
    """The child asks and writes on connections of its own while the parent goes on."""
    add(store, position("P", option(1)), position("Q", option(2)))
    migrate.check(store.engine)
    assert store.notice(CLAIM, nav(1)).notice is not None

    def child() -> bool:
        take(store, receipt(1))
        add(store, position("R", option(3)))
        store.close()
        return store.notice(CLAIM, nav(3)).notice is not None

    assert in_child(child)

    take(store, receipt(2))
    assert paid(store) == {nav(1): "r-1", nav(2): "r-2"}


def test_what_a_child_keeps_outlives_the_parent(store: Store, prepared_url: str):
    """The parent closes its store first, as a master does that only looked at the schema."""
    add(store, position("P", option(1)))
    store.known(receipt(1))
    closed_r, closed_w = os.pipe()

    pid = os.fork()
    if pid == 0:
        store.known(receipt(1))
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


def test_a_fork_shares_no_session_of_the_server(on_postgresql: Store):
    """Two processes on one session would read each other's rows."""

    def sessions() -> set[int]:
        with on_postgresql.begin() as connection:
            pooled = connection.execute(text(PID)).scalar_one()
        return {held(on_postgresql).info.backend_pid, pooled}

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


def test_a_fork_leaves_other_threads_their_connections(store: Store):
    """Only the thread that forks starts anew."""

    def fork_meanwhile() -> bool:
        mine = held(store)
        return in_thread(lambda: in_child(lambda: True)) and held(store) is mine

    assert fork_meanwhile()
    assert is_open(held(store))


def test_a_terminated_session_goes_unnoticed_by_a_read(on_postgresql: Store, postgres: Postgres):
    """A dead connection found on the way is replaced, and the question asked again."""
    add(on_postgresql, position("P", option(1)))
    with postgres.connect() as admin:
        for ask in (ask_notice, ask_receipt):
            pid = held(on_postgresql).info.backend_pid
            gone = admin.execute("SELECT pg_terminate_backend(%s, 10000)", [pid]).fetchone()
            assert gone == (True,)

            assert ask(on_postgresql) is not None


def test_a_write_is_never_sent_twice(on_postgresql: Store, postgres: Postgres):
    """A write on a dead connection fails: the Node sends again, and the next one works."""
    add(on_postgresql, position("P", option(1)))
    known = on_postgresql.known(receipt(1))
    assert known.notice is not None
    pid = held(on_postgresql).info.backend_pid
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
    assert kept(on_postgresql) == {("r-1", 0): ("applied", "", 1)}


def test_a_stopped_server_is_an_error_and_a_started_one_is_used_again(
    on_postgresql: Store, postgres: Postgres, databases: Databases
):
    """No answer is made up while it is away; the same store works when it is back."""
    add(on_postgresql, position("P", option(1)))
    assert on_postgresql.notice(CLAIM, nav(1)).notice is not None
    errors = (OperationalError, on_postgresql._connections._errors)

    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(errors):
                on_postgresql.notice(CLAIM, nav(1))
            with pytest.raises(errors):
                on_postgresql.known(receipt(1))
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
def test_a_commit_is_durable_whatever_the_server_is_told(
    postgresql_url: str, postgres: Postgres, servers: str, ours: str
):
    """A weaker default is raised for this program's sessions, a stricter one kept."""
    name = make_url(postgresql_url).database
    with postgres.connect() as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = {servers}')
    opened = Store(postgresql_url)
    show = "SHOW synchronous_commit"

    assert held(opened).execute(show).fetchone() == (ours,)
    for _ in range(2):
        with opened.begin() as connection:
            assert connection.execute(text(show)).scalar_one() == ours
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "5s"
    opened.close()


def test_who_waited_for_a_lock_sees_what_the_other_committed(
    postgresql_url: str, postgres: Postgres
):
    """A cluster's stricter isolation would fail a receipt that met another."""
    name = make_url(postgresql_url).database
    with postgres.connect() as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable')
    opened = Store(postgresql_url)
    show = "SHOW transaction_isolation"

    assert held(opened).execute(show).fetchone() == ("read committed",)
    with opened.begin() as connection:
        assert connection.execute(text(show)).scalar_one() == "read committed"
    opened.close()


def test_a_statement_that_hangs_is_given_up(on_postgresql: Store):
    """The Node waits seven seconds and no longer; so do we, and for a lock no longer either."""
    driver = held(on_postgresql)

    assert driver.execute("SHOW statement_timeout").fetchone() == ("5s",)
    assert driver.execute("SHOW lock_timeout").fetchone() == ("4s",)


def test_sqlite_is_opened_to_last(fresh_database: Any):
    """Readers beside the writer, a commit that survives the power, foreign keys that hold."""
    opened = Store(fresh_database("sqlite"))
    driver = held(opened)

    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 4000}
    for name, value in pragmas.items():
        assert driver.execute(f"PRAGMA {name}").fetchone() == (value,)
    opened.close()


def test_a_new_sqlite_file_is_opened_by_several_at_once(fresh_database: Any):
    """The first opening changes the file's mode, and waits for whoever holds it."""
    url = fresh_database("sqlite")
    other = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN IMMEDIATE")
    opened = Store(url)
    modes: list[Any] = []
    ask = threading.Thread(
        target=lambda: modes.append(held(opened).execute("PRAGMA journal_mode").fetchone())
    )

    ask.start()
    ask.join(0.2)
    other.execute("COMMIT")
    other.close()
    ask.join(30)

    assert modes == [("wal",)]
    opened.close()
