"""Whatever comes between the steps of a receipt, the end is that of some serial order."""

import random
import threading
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, text

from gpd_soap.store import tables
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.store import Store
from tests.api.interleaving import (
    OPERATIONS,
    POSITIONS,
    RECEIPTS,
    Case,
    Judge,
    Settling,
    opened,
    outcome,
    woven,
)
from tests.api.office import prepare
from tests.conftest import FreshDatabase

each_position = pytest.mark.parametrize("before", POSITIONS)
#: The receipts that meet every operation; the pairs meet the others too.
MEETING = ("first", "of 15 euros")
#: The operations beside which another notice of the position can be paid.
BESIDE = ("alternative", "plan", "another notice", "other paid elsewhere", "match other by hand")
#: Pairs of operations that are drawn for each position.
PAIRS = 10
#: Where two transactions are open at once: a lone notice, and one with an alternative.
MET = pytest.mark.parametrize("before", ["lone", "exclusive"])
#: How many sessions of this database wait for another, but for the one that asks.
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.fixture
def hurried(store: Store) -> Store:
    """A store that does not wait for the disk: what is tested is what is written, and when."""

    def hurry(driver: Any, _record: object) -> None:
        driver.execute("PRAGMA synchronous = OFF")

    store.close()
    if store.engine.dialect.name == "sqlite":
        event.listen(store.engine, "connect", hurry)
    return store


@each_position
def test_an_operation_between_the_steps_of_a_receipt_ends_as_some_serial_order(
    hurried: Store, before: str
):
    """Each operation meets each receipt after that was read, and before it is written."""
    judge = Judge(hurried)
    cases = [Case(before, (sent, each)) for each, sent in product(OPERATIONS, MEETING)]
    # WHY: what an operation adds may be paid before the receipt that did not know of it.
    cases += [Case(before, ("first", each, "second", "second", "first")) for each in BESIDE]

    wrong = {case.events: left for case in cases if (left := judge.unexplained(case))}

    assert wrong == {}


@each_position
def test_two_operations_and_two_receipts_in_any_order_end_as_some_serial_order(
    hurried: Store, before: str
):
    """Pairs are drawn by chance that is the same each time."""
    judge = Judge(hurried)
    chance = random.Random(before)  # noqa: S311  # chance that can be had again
    cases = []
    for _ in range(PAIRS):
        events = chance.sample([*OPERATIONS], 2)
        sent = chance.sample([*RECEIPTS], chance.choice([1, 2]))
        cases += [Case(before, chance.choice([*woven(events, sent)]))]

    wrong = {case.events: left for case in cases if (left := judge.unexplained(case))}

    assert wrong == {}


@pytest.fixture
def on_postgresql(fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store on PostgreSQL, where two transactions are open at once."""
    opened_store = Store(fresh_database("postgresql", prepare))
    yield opened_store
    opened_store.close()


@pytest.fixture
def watching(on_postgresql: Store) -> Iterator[Engine]:
    """Another process's way to the same database."""
    engine = make_engine(on_postgresql.engine.url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def start(watching: Engine, work: Callable[[], object]) -> threading.Thread:
    """Begin some work; come back when it is done, or waits for another's lock."""
    thread = threading.Thread(target=work)
    thread.start()
    with watching.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
        while thread.is_alive() and not looking.execute(WAITING).scalar_one():
            thread.join(0.002)
    return thread


@MET
def test_a_receipt_that_is_written_while_an_operation_commits_ends_as_some_serial_order(
    on_postgresql: Store, watching: Engine, before: str
):
    """The receipt was read before the operation, and waits for its locks where there are any."""
    judge = Judge(on_postgresql)
    wrong: dict[tuple[str, ...], str] = {}
    for name in OPERATIONS:
        case, run = Case(before, (sent := "first", name)), opened(on_postgresql, before)
        receipt = Settling(run, RECEIPTS[sent])
        threads: list[threading.Thread] = []
        met = threading.Event()
        receipt.step()

        def send(
            _: Connection,
            receipt: Settling = receipt,
            threads: list[threading.Thread] = threads,
            met: threading.Event = met,
        ) -> None:
            # WHY: the receipt may commit in a transaction like this one.
            if not met.is_set():
                met.set()
                threads.append(start(watching, receipt.step))

        event.listen(on_postgresql.engine, "commit", send)
        told = outcome(OPERATIONS[name], run)
        event.remove(on_postgresql.engine, "commit", send)
        for thread in threads:
            thread.join()
        left = judge.judged(case, run, {name: told, sent: receipt.finish()})
        wrong |= {case.events: left} if left else {}

    assert wrong == {}


@MET
def test_an_operation_that_meets_a_receipt_being_written_ends_as_some_serial_order(
    on_postgresql: Store, watching: Engine, before: str
):
    """The receipt holds what it guards; a third session keeps it from its end until then."""
    judge = Judge(on_postgresql)
    wrong: dict[tuple[str, ...], str] = {}
    for name in OPERATIONS:
        case, run = Case(before, (sent := "first", name)), opened(on_postgresql, before)
        receipt = Settling(run, RECEIPTS[sent])
        receipt.step()
        told: list[object] = []
        with watching.connect() as holding:
            holding.execute(insert(tables.receipt), receipt.row())
            writing = start(watching, receipt.step)
            operating = threading.Thread(
                target=lambda run=run, name=name, told=told: told.append(
                    outcome(OPERATIONS[name], run)
                )
            )
            operating.start()
            with watching.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
                while operating.is_alive() and looking.execute(WAITING).scalar_one() < 2:
                    operating.join(0.002)
            holding.rollback()
        writing.join()
        operating.join()
        left = judge.judged(case, run, {name: told[0], sent: receipt.finish()})
        wrong |= {case.events: left} if left else {}

    assert wrong == {}
