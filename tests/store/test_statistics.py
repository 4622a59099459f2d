"""What is counted over all organizations."""

import sqlite3
import threading
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import insert, text

from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store import statistics as figures
from gpd_soap.store import tables
from gpd_soap.store.database.engine import LOCK_SECONDS
from gpd_soap.store.statistics import UNREACHABLE
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.postgres import Postgres
from tests.store.samples import CLAIM, NOW, ORGANIZATION, OTHER, RAW, YESTERDAY, prepare, receipt

NOTHING = dict.fromkeys(map(str, ReceiptStatus), 0)
CLOSED = {"unmatched": 0, "double": 0, "conflicting": 0, "review": 0, "quarantine": 0}


def keep(store: Store, *rows: tuple[str, ReceiptStatus, bool]) -> None:
    """Keep receipts of organizations as this or that, resolved or not."""
    told = receipt(1)
    with store.begin() as connection:
        for at, (organization, kept, resolved) in enumerate(rows):
            row: dict[str, Any] = {
                "organization": organization, "receipt_id": f"r-{at}", "variant": 0,
                "digest": "0" * 64, "kept": str(kept), "primitive": "paSendRT",
                "broker": CLAIM.broker, "station": CLAIM.station, "issuer": told.issuer,
                "nav": told.nav, "iuv": told.iuv, "outcome": "OK", "amount": 1, "psp": told.psp,
                "psp_name": told.psp_name, "channel": told.channel, "debtor_code": "ANONIMO",
                "received_at": NOW, "last_received_at": NOW, "raw": RAW,
                "resolved_at": NOW if resolved else None,
            }  # fmt: skip
            connection.execute(insert(tables.receipt), row)


def test_a_new_database_has_nothing(store: Store) -> None:
    """Every state and every kind of case is there, with none of it."""
    found = figures.read(store)

    assert found == (True, None, CLOSED, NOTHING)


def test_receipts_are_counted_by_state_and_open_cases_by_kind(store: Store) -> None:
    """Over all organizations; what was resolved is a case no longer, but still a receipt."""
    keep(
        store,
        (ORGANIZATION, ReceiptStatus.APPLIED, False),
        (OTHER, ReceiptStatus.APPLIED, False),
        (ORGANIZATION, ReceiptStatus.DOUBLE, False),
        (OTHER, ReceiptStatus.DOUBLE, False),
        (OTHER, ReceiptStatus.DOUBLE, True),
        (OTHER, ReceiptStatus.REVIEW, True),
        (OTHER, ReceiptStatus.UNMATCHED, False),
        (ORGANIZATION, ReceiptStatus.CONFLICTING, False),
        (ORGANIZATION, ReceiptStatus.SECONDARY, False),
        (ORGANIZATION, ReceiptStatus.NOT_PAID, False),
    )
    for raw in (b"<one/>", b"<two/>", b"<two/>"):
        store.quarantine("x" * 99, "paSendRT", "contract", raw, NOW)

    found = figures.read(store)

    assert found.receipts == {
        "applied": 2, "double": 3, "review": 1, "unmatched": 1, "conflicting": 1, "secondary": 1,
        "not-paid": 1,
    }  # fmt: skip
    assert found.open_cases == {
        "unmatched": 1, "double": 2, "conflicting": 1, "review": 0, "quarantine": 2,
    }  # fmt: skip


def test_the_last_probe_is_that_of_any_station(store: Store) -> None:
    """As the Node named it, ours or not."""
    store.remember_probe(CLAIM, YESTERDAY)
    store.remember_probe(CLAIM._replace(station="another"), NOW)

    assert figures.read(store).last_probe == NOW


def test_a_database_that_is_away_has_no_figures(
    fresh_database: FreshDatabase, postgres: Postgres
) -> None:
    """And has them again when it is back."""
    store = Store(fresh_database("postgresql", prepare))
    assert figures.read(store).reachable

    postgres.stop()
    assert figures.read(store) == UNREACHABLE
    postgres.start()
    assert figures.read(store).reachable
    store.close()


def test_without_tables_there_are_no_figures(database_url: str) -> None:
    """Whoever watches sees a database that does not serve."""
    store = Store(database_url)

    assert figures.read(store) == UNREACHABLE
    store.close()


def test_reading_waits_for_no_writer(fresh_database: FreshDatabase) -> None:
    """A scrape during a long write on SQLite is answered at once, and writes nothing itself."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    writer = sqlite3.connect(Path(url.removeprefix("sqlite:///")), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    begun = monotonic()

    assert figures.read(store).receipts == NOTHING
    assert monotonic() - begun < LOCK_SECONDS  # what waiting for the writer would take
    writer.close()
    store.close()


def test_what_takes_too_long_is_given_up(fresh_database: FreshDatabase) -> None:
    """PostgreSQL ends a figure after its second, and the cheaper ones are there."""
    url = fresh_database("postgresql", prepare)
    store = Store(url)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store.begin() as connection:
            connection.execute(text("LOCK TABLE receipt IN ACCESS EXCLUSIVE MODE"))
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    begun = monotonic()
    found = figures.read(store)
    took = monotonic() - begun
    done.set()
    thread.join()
    store.close()

    assert found == (True, None, None, None)
    assert took < 25  # nothing else let it go: whoever holds the table does so for 30 s
