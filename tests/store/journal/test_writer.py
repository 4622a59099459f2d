"""The journal's writer: it delays no request, loses no entry and writes none twice."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, make_url, select, text

from gpd_soap.core.exchange import NOT_GIVEN, ExchangeRecord
from gpd_soap.store import tables
from gpd_soap.store.database.engine import LOCK_SECONDS
from gpd_soap.store.journal import writer
from gpd_soap.store.journal.entries import Entry, entries_of
from gpd_soap.store.journal.writer import write_entries
from gpd_soap.store.store import Store
from tests.conftest import KINDS, Databases, FreshDatabase
from tests.postgres import Postgres
from tests.store.database.drivers import in_child
from tests.store.samples import NOW, ORGANIZATION, ROUTE, nav, prepare

ENTRY = tables.journal.c
SECOND = timedelta(seconds=1)
#: LIMIT: 60 seconds; a longer wait is a hang, on the slowest machine too.
HANGS = 60.0


def exchange(serial: int = 1, **more: object) -> ExchangeRecord:
    """Return a verify of a notice, a second later for each serial."""
    record = ExchangeRecord(
        arrived_at=NOW + serial * SECOND,
        seconds=0.0012,
        caller="192.0.2.7",
        operation="paVerifyPaymentNotice",
        organization=ORGANIZATION,
        broker=ROUTE.broker,
        station=ROUTE.station,
        notice=nav(serial),
        iuv=None,
        receipt_id=None,
        psp=None,
        channel=None,
        outcome="OK",
        fault=NOT_GIVEN,
        rule="payable",
        status=200,
        soap_action=None,
    )
    return record._replace(**more)  # type: ignore[arg-type]  # the fields above


def navs_of(store: Store) -> list[str]:
    """Return the notices of all entries, in the order of their time."""
    with store.begin() as connection:
        return list(connection.execute(select(ENTRY.nav).order_by(ENTRY.at)).scalars())


def navs(*serials: int) -> list[str]:
    """Return the notice numbers of these serials."""
    return [nav(serial) for serial in serials]


def wait_until_kept(store: Store, count: int) -> None:
    """Return once `count` entries are stored; fail after `HANGS` seconds."""
    deadline = time.monotonic() + HANGS
    while len(navs_of(store)) < count:
        assert time.monotonic() < deadline, navs_of(store)
        time.sleep(0.05)


def complaints(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, object]]:
    """Return what the journal logged: level, message and fields."""
    return [
        (record.levelname, record.getMessage(), record.__dict__.get("fields"))
        for record in caplog.records
        if record.name == writer.logger.name
    ]


def test_entry_is_written_without_a_flush(store: Store):
    """The thread writes the first entry and those that come later."""
    store.journal.write(exchange(1))
    wait_until_kept(store, 1)
    store.journal.write(exchange(2))
    wait_until_kept(store, 2)

    assert navs_of(store) == navs(1, 2)


def test_thread_starts_with_the_first_exchange(store: Store):
    """A server can fork before: a thread would not survive it."""
    threads = threading.active_count()
    store.journal.flush()
    assert threading.active_count() == threads

    store.journal.write(exchange())
    assert threading.active_count() == threads + 1
    assert store.journal.flush(10)
    assert threading.active_count() == threads


def test_many_entries_are_written_in_a_few_batches(store: Store, monkeypatch: pytest.MonkeyPatch):
    """A transaction has at most 500 entries."""
    sizes: list[int] = []

    def count_and_write(connection: Connection, entries: list[Entry], *, again: bool) -> None:
        sizes.append(len(entries))
        write_entries(connection, entries, again=again)

    monkeypatch.setattr(writer, "write_entries", count_and_write)
    for serial in range(1250):
        store.journal.write(exchange(serial))
    assert store.journal.flush(20)

    assert sizes == [500, 500, 250]
    assert navs_of(store) == navs(*range(1250))


def test_entries_of_many_threads_are_each_written_once(store: Store):
    """Each thread also flushes the journal meanwhile."""

    def write(first: int) -> None:
        for serial in range(first, first + 200):
            store.journal.write(exchange(serial))
            if serial % 50 == 0:
                store.journal.flush(10)

    threads = [threading.Thread(target=write, args=(first,)) for first in range(0, 1600, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert store.journal.flush(20)

    assert navs_of(store) == navs(*range(1600))


def test_write_with_a_locked_database_returns_at_once(store: Store):
    """A thousand entries are queued in less time than one wait for the lock."""
    with store.begin() as connection:
        connection.execute(text("DELETE FROM journal"))  # SQLite's one writer is here now
        began = time.perf_counter()
        for serial in range(1000):
            store.journal.write(exchange(serial))
        took = time.perf_counter() - began

    assert took < LOCK_SECONDS  # what waiting for the one writer would take
    assert store.journal.flush(20)
    assert len(navs_of(store)) == 1000


def test_entries_that_are_written_again_are_stored_once(store: Store):
    """The writer tries again after a commit whose answer was lost."""
    entries = entries_of([exchange(serial) for serial in range(5)])
    for again in (False, True, True):
        with store.begin() as connection:
            write_entries(connection, entries, again=again)

    assert navs_of(store) == navs(*range(5))


def test_entry_with_special_characters_is_stored_unchanged(store: Store):
    """COPY and INSERT store the same, and cut long values to the width of their column."""
    strange = exchange(rule="a\tb\\N\n" * 60, caller="x" * 99, psp="\\N", receipt_id="a\\.b\r")
    entries = entries_of([strange, strange])
    for again, entry in enumerate(entries):
        with store.begin() as connection:
            write_entries(connection, [entry], again=bool(again))

    with store.begin() as connection:
        stored = {Entry._make(row) for row in connection.execute(select(*ENTRY))}
    assert stored == set(entries)
    assert (len(entries[0].rule), len(entries[0].caller)) == (255, 64)


def test_database_that_restarts_gets_the_waiting_entries(
    on_postgresql: Store,
    postgres: Postgres,
    databases: Databases,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    """Each is written once and in order; the entries beyond the limit are counted as lost."""
    monkeypatch.setattr(writer, "MAX_WAITING", 10)
    on_postgresql.journal.write(exchange(0))
    wait_until_kept(on_postgresql, 1)

    postgres.stop()
    try:
        on_postgresql.journal.write(exchange(1))
        deadline = time.monotonic() + HANGS
        while not complaints(caplog) and time.monotonic() < deadline:
            time.sleep(0.05)
        for serial in range(2, 20):
            on_postgresql.journal.write(exchange(serial))
    finally:
        databases.server("postgresql").start()
    wait_until_kept(on_postgresql, 12)

    assert on_postgresql.journal.flush(10)
    # One entry was in the batch that failed, and ten could wait.
    assert navs_of(on_postgresql) == navs(*range(12))
    assert complaints(caplog) == [
        ("WARNING", "the journal cannot be written: entries wait", None),
        ("WARNING", "journal writer recovered", {"lost": 8}),
    ]


def test_session_that_is_terminated_loses_no_entry(on_postgresql: Store, postgres: Postgres):
    """The writer opens another connection."""
    name = make_url(str(on_postgresql.engine.url)).database
    for serial in range(3):
        on_postgresql.journal.write(exchange(serial))
        wait_until_kept(on_postgresql, serial + 1)
        with postgres.connect() as admin:
            cut = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
            admin.execute(cut, [name])

    assert navs_of(on_postgresql) == navs(0, 1, 2)


def test_entry_that_the_database_rejects_does_not_stop_the_next(
    on_postgresql: Store, caplog: pytest.LogCaptureFixture
):
    """The rejected entry is counted as lost, and the next one is stored."""
    on_postgresql.journal.write(exchange(1, rule="\x00"))
    assert on_postgresql.journal.flush(10)
    on_postgresql.journal.write(exchange(2))
    assert on_postgresql.journal.flush(10)

    assert navs_of(on_postgresql) == navs(2)
    assert complaints(caplog) == [
        ("ERROR", "the database rejected a batch of journal entries", None),
        ("WARNING", "journal writer recovered", {"lost": 1}),
    ]


def test_only_the_journal_commits_without_waiting_for_the_disk(store: Store):
    """The journal has connections of its own, and every other commit stays durable."""
    on_postgresql = store.engine.dialect.name == "postgresql"
    show = "SHOW synchronous_commit" if on_postgresql else "PRAGMA synchronous"
    durable, hurried = ("on", "off") if on_postgresql else (2, 1)
    for engine, expected in ((store.engine, durable), (store.journal._engine, hurried)):
        for _ in range(2):
            with engine.begin() as connection:
                assert connection.exec_driver_sql(show).scalar_one() == expected
    store.journal.release()


def test_forked_child_writes_its_own_entries_alone(store: Store):
    """After a fork each process has a thread and a queue of its own."""
    store.journal.write(exchange(1))

    def child() -> bool:
        store.journal.write(exchange(2))
        return store.journal.flush(10)

    assert in_child(child)
    assert navs_of(store)[-1:] == navs(2)
    store.journal.write(exchange(3))
    assert store.journal.flush(10)

    assert navs_of(store) == navs(1, 2, 3)


def test_close_of_a_store_writes_the_waiting_entries(store: Store, prepared_url: str):
    """A program that ends without a failure loses no entry."""
    other = Store(prepared_url)
    other.journal.write(exchange(1))
    other.close()

    assert navs_of(store) == navs(1)


@pytest.fixture(params=KINDS)
def own_store(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """Return a store whose tables no other test uses."""
    with closing(Store(fresh_database(request.param, prepare))) as opened:
        yield opened


def test_flush_with_a_broken_database_ends_in_time(
    own_store: Store, caplog: pytest.LogCaptureFixture
):
    """The number of unwritten entries is logged, and a later flush writes them."""
    store = own_store
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE journal RENAME TO elsewhere"))
    store.journal.write(exchange(1))
    began = time.monotonic()
    written = store.journal.flush()
    took = time.monotonic() - began
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO journal"))

    assert not written
    assert took < writer.FLUSH_WITHIN + HANGS
    assert complaints(caplog)[-1] == ("WARNING", "journal writer stopped", {"unwritten": 1})
    assert store.journal.flush(10)
    assert navs_of(store) == navs(1)


def test_flush_that_comes_while_the_thread_wakes_is_not_missed(store: Store):
    """The thread forgets that it was woken, and must not forget that it was told to end."""
    flushed: list[bool] = []
    flushing = threading.Thread(target=lambda: flushed.append(store.journal.flush(HANGS)))

    class Interrupted(threading.Event):
        """An event during whose first `clear` somebody flushes the journal."""

        def clear(self) -> None:
            """Clear the event once the journal is told to end."""
            if not flushing.ident:
                flushing.start()
                assert store.journal._ending.wait(HANGS)
                self.wait(HANGS)
            super().clear()

    store.journal._awake = Interrupted()
    store.journal.write(exchange(1))
    wait_until_kept(store, 1)
    flushing.join(5)
    alive = flushing.is_alive()
    if alive:  # the next entry wakes the thread, so that the test ends
        store.journal.write(exchange(2))
        flushing.join(HANGS)

    assert not alive
    assert flushed == [True]


def test_entries_of_one_instant_are_all_stored(store: Store):
    """Their random ids keep them apart."""
    for _ in range(50):
        store.journal.write(exchange(1))
    assert store.journal.flush(10)

    with store.begin() as connection:
        assert connection.execute(select(func.count(func.distinct(ENTRY.id)))).scalar_one() == 50
