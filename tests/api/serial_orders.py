"""Runs of operations and receipts, and whether some serial order leaves the same rows.

A receipt is settled in the two steps of the node service, so that operations can run between them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, permutations
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select

from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.core.receipt import Receipt, ReceiptFacts, Verdict, settle
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.node.settlement import values_of
from gpd_soap.store.store import Store
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.worklist import Cases
from tests.api.interleaved import EVERY, POSITIONS, RECEIPTS, WAITING, Run, outcome
from tests.api.office import ACTOR, NOW, ROUTE, receipt

RAW = b"<receipt>as it came</receipt>"
SERIALS = count(1)
#: Columns in which two runs may differ: counters of changes, and the organization of the run.
COUNTERS = {"organization", "version", "revision", "beneficiary", "issuer", "raw"}


def new_run(store: Store, before: str) -> Run:
    """A new organization with its initial position, and a receipt that waits."""
    organization = f"{next(SERIALS):011d}"
    with store.begin() as connection:
        configuration.put_organization(connection, organization, "Comune di Esempio")
        configuration.put_serving(connection, organization, ROUTE.station, "47")
    ledger = Ledger(store, lambda: NOW, ACTOR)
    run = Run(store, organization, ledger, Cases(store, lambda: NOW, _never))
    POSITIONS[before](run)
    SettlementSteps(run, receipt(WAITING)).finish()
    return run


def _never(_raw: bytes, _charset: str | None) -> ExchangeRecord:
    raise AssertionError("no message is sent again here")


class SettlementSteps:
    """A receipt settled step by step: read, write, and both again where its facts have changed."""

    def __init__(self, run: Run, sent: Receipt) -> None:
        self._run, self._receipt = run, run.receipt(sent)
        self._decided: tuple[ReceiptFacts, Verdict] | None = None
        self.verdict: Verdict | None = None

    def step(self) -> None:
        """Read and decide; at the next call, write what was decided."""
        if self.verdict is not None:
            return
        if self._decided is None:
            facts = self._run.store.receipt_facts(self._receipt)
            self._decided = facts, settle(self._receipt, facts, NOW)
            return
        facts, verdict = self._decided
        self._decided = None
        written = self._run.store.settle(
            self._receipt, facts, verdict, primitive="paSendRTV2", raw=RAW, now=NOW
        )
        self.verdict = verdict if written else None

    def row(self) -> dict[str, Any]:
        """The receipt's row as it would be written now."""
        assert self._decided is not None
        facts, verdict = self._decided
        row = values_of(self._receipt, verdict, facts.route_check, "paSendRTV2", RAW, NOW)
        return {**row, "variant": 0, "copies": 1}

    def finish(self) -> Verdict:
        """Run the remaining steps and return the verdict; fails after eight."""
        for _ in range(8):
            self.step()
            if self.verdict is not None:
                return self.verdict
        raise AssertionError("a receipt that nobody disturbs is not settled")


def _rows(connection: Connection, organization: str, table: Table) -> list[dict[str, Any]]:
    columns = [each for each in table.c if each.name not in COUNTERS]
    statement = select(*columns).where(table.c.organization == organization)
    rows = connection.execute(statement.order_by(*columns)).mappings().all()
    return [dict(row) for row in rows]


def stored_rows(run: Run) -> object:
    """Stored positions, retired numbers and receipts of the run's organization."""
    rows_of = (
        *(tables.position, tables.payment_option, tables.transfer),
        *(tables.retired_number, tables.receipt),
    )
    with run.store.begin() as connection:
        return [_rows(connection, run.organization, table) for table in rows_of]


class Case(NamedTuple):
    """An initial position and events in order; each step of a receipt is an event with its name."""

    before: str
    events: tuple[str, ...]

    @property
    def distinct(self) -> tuple[str, ...]:
        """Each of its operations and receipts once."""
        return tuple(dict.fromkeys(self.events))


class SerialOrders:
    """Compares the final rows of a run with those of every serial order of its events."""

    def __init__(self, store: Store) -> None:
        """`store` is for the serial orders; those of each are run once, whatever is compared."""
        self._store = store
        self._serial: dict[tuple[str, tuple[str, ...]], str] = {}

    def unexplained(self, case: Case, store: Store) -> str | None:
        """Run a case in a store; return its final rows if no serial order leaves them, else None.

        Every kind of database is compared with the rows that the store of the orders holds.
        """
        run = new_run(store, case.before)
        receipts = {
            name: SettlementSteps(run, RECEIPTS[name]) for name in set(case.events) & {*RECEIPTS}
        }
        results: dict[str, object] = {}
        for event in case.events:
            if event in receipts:
                receipts[event].step()
            else:
                results[event] = outcome(EVERY[event], run)
        results |= {name: each.finish() for name, each in receipts.items()}
        return self.unexplained_run(case, run, results)

    def unexplained_run(self, case: Case, run: Run, results: Mapping[str, object]) -> str | None:
        """The final rows of a run if no serial order leaves the same, else None."""
        left = _summary(run, results)
        if any(left == self._after(case.before, order) for order in permutations(case.distinct)):
            return None
        return left

    def _after(self, before: str, order: tuple[str, ...]) -> str:
        if (before, order) not in self._serial:
            run = new_run(self._store, before)
            results = {
                name: SettlementSteps(run, RECEIPTS[name]).finish()
                if name in RECEIPTS
                else outcome(EVERY[name], run)
                for name in order
            }
            self._serial[before, order] = _summary(run, results)
        return self._serial[before, order]


def _summary(run: Run, results: Mapping[str, object]) -> str:
    return f"{sorted(results.items())} {stored_rows(run)}"


def interleavings(events: Sequence[str], sent: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Orders in which operations come after all receipts are read, and between their writes."""
    read = tuple(sent)
    for order in permutations(read):
        yield (*read, *events, *order)
        yield (*read, events[0], *order, *order, *events[1:], *order)
