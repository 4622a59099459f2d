"""The journal's writer: behind the requests, never in their way, and nothing twice."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, make_url, select, text

from gpd_soap.core.exchange import NOT_GIVEN, ExchangeRecord
from gpd_soap.store import tables
from gpd_soap.store.database.engine import LOCK_SECONDS
from gpd_soap.store.journal import writer as module
from gpd_soap.store.journal.entries import Entry, entries_of
from gpd_soap.store.journal.writer import keep
from gpd_soap.store.store import Store
from tests.conftest import Databases
from tests.postgres import Postgres
from tests.store.database.test_connections import in_child
from tests.store.samples import CLAIM, NOW, ORGANIZATION, nav

ENTRY = tables.journal.c
SECOND = timedelta(seconds=1)
#: LIMIT: seconds after which what a test waits for hangs, on the slowest machine.
HANGS = 60.0


def exchange(serial: int = 1, **more: object) -> ExchangeRecord:
    """A verify of a notice, a second later for each serial."""
    told = ExchangeRecord(
        arrived_at=NOW + serial * SECOND,
        seconds=0.0012,
        caller="192.0.2.7",
        operation="paVerifyPaymentNotice",
        organization=ORGANIZATION,
        broker=CLAIM.broker,
        station=CLAIM.station,
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
    return told._replace(**more)  # type: ignore[arg-type]  # the fields above


def kept(store: Store) -> list[str]:
    """The notices of every entry, in the order of their time."""
    with store.begin() as connection:
        return list(connection.execute(select(ENTRY.nav).order_by(ENTRY.at)).scalars())


def navs(*serials: int) -> list[str]:
    """The numbers of notices."""
    return [nav(serial) for serial in serials]


def wait_until_kept(store: Store, many: int) -> None:
    """Return when so many entries are there; fail after some seconds."""
    deadline = time.monotonic() + HANGS
    while len(kept(store)) < many:
        assert time.monotonic() < deadline, kept(store)
        time.sleep(0.05)


def complaints(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, object]]:
    """What the journal complains of: how loud, in which words, how many."""
    return [
        (record.levelname, record.getMessage(), record.__dict__.get("fields"))
        for record in caplog.records
        if record.name == module.LOG.name
    ]


def test_an_entry_is_written_by_itself(store: Store):
    """Nobody need ask for it, and the next ones too."""
    store.journal.write(exchange(1))
    wait_until_kept(store, 1)
    store.journal.write(exchange(2))
    wait_until_kept(store, 2)

    assert kept(store) == navs(1, 2)


def test_nothing_is_started_before_the_first_exchange(store: Store):
    """So that a server can fork: a thread does not come along."""
    threads = threading.active_count()
    store.journal.flush()
    assert threading.active_count() == threads

    store.journal.write(exchange())
    assert threading.active_count() == threads + 1
    assert store.journal.flush(10)
    assert threading.active_count() == threads


def test_entries_are_written_together(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Many make a few transactions, each of at most so many."""
    sizes: list[int] = []

    def counted(connection: Connection, entries: list[Entry], *, again: bool) -> None:
        sizes.append(len(entries))
        keep(connection, entries, again=again)

    monkeypatch.setattr(module, "keep", counted)
    for serial in range(1250):
        store.journal.write(exchange(serial))
    assert store.journal.flush(20)

    assert sizes == [500, 500, 250]
    assert kept(store) == navs(*range(1250))


def test_many_threads_lose_nothing(store: Store):
    """Each entry is there once, whoever wrote it and however often it was flushed meanwhile."""

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

    assert kept(store) == navs(*range(1600))


def test_a_writer_does_not_wait(store: Store):
    """While another holds the database, a thousand entries take no time."""
    with store.begin() as connection:
        connection.execute(text("DELETE FROM journal"))  # SQLite's one writer is here now
        began = time.perf_counter()
        for serial in range(1000):
            store.journal.write(exchange(serial))
        took = time.perf_counter() - began

    assert took < LOCK_SECONDS  # what waiting for the one writer would take
    assert store.journal.flush(20)
    assert len(kept(store)) == 1000


def test_what_is_written_again_is_kept_once(store: Store):
    """A commit whose answer was lost is followed by another try."""
    entries = entries_of([exchange(serial) for serial in range(5)])
    for again in (False, True, True):
        with store.begin() as connection:
            keep(connection, entries, again=again)

    assert kept(store) == navs(*range(5))


