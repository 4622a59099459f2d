"""Sessions end, servers stop and have defaults of their own: no wrong answer."""

import sqlite3
import threading
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from gpd_soap.store.database import migrate
from gpd_soap.store.database.session import Session
from gpd_soap.store.store import Store
from tests.conftest import Databases
from tests.postgres import Postgres
from tests.store import samples
from tests.store.database.drivers import own_driver, read_notice, read_receipt_facts
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


@pytest.mark.parametrize("chosen", [None, "pglz"])
def test_receipts_are_compressed_by_lz4_unless_another_method_was_chosen(
    postgresql_url: str, postgres: Postgres, chosen: str | None, monkeypatch: pytest.MonkeyPatch
):
    """It takes less work than the server's default; whoever administers the server may differ."""
    name = make_url(postgresql_url).database
    with postgres.connect() as admin:
        methods = "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
        [known] = admin.execute(methods).fetchone() or [[]]
        if chosen is not None:
            admin.execute(f'ALTER DATABASE "{name}" SET default_toast_compression = {chosen}')
    opened = Store(postgresql_url)
    add(opened, position("P", option(1)))
    monkeypatch.setattr(samples, "RAW", b"<receipt>" + b"<fee>1.50</fee>" * 400 + b"</receipt>")

    take(opened, receipt(1))

    with opened.reading() as connection:
        method = text("SELECT pg_column_compression(raw) FROM receipt")
        assert connection.execute(method).scalar_one() == (
            "lz4" if chosen is None and "lz4" in known else "pglz"
        )
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


def test_query_takes_one_core_of_postgresql(on_postgresql: Store):
    """PostgreSQL compiles no plan: the node face answers beside a page of the console."""
    driver = own_driver(on_postgresql)

    assert driver.execute("SHOW max_parallel_workers_per_gather").fetchone() == ("0",)
    assert driver.execute("SHOW jit").fetchone() == ("off",)


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
