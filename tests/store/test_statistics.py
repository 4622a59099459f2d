"""Counts over all organizations."""

import sqlite3
import threading
from pathlib import Path
from time import monotonic
from typing import Any, get_args

from sqlalchemy import insert, text

from gpd_soap.api.receipts.models import Case
from gpd_soap.core.case_id import KINDS
from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store import statistics, tables
from gpd_soap.store.database.engine import LOCK_SECONDS
from gpd_soap.store.statistics import UNREACHABLE
from gpd_soap.store.store import Store
from gpd_soap.validation.queries.receipts import CaseSearch
from tests.conftest import FreshDatabase
from tests.postgres import Postgres
from tests.store.samples import NOW, ORGANIZATION, OTHER, RAW, ROUTE, YESTERDAY, prepare, receipt

NOTHING = dict.fromkeys(map(str, ReceiptStatus), 0)
CLOSED = {"unmatched": 0, "double": 0, "conflicting": 0, "review": 0, "quarantine": 0}


def add_receipts(store: Store, *rows: tuple[str, ReceiptStatus, bool]) -> None:
    """Inserts receipts of organizations, each with its status, resolved or not."""
    given = receipt(1)
    with store.begin() as connection:
        for index, (organization, status, resolved) in enumerate(rows):
            row: dict[str, Any] = {
                "organization": organization, "receipt_id": f"r-{index}", "variant": 0,
                "digest": "0" * 64, "kept": str(status), "primitive": "paSendRT",
                "broker": ROUTE.broker, "station": ROUTE.station, "issuer": given.issuer,
                "nav": given.nav, "iuv": given.iuv, "outcome": "OK", "amount": 1, "psp": given.psp,
                "psp_name": given.psp_name, "channel": given.channel, "debtor_code": "ANONIMO",
                "received_at": NOW, "last_received_at": NOW, "raw": RAW,
                "resolved_at": NOW if resolved else None,
            }  # fmt: skip
            connection.execute(insert(tables.receipt), row)


def test_kinds_of_open_cases_are_those_that_commands_and_api_take() -> None:
    """A kind is written once; the API's models repeat it for the OpenAPI document."""
    [kinds, _none] = get_args(CaseSearch.model_fields["kind"].annotation)

    assert set(KINDS) == set(CLOSED) == set(get_args(kinds))
    assert set(KINDS) <= set(get_args(Case.model_fields["kind"].annotation))


def test_figures_of_an_empty_database_are_zero(store: Store) -> None:
    """Every status and every kind of case is present."""
    result = statistics.read(store)

    assert result[:4] == (True, None, CLOSED, NOTHING)


def test_figures_count_receipts_by_status_and_open_cases_by_kind(store: Store) -> None:
    """A resolved case counts as a receipt, and not as an open case."""
    add_receipts(
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

    result = statistics.read(store)

    assert result.receipts == {
        "applied": 2, "double": 3, "review": 1, "unmatched": 1, "conflicting": 1, "secondary": 1,
        "not-paid": 1,
    }  # fmt: skip
    assert result.open_cases == {
        "unmatched": 1, "double": 2, "conflicting": 1, "review": 0, "quarantine": 2,
    }  # fmt: skip


def test_last_probe_is_the_latest_of_any_station(store: Store) -> None:
    """The station may be one that we do not know."""
    store.remember_probe(ROUTE, YESTERDAY)
    store.remember_probe(ROUTE._replace(station="another"), NOW)

    assert statistics.read(store).last_probe == NOW


def test_figures_of_a_stopped_server_are_unreachable(
    fresh_database: FreshDatabase, postgres: Postgres
) -> None:
    """After its start the figures are there again."""
    store = Store(fresh_database("postgresql", prepare))
    assert statistics.read(store).reachable

    postgres.stop()
    assert statistics.read(store) == UNREACHABLE
    postgres.start()
    assert statistics.read(store).reachable
    store.close()


def test_figures_without_tables_are_unreachable(database_url: str) -> None:
    """A database without tables does not serve."""
    store = Store(database_url)

    assert statistics.read(store) == UNREACHABLE
    store.close()


def test_figures_on_sqlite_during_a_transaction_are_read_at_once(
    fresh_database: FreshDatabase,
) -> None:
    """A scrape during a long write waits for no lock."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    writer = sqlite3.connect(Path(url.removeprefix("sqlite:///")), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    begun = monotonic()

    assert statistics.read(store).receipts == NOTHING
    assert monotonic() - begun < LOCK_SECONDS  # a wait for the writer would take that long
    writer.close()
    store.close()


def test_figures_of_a_locked_table_are_left_out(fresh_database: FreshDatabase) -> None:
    """PostgreSQL ends each query after a second, and cheaper figures are returned."""
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
    result = statistics.read(store)
    took = monotonic() - begun
    done.set()
    thread.join()
    store.close()

    assert result[:4] == (True, None, None, None)
    assert took < 25  # the other transaction holds its lock for 30 s
