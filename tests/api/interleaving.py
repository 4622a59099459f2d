"""One office for each run: operations on its position, receipts in steps, and what they leave.

An operation is a whole use case.  A receipt is settled in the two steps of the desk, so that other
operations can run between them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, permutations
from typing import Any, NamedTuple

from sqlalchemy import Table, select

from gpd_soap.api.problems import Refused
from gpd_soap.core.exchange import ExchangeRecord
from gpd_soap.core.receipt import Receipt, ReceiptFacts, Verdict, settle
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.node.settlement import values_of
from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.check import Outcome
from gpd_soap.usecases.loading.load import LoadOptions as LoadHow
from gpd_soap.usecases.loading.load import load
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loading.source import Source
from gpd_soap.usecases.positions.create import WriteOptions, create
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.positions.update import update, update_many
from gpd_soap.usecases.worklist import Cases
from tests.api.office import CLAIM, NOW, receipt
from tests.validation.bodies import BANK, POSTAL, Body, body, iuv, nav, option, share

IUPD = "POSIZIONE-1"
#: A receipt that waits in every office for a notice that is not there.
WAITING = 9
RAW = b"<receipt>as it came</receipt>"
SERIALS = count(1)
#: What two runs may differ in: how often a row was counted up, and whose the run was.
COUNTERS = {"organization", "version", "revision", "beneficiary", "issuer", "raw"}
PUBLISHED = WriteOptions(publish=True)


class Run(NamedTuple):
    """One organization, and everybody who works for it."""

    store: Store
    organization: str
    ledger: Ledger
    cases: Cases

    @property
    def named(self) -> PositionRef:
        """The position, however it is marked."""
        return PositionRef(self.organization, IUPD, lambda _mark: True)

    def receipt(self, sent: Receipt) -> Receipt:
        """A receipt of these tests as this organization gets it."""
        claim = sent.claim._replace(organization=self.organization)
        return sent._replace(claim=claim, issuer=self.organization)


Operation = Callable[[Run], object]


def put(*options: Body, **more: object) -> Operation:
    """Put these notices in the position."""
    return lambda run: len(
        update(run.store, run.named, body(*options, **more), NOW, WriteOptions())
        .stored[0]
        .position.options
    )


def put_many(*options: Body) -> Operation:
    """The same by the operation for several."""
    told = [body(*options)]
    return lambda run: len(
        update_many(run.store, run.organization, told, NOW, WriteOptions()).stored
    )


def add(*options: Body, how: WriteOptions = PUBLISHED, **more: object) -> Operation:
    """Create a position of these notices."""

    def act(run: Run) -> object:
        told = [body(*options, **more)]
        return len(create(run.store, run.organization, told, NOW, how, many=False).stored)

    return act


def load_file(*options: Body, **more: object) -> Operation:
    """Load a file of one position."""

    def act(run: Run) -> object:
        outcomes: list[Outcome] = []
        row = Row(0, body(*options, **more))
        how = LoadHow(organization=run.organization)
        load(run.store, Source([row]), NOW, how, outcomes.append)
        return [(each.result, sorted(e.rule for e in each.errors)) for each in outcomes]

    return act


def in_turn(*steps: Operation) -> Operation:
    """Operations one after another, with nothing between."""
    return lambda run: [outcome(step, run) for step in steps]


def _account(run: Run) -> object:
    return run.ledger.change_account(run.organization, BANK, POSTAL, 100)


def _match(run: Run, serial: int | None) -> object:
    name = f"r-{WAITING}"
    number = None if serial is None else nav(serial)
    return run.cases.rematch(run.organization, name, "prova", number).case.kind


PLAN = option(2, isPartialPayment=True), option(3, isPartialPayment=True)
ADD = add(option(4))

#: Everything that changes a position, by name.
OPERATIONS: Mapping[str, Operation] = {
    "amount": put(option(1, share(amount=1500))),
    "amount of many": put_many(option(1, share(amount=1500))),
    "amount and back": in_turn(put(option(1, share(amount=1500))), put(option(1))),
    "alternative": put(option(1), option(2)),
    "plan": put(option(1), *PLAN),
    "alone": put(option(1)),
    "another notice": put(option(5)),
    "another debtor": put(option(1), fullName="Anna Esempio"),
    "publish": lambda run: run.ledger.publish(run.named).position.published_at,
    "withdraw": lambda run: run.ledger.invalidate(run.named).position.withdrawn_at,
    "delete": lambda run: run.ledger.delete(run.named),
    "delete many": lambda run: run.ledger.delete_many(run.organization, [IUPD], dry_run=False),
    "delete and create": in_turn(lambda run: run.ledger.delete(run.named), ADD),
    "create": ADD,
    "create two": add(option(4), option(6)),
    "create the same": add(option(1)),
    "load the same": load_file(option(1)),
    "load another": load_file(option(8), iupd="POSIZIONE-2"),
    "create what waits": add(option(WAITING), iupd="POSIZIONE-9"),
    "paid elsewhere": lambda run: (
        run.ledger.paid_elsewhere(run.organization, nav(1), None).option_index
    ),
    "other paid elsewhere": lambda run: (
        run.ledger.paid_elsewhere(run.organization, nav(2), None).option_index
    ),
    "report": lambda run: run.ledger.report(run.organization, iuv(1), "1").transfer_index,
    "account": _account,
    "match": lambda run: _match(run, None),
    "match by hand": lambda run: _match(run, 1),
    "match other by hand": lambda run: _match(run, 2),
}

#: What the position is before anything happens, by name.
POSITIONS: Mapping[str, Operation] = {
    "none": lambda _run: None,
    "lone": add(option(1)),
    "draft": add(option(1), how=WriteOptions()),
    "exclusive": add(option(1), option(2)),
    "plan": add(option(1), *PLAN),
}

OTHER_NOTICE = receipt(8)
#: The receipts that arrive, by name.
RECEIPTS: Mapping[str, Receipt] = {
    "first": receipt(1),
    "second": receipt(2),
    "third": receipt(3),
    "again": receipt(1)._replace(receipt_id="r-1-again", digest="again"),
    "of 15 euros": receipt(1, 1500)._replace(receipt_id="r-15", digest="of 15"),
    "IUV elsewhere": OTHER_NOTICE._replace(iuv=iuv(1)),
    "unknown": OTHER_NOTICE,
}


def opened(store: Store, before: str) -> Run:
    """A new organization with its position, and a receipt that waits."""
    organization = f"{next(SERIALS):011d}"
    with store.begin() as connection:
        configuration.put_organization(connection, organization, "Comune di Esempio")
        configuration.put_serving(connection, organization, CLAIM.station, "47")
    ledger = Ledger(store, lambda: NOW)
    run = Run(store, organization, ledger, Cases(store, lambda: NOW, _never))
    POSITIONS[before](run)
    Settling(run, receipt(WAITING)).finish()
    return run


def _never(_raw: bytes) -> ExchangeRecord:
    raise AssertionError("no message is sent again here")


def outcome(operation: Operation, run: Run) -> object:
    """What an operation answers, or why it is refused."""
    try:
        return operation(run)
    except Refused as refused:
        return refused.problem.title, refused.errors and [e.rule for e in refused.errors]


class Settling:
    """A receipt on its way: read, then written, and both again where facts have changed."""

    def __init__(self, run: Run, sent: Receipt) -> None:
        self._run, self._receipt = run, run.receipt(sent)
        self._decided: tuple[ReceiptFacts, Verdict] | None = None
        self.verdict: Verdict | None = None

    def step(self) -> None:
        """Read and decide, or write what was decided."""
        if self.verdict is not None:
            return
        if self._decided is None:
            known = self._run.store.known(self._receipt)
            self._decided = known, settle(self._receipt, known, NOW)
            return
        known, verdict = self._decided
        self._decided = None
        written = self._run.store.settle(
            self._receipt, known, verdict, primitive="paSendRTV2", raw=RAW, now=NOW
        )
        self.verdict = verdict if written else None

    def row(self) -> dict[str, Any]:
        """The receipt's row as it would be written now."""
        assert self._decided is not None
        known, verdict = self._decided
        row = values_of(self._receipt, verdict, known.standing, "paSendRTV2", RAW, NOW)
        return {**row, "variant": 0, "copies": 1}

    def finish(self) -> Verdict:
        """Every step that is left."""
        for _ in range(8):
            self.step()
            if self.verdict is not None:
                return self.verdict
        raise AssertionError("a receipt that nobody disturbs is not settled")