def test_what_is_kept_is_what_was_told(store: Store):
    """By either way of writing, whatever signs are in it, cut to what the table takes."""
    strange = exchange(rule="a\tb\\N\n" * 60, caller="x" * 99, psp="\\N", receipt_id="a\\.b\r")
    entries = entries_of([strange, strange])
    for again, entry in enumerate(entries):
        with store.begin() as connection:
            keep(connection, [entry], again=bool(again))

    with store.begin() as connection:
        found = {Entry._make(row) for row in connection.execute(select(*ENTRY))}
    assert found == set(entries)
    assert (len(entries[0].rule), len(entries[0].caller)) == (255, 64)


def test_a_database_that_comes_back_gets_what_waited(
    on_postgresql: Store,
    postgres: Postgres,
    databases: Databases,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    """Late, each once, in order; what there was no room for is counted."""
    monkeypatch.setattr(module, "MOST", 10)
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
    # One was in the writer's hands, ten could wait.
    assert kept(on_postgresql) == navs(*range(12))
    assert complaints(caplog) == [
        ("WARNING", "the journal cannot be written: entries wait", None),
        ("WARNING", "the journal goes on", {"lost": 8}),
    ]


def test_a_session_that_is_cut_off_loses_nothing(on_postgresql: Store, postgres: Postgres):
    """The writer's connection is replaced like any other."""
    name = make_url(str(on_postgresql.engine.url)).database
    for serial in range(3):
        on_postgresql.journal.write(exchange(serial))
        wait_until_kept(on_postgresql, serial + 1)
        with postgres.connect() as admin:
            cut = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
            admin.execute(cut, [name])

    assert kept(on_postgresql) == navs(0, 1, 2)


def test_what_no_database_takes_stops_nothing(
    on_postgresql: Store, caplog: pytest.LogCaptureFixture
):
    """It is counted as lost, and what comes after it is kept."""
    on_postgresql.journal.write(exchange(1, rule="\x00"))
    assert on_postgresql.journal.flush(10)
    on_postgresql.journal.write(exchange(2))
    assert on_postgresql.journal.flush(10)

    assert kept(on_postgresql) == navs(2)
    assert complaints(caplog) == [
        ("ERROR", "the journal cannot keep these entries", None),
        ("WARNING", "the journal goes on", {"lost": 1}),
    ]


def test_only_the_journal_commits_without_waiting_for_the_disk(store: Store):
    """On sessions of its own: every other commit is as durable as ever."""
    on_postgresql = store.engine.dialect.name == "postgresql"
    show = "SHOW synchronous_commit" if on_postgresql else "PRAGMA synchronous"
    durable, hurried = ("on", "off") if on_postgresql else (2, 1)
    for engine, expected in ((store.engine, durable), (store.journal._engine, hurried)):
        for _ in range(2):
            with engine.begin() as connection:
                assert connection.exec_driver_sql(show).scalar_one() == expected
    store.journal.rest()


def test_a_child_writes_its_own_and_nothing_of_its_parent_s(store: Store):
    """After a fork each process has a thread and entries of its own."""
    store.journal.write(exchange(1))

    def child() -> bool:
        store.journal.write(exchange(2))
        return store.journal.flush(10)

    assert in_child(child)
    assert kept(store)[-1:] == navs(2)
    store.journal.write(exchange(3))
    assert store.journal.flush(10)

    assert kept(store) == navs(1, 2, 3)


def test_closing_a_store_writes_what_waits(store: Store, prepared_url: str):
    """A program that ends in good order loses nothing."""
    other = Store(prepared_url)
    other.journal.write(exchange(1))
    other.close()

    assert kept(store) == navs(1)


def test_an_end_is_not_waited_for_for_ever(store: Store, caplog: pytest.LogCaptureFixture):
    """Where the database does not take what waits, its number is told and the end comes."""
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE journal RENAME TO elsewhere"))
    store.journal.write(exchange(1))
    began = time.monotonic()
    written = store.journal.flush()
    took = time.monotonic() - began
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO journal"))

    assert not written
    assert took < module.FLUSH_WITHIN + HANGS
    assert complaints(caplog)[-1] == ("WARNING", "the journal ends", {"unwritten": 1})
    assert store.journal.flush(10)
    assert kept(store) == navs(1)


def test_entries_of_one_instant_are_all_kept(store: Store):
    """Workers share a clock, not a sequence."""
    for _ in range(50):
        store.journal.write(exchange(1))
    assert store.journal.flush(10)

    with store.begin() as connection:
        assert connection.execute(select(func.count(func.distinct(ENTRY.id)))).scalar_one() == 50
