"""Transactions that lock several rows meet in pairs on PostgreSQL: none waits in a circle.

Every statement is followed by a pause, so that two transactions that lock in two orders always
meet; a retry would hide it, so that the circles are counted.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.store import tables
from gpd_soap.store.retention import positions as retention
from gpd_soap.store.store import Store
from gpd_soap.usecases.casework.decide import By, Decision, decide
from gpd_soap.usecases.loading import load as loading
from gpd_soap.usecases.positions.create import WriteOptions, create
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.positions.update import update_many
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.usecases.retention.keep import POSITIONS, pseudonyms
from tests.conftest import LendDatabase
from tests.store import samples
from tests.store.samples import NOW, ORGANIZATION, add, nav, receipt, take
from tests.usecases.loads.files import as_csv, line
from tests.usecases.loads.harness import LoadHarness
from tests.validation.bodies import body, option

ACTOR = Actor(ActorKind.OPERATOR, "o-anna")
ANNA, LUCA = (By(Actor(ActorKind.OPERATOR, who), who, NOW) for who in ("o-anna", "o-luca"))
#: LIMIT: seconds after each statement, longer than a statement takes.
PAUSE = 0.03
#: PostgreSQL's codes of a wait in a circle, and of a lock that others held too long.
DEADLOCK, TOO_LONG = "40P01", "55P03"
LENIENT = WriteOptions(ACTOR, lenient=True)
Operation = Callable[[Store], object]


@contextmanager
def paused(store: Store) -> Iterator[list[str]]:
    """Pause after each statement of a store; yield the codes of waits that PostgreSQL ended."""
    ended: list[str] = []

    def pause(*_: object) -> None:
        time.sleep(PAUSE)

    def note(context: Any) -> None:
        code = getattr(context.original_exception, "sqlstate", None)
        if code in (DEADLOCK, TOO_LONG):
            ended.append(code)

    event.listen(store.engine, "after_cursor_execute", pause)
    event.listen(store.engine, "handle_error", note)
    try:
        yield ended
    finally:
        event.remove(store.engine, "after_cursor_execute", pause)
        event.remove(store.engine, "handle_error", note)


def meet(store: Store, *operations: Operation) -> list[str]:
    """Do operations at one instant; return the codes of waits that PostgreSQL had to end."""
    together = threading.Barrier(len(operations))
    failed: list[BaseException] = []

    def run(operation: Operation) -> None:
        together.wait(60)
        try:
            operation(store)
        except Refusal:
            pass
        except BaseException as error:  # noqa: BLE001  # raised below, in the test's thread
            failed.append(error)

    with paused(store) as ended:
        threads = [threading.Thread(target=run, args=(each,)) for each in operations]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    if failed and not ended:
        raise failed[0]
    return ended


def cases(*names: str, by: By = ANNA) -> Operation:
    """Operation that decides on cases, in the order in which they were chosen."""
    decision = Decision(CaseOutcome.TO_REFUND, "Sentito")
    return lambda store: decide(store, ORGANIZATION, names, decision, by)


def updated(*pairs: tuple[str, Sequence[int | str]]) -> Operation:
    """Operation that gives positions these notices."""
    items = [body(*(notice(each) for each in serials), iupd=iupd) for iupd, serials in pairs]
    return lambda store: update_many(store, ORGANIZATION, items, NOW, LENIENT)


def created(*pairs: tuple[str, Sequence[int | str]]) -> Operation:
    """Operation that creates positions with these notices."""
    items = [body(*(notice(each) for each in serials), iupd=iupd) for iupd, serials in pairs]
    return lambda store: create(store, ORGANIZATION, items, NOW, LENIENT, many=True)


def notice(serial: int | str) -> dict[str, object]:
    """Return a notice of the API with the number of an invented one, or with this number."""
    number = nav(serial) if isinstance(serial, int) else serial
    return option(1, iuv=number[1:], nav=number, isPartialPayment=False)


def of_kind(aux_digit: str, serial: int) -> str:
    """Return a notice number of an aux digit with the IUV of an invented notice."""
    return aux_digit + nav(serial)[1:]


def ledger(store: Store) -> Ledger:
    """Return the positions as an operator changes them."""
    return Ledger(store, lambda: NOW, ACTOR)


def forgotten(store: Store) -> None:
    """Forget the persons of every position."""
    run = retention.Run(ORGANIZATION, pseudonyms(), ACTOR, NOW)
    POSITIONS.forget(store, run, tables.position.c.organization == ORGANIZATION)


def fill(store: Store) -> None:
    """Add six positions with a notice each, and two receipts without one."""
    for number in range(1, 7):
        add(store, samples.position(f"P-{number}", samples.option(number)))
    for serial in (21, 22):
        take(store, receipt(serial))


#: Operations on the rows of `fill`, each in an order of its own.
OPERATIONS: dict[str, Operation] = {
    "delete": lambda s: ledger(s).delete_many(ORGANIZATION, ["P-3", "P-1", "P-2"], dry_run=False),
    "account": lambda s: ledger(s).change_account(
        ORGANIZATION, "IT60X0542811101000000123456", "IT60X0542811101000000654321", 100
    ),
    "bulk": updated(("P-2", [2, 31]), ("P-1", [1, 30])),
    "add": created(("P-8", [30, 21]), ("P-7", [31, 22])),
    "retention": forgotten,
}


@pytest.fixture
def filled(shared_database: LendDatabase) -> Store:
    """A store on PostgreSQL with the rows of `fill`."""
    store = shared_database("postgresql", samples.prepare).store
    fill(store)
    return store


class Gate:
    """Holds what runs a statement until another thread has come to a statement of its own.

    It waits a moment alone: the other thread may be kept from its statement by a lock.
    """

    def __init__(self) -> None:
        self.reached, self._other = threading.Event(), threading.Event()

    @contextmanager
    def between(self, store: Store, here: str, there: str) -> Iterator[None]:
        """Hold the first statement with the text `here` until one with `there` was executed."""

        def before(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if here in statement and not self.reached.is_set():
                self.reached.set()
                self._other.wait(1)

        def after(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if there in statement and self.reached.is_set() and not self._other.is_set():
                self._other.set()
                time.sleep(0.3)

        event.listen(store.engine, "before_cursor_execute", before)
        event.listen(store.engine, "after_cursor_execute", after)
        try:
            yield
        finally:
            event.remove(store.engine, "before_cursor_execute", before)
            event.remove(store.engine, "after_cursor_execute", after)

    def then(self, operation: Operation) -> Operation:
        """Return an operation that begins once the statement is held."""

        def run(store: Store) -> object:
            self.reached.wait(60)
            return operation(store)

        return run


def test_persons_who_decide_on_the_same_cases_wait_in_one_order(filled: Store):
    """The order in which they chose them does not count."""
    assert meet(filled, cases("r-21", "r-22"), cases("r-22", "r-21", by=LUCA)) == []


def test_positions_that_settle_waiting_receipts_wait_for_who_decides_on_them(filled: Store):
    """The receipt that came first is settled first, and yet is not the first one locked."""
    receipts = tables.receipt
    with filled.begin() as connection:
        later = NOW - timedelta(hours=1)
        one = update(receipts).where(receipts.c.receipt_id == "r-22")
        connection.execute(one.values(received_at=later))
    gate, both = Gate(), created(("P-8", [21]), ("P-7", [22]))

    with gate.between(filled, "FROM receipt JOIN payment_option", "FOR UPDATE"):
        assert meet(filled, both, gate.then(cases("r-21", "r-22"))) == []


def test_updates_that_add_the_same_numbers_wait_in_one_order(filled: Store):
    """Each adds two numbers, which the other one adds to other positions."""
    first = updated(("P-1", [1, 31]), ("P-2", [2, 30]))
    second = updated(("P-3", [3, 30]), ("P-4", [4, 31]))

    assert meet(filled, first, second) == []
    with filled.reading() as connection:
        option_ = tables.payment_option.c
        owners = connection.execute(
            select(option_.iupd).where(option_.nav.in_([nav(30), nav(31)]))
        ).scalars()
        assert sorted(owners) in (["P-1", "P-2"], ["P-3", "P-4"])


def test_updates_that_exchange_numbers_are_refused_without_waiting(filled: Store):
    """Each would delete the number that the other one adds; a number is never another's."""
    assert meet(filled, updated(("P-1", [2])), updated(("P-2", [1]))) == []
    with filled.reading() as connection:
        options = tables.payment_option.c
        owners = connection.execute(
            select(options.iupd, options.nav).where(options.iupd.in_(["P-1", "P-2"]))
        )
        assert {row.iupd: row.nav for row in owners} == {"P-1": nav(1), "P-2": nav(2)}