def _rows(run: Run, table: Table) -> list[dict[str, Any]]:
    columns = [each for each in table.c if each.name not in COUNTERS]
    asked = select(*columns).where(table.c.organization == run.organization)
    with run.store.begin() as connection:
        rows = connection.execute(asked.order_by(*columns)).mappings().all()
    return [dict(row) for row in rows]


def ended(run: Run) -> object:
    """Everything that is kept of an organization's positions and receipts."""
    rows_of = (
        *(tables.position, tables.payment_option, tables.transfer),
        *(tables.retired_number, tables.receipt),
    )
    return [_rows(run, table) for table in rows_of]


class Case(NamedTuple):
    """A position, and what happens to it in turn: a receipt's name stands for each of its steps."""

    before: str
    events: tuple[str, ...]

    @property
    def whole(self) -> tuple[str, ...]:
        """Each of its operations and receipts once."""
        return tuple(dict.fromkeys(self.events))


class Judge:
    """Holds an end against those of every serial order, each run once on an office of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._serial: dict[tuple[str, tuple[str, ...]], str] = {}

    def unexplained(self, case: Case) -> str | None:
        """Run a case; what it left, where no serial order leaves the same."""
        run = opened(self._store, case.before)
        receipts = {name: Settling(run, RECEIPTS[name]) for name in set(case.events) & {*RECEIPTS}}
        told: dict[str, object] = {}
        for event in case.events:
            if event in receipts:
                receipts[event].step()
            else:
                told[event] = outcome(OPERATIONS[event], run)
        told |= {name: each.finish() for name, each in receipts.items()}
        return self.judged(case, run, told)

    def judged(self, case: Case, run: Run, told: Mapping[str, object]) -> str | None:
        """What a run left, where no serial order leaves the same."""
        left = _summary(run, told)
        if any(left == self._after(case.before, order) for order in permutations(case.whole)):
            return None
        return left

    def _after(self, before: str, order: tuple[str, ...]) -> str:
        if (before, order) not in self._serial:
            run = opened(self._store, before)
            told = {
                name: Settling(run, RECEIPTS[name]).finish()
                if name in RECEIPTS
                else outcome(OPERATIONS[name], run)
                for name in order
            }
            self._serial[before, order] = _summary(run, told)
        return self._serial[before, order]


def _summary(run: Run, told: Mapping[str, object]) -> str:
    return f"{sorted(told.items())} {ended(run)}"


def woven(events: Sequence[str], sent: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Operations in every gap between the steps of receipts that were all read before them."""
    read = tuple(sent)
    for order in permutations(read):
        yield (*read, *events, *order)
        yield (*read, events[0], *order, *order, *events[1:], *order)
