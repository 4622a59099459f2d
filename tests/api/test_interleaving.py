"""Operations between the steps of a receipt end as some serial order of them ends."""

import random
import threading
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, text

from gpd_soap.store import tables
from gpd_soap.store.database.engine import make_engine
from gpd_soap.store.store import Store
from tests import drawn
from tests.api.interleaved import EVERY, POSITIONS, RECEIPTS, outcome
from tests.api.office import prepare
from tests.api.serial_orders import Case, SerialOrders, SettlementSteps, interleavings, new_run
from tests.conftest import KINDS, Databases

each_position = pytest.mark.parametrize("before", POSITIONS)
#: The operations that may make 15 euros the right amount, or no amount at all.  Every operation is
#: tried with the receipt of the first amount, and the drawn pairs with all receipts.
PRICING = ("amount", "amount of many", "amount and back", "fee", "delete", "paid elsewhere")
#: The operations after which another notice of the position can be paid.
BESIDE = ("alternative", "plan", "another notice", "other paid elsewhere", "match other by hand")
#: The receipts that have the receiptId of the first one, and other content.
SAME_ID = ("other content", "no money", "copy of another's")
#: The initial positions that are tried on PostgreSQL too; the rules are the same functions.
ON_POSTGRESQL = ("lone", "exclusive", "plan")
#: Number of pairs of operations that are drawn for each initial position.
PAIRS = 10
#: The operations on the case that waits, and those on positions that end it.
CASEWORK = ("create what waits", "match", "match by hand", "to refund", "refunded", "right",
            "resolve", "claim", "claim of another", "forget receipts")  # fmt: skip
#: The operations that are one transaction; others may act between the steps of the rest.
WHOLE = [each for each in EVERY if " and " not in each]
#: Number of pairs of other operations that are drawn for each initial position.
MET_PAIRS = 30
#: Initial positions for two open transactions: a single notice, and one with an alternative.
MET = pytest.mark.parametrize("before", ["lone", "exclusive"])
#: Counts the sessions of this database that wait for a lock.
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.fixture(scope="module")
def stores(databases: Databases) -> Iterator[dict[str, Store]]:
    """A store of each kind for every test, since each run has an organization of its own."""

    def relax_durability(driver: Any, _record: object) -> None:
        driver.execute("PRAGMA synchronous = OFF")

    opened = {kind: Store(databases.make(kind, prepare)[1]) for kind in KINDS}
    # WHY: durability is not tested here.
    event.listen(opened["sqlite"].engine, "connect", relax_durability)
    yield opened
    for store in opened.values():
        store.close()


@pytest.fixture(scope="module")
def serial_orders(stores: dict[str, Store]) -> SerialOrders:
    """The rows that each serial order leaves, for all tests and kinds of database."""
    return SerialOrders(stores["sqlite"])


def unexplained(
    serial_orders: SerialOrders, stores: dict[str, Store], cases: list[Case]
) -> dict[tuple[str, ...], str]:
    """Return the final rows that no serial order leaves, by the kind of database and the events."""
    return {
        (kind, *case.events): left
        for kind, store in stores.items()
        for case in cases
        if kind == "sqlite" or case.before in ON_POSTGRESQL
        if (left := serial_orders.unexplained(case, store))
    }


@each_position
def test_operation_between_the_steps_of_a_receipt_ends_as_some_serial_order(
    stores: dict[str, Store], serial_orders: SerialOrders, before: str
):
    """Each operation runs after each receipt was read, and before it is written."""
    cases = [Case(before, ("first", each)) for each in EVERY]
    cases += [Case(before, ("of 15 euros", each)) for each in PRICING]
    # WHY: an operation may add a notice that is paid before the first receipt is written.
    cases += [Case(before, ("first", each, "second", "second", "first")) for each in BESIDE]
    for each in SAME_ID:
        cases += [Case(before, ("first", each, *order)) for order in permutations(("first", each))]

    assert unexplained(serial_orders, stores, cases) == {}


@pytest.mark.random
@each_position
def test_two_operations_and_two_receipts_in_any_order_end_as_some_serial_order(
    stores: dict[str, Store], serial_orders: SerialOrders, before: str
):
    """The pairs are drawn."""
    chance = random.Random(drawn.seed(before))  # noqa: S311  # nobody's secret
    cases = []
    for _ in range(drawn.examples(PAIRS)):
        events = chance.sample([*EVERY], 2)
        sent = chance.sample([*RECEIPTS], chance.choice([1, 2]))
        cases += [Case(before, chance.choice([*interleavings(events, sent)]))]

    assert unexplained(serial_orders, stores, cases) == {}


@pytest.fixture
def on_postgresql(stores: dict[str, Store]) -> Store:
    """The store on PostgreSQL, where two transactions can be open at once."""
    return stores["postgresql"]