@pytest.mark.parametrize("how", [created, updated])
def test_numbers_of_several_kinds_are_inserted_in_the_order_of_their_iuvs(
    filled: Store, how: Callable[..., Operation]
):
    """An IUV may be in two notice numbers, and two orders of these are two orders of IUVs."""
    names = ("P-1", "P-2") if how is updated else ("P-8", "P-9")
    first, second = (
        how((name, [of_kind(one, 30), of_kind(other, 31)]))
        for name, one, other in ((names[0], "1", "2"), (names[1], "2", "1"))
    )

    assert meet(filled, first, second) == []


def test_load_is_stopped_while_its_worker_stores_a_batch(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch
):
    """The worker locks the load before its job, and so does the person."""
    monkeypatch.setattr(loading, "BATCH", 5)
    harness, gate = LoadHarness(on_postgresql), Gate()
    load = harness.tried(as_csv([line(number) for number in range(1, 31)]))
    harness.begin(load)
    stop = gate.then(lambda _: harness.loads.cancel(ORGANIZATION, load.id))

    # WHY: the worker has locked the load then, and not yet its job.
    with gate.between(on_postgresql, "UPDATE job SET done", "UPDATE job SET state"):
        assert meet(on_postgresql, lambda _: harness.work(), stop) == []
    assert harness.get(load).state in {"stopped", "cancelled"}


@pytest.mark.parametrize(
    ("one", "other"), list(itertools.combinations_with_replacement(OPERATIONS, 2))
)
def test_operations_that_meet_never_wait_in_a_circle(filled: Store, one: str, other: str):
    """Whichever two they are; one may be refused, and none is given up."""
    assert meet(filled, OPERATIONS[one], OPERATIONS[other]) == []