@pytest.fixture
def watching(on_postgresql: Store) -> Iterator[Engine]:
    """An engine of another process over the same database."""
    engine = make_engine(on_postgresql.engine.url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def start(watching: Engine, work: Callable[[], object]) -> threading.Thread:
    """Start work in a thread; return when it is done or waits for a lock."""
    thread = threading.Thread(target=work)
    thread.start()
    with watching.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while thread.is_alive() and not connection.execute(WAITING).scalar_one():
            thread.join(0.002)
    return thread


@MET
def test_receipt_written_while_an_operation_commits_ends_as_some_serial_order(
    on_postgresql: Store, watching: Engine, serial_orders: SerialOrders, before: str
):
    """The receipt was read before the operation, and waits for the locks that this holds."""
    wrong: dict[tuple[str, ...], str] = {}
    for name in EVERY:
        case, run = Case(before, (sent := "first", name)), new_run(on_postgresql, before)
        receipt = SettlementSteps(run, RECEIPTS[sent])
        threads: list[threading.Thread] = []
        met = threading.Event()
        receipt.step()

        def send(
            _: Connection,
            receipt: SettlementSteps = receipt,
            threads: list[threading.Thread] = threads,
            met: threading.Event = met,
        ) -> None:
            # WHY: the receipt's own commit calls this listener again.
            if not met.is_set():
                met.set()
                threads.append(start(watching, receipt.step))

        event.listen(on_postgresql.engine, "commit", send)
        result = outcome(EVERY[name], run)
        event.remove(on_postgresql.engine, "commit", send)
        for thread in threads:
            thread.join()
        left = serial_orders.unexplained_run(case, run, {name: result, sent: receipt.finish()})
        wrong |= {case.events: left} if left else {}

    assert wrong == {}


@MET
def test_operation_during_the_writing_of_a_receipt_ends_as_some_serial_order(
    on_postgresql: Store, watching: Engine, serial_orders: SerialOrders, before: str
):
    """A third session keeps the receipt from its end until the operation waits or is done."""
    wrong: dict[tuple[str, ...], str] = {}
    for name in EVERY:
        case, run = Case(before, (sent := "first", name)), new_run(on_postgresql, before)
        receipt = SettlementSteps(run, RECEIPTS[sent])
        receipt.step()
        results: list[object] = []
        with watching.connect() as holding:
            holding.execute(insert(tables.receipt), receipt.row())
            writing = start(watching, receipt.step)
            operating = threading.Thread(
                target=lambda run=run, name=name, results=results: results.append(
                    outcome(EVERY[name], run)
                )
            )
            operating.start()
            with watching.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                while operating.is_alive() and connection.execute(WAITING).scalar_one() < 2:
                    operating.join(0.002)
            holding.rollback()
        writing.join()
        operating.join()
        left = serial_orders.unexplained_run(case, run, {name: results[0], sent: receipt.finish()})
        wrong |= {case.events: left} if left else {}

    assert wrong == {}


def unexplained_at_once(
    store: Store, watching: Engine, serial_orders: SerialOrders, case: Case
) -> str | None:
    """Start the second operation while the first commits; its final rows if no order has them."""
    first, second = case.events
    run, results = new_run(store, case.before), dict[str, object]()
    threads: list[threading.Thread] = []
    met = threading.Event()

    def act() -> None:
        results[second] = outcome(EVERY[second], run)

    def begin(_: Connection) -> None:
        # WHY: the second operation's own commit calls this listener again.
        if not met.is_set():
            met.set()
            threads.append(start(watching, act))

    event.listen(store.engine, "commit", begin)
    try:
        results[first] = outcome(EVERY[first], run)
    finally:
        event.remove(store.engine, "commit", begin)
    for thread in threads:
        thread.join()
    if not threads:
        act()
    return serial_orders.unexplained_run(case, run, results)


def test_two_people_at_one_case_end_as_some_serial_order(
    on_postgresql: Store, watching: Engine, serial_orders: SerialOrders
):
    """Each operation on a case meets each other one, and the position that brings its notice."""
    wrong = {
        pair: left
        for pair in permutations(CASEWORK, 2)
        if (left := unexplained_at_once(
            on_postgresql, watching, serial_orders, Case("withdrawn", pair)
        ))
    }  # fmt: skip

    assert wrong == {}


@pytest.mark.random
@MET
def test_two_operations_at_once_end_as_some_serial_order(
    on_postgresql: Store, watching: Engine, serial_orders: SerialOrders, before: str
):
    """The pairs are drawn."""
    chance = random.Random(drawn.seed(f"at once {before}"))  # noqa: S311  # nobody's secret
    wrong: dict[tuple[str, ...], str] = {}
    for _ in range(drawn.examples(MET_PAIRS)):
        pair = tuple(chance.sample(WHOLE, 2))
        left = unexplained_at_once(on_postgresql, watching, serial_orders, Case(before, pair))
        wrong |= {pair: left} if left else {}

    assert wrong == {}
