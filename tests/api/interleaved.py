"""Operations on a position and the receipts that meet them, by name.

Each run has an organization of its own, and an operation is a whole use case.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.core.receipt import Receipt
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.store.loads.rows import LoadRow, RowOutcome
from gpd_soap.store.retention import positions as old_positions
from gpd_soap.store.retention import receipts as old_receipts
from gpd_soap.store.store import Store
from gpd_soap.usecases.casework import claims
from gpd_soap.usecases.casework.decide import By, Decision, decide
from gpd_soap.usecases.configuration import Registry
from gpd_soap.usecases.loading.check import Outcome
from gpd_soap.usecases.loading.load import LoadOptions, load
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loading.source import Source
from gpd_soap.usecases.loads.undo import Way, take_back
from gpd_soap.usecases.positions.correct import Correction, correct
from gpd_soap.usecases.positions.create import WriteOptions, create
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.positions.update import update, update_many
from gpd_soap.usecases.refusals import PositionChanged, Refusal
from gpd_soap.usecases.retention.keep import POSITIONS as OLD_POSITIONS
from gpd_soap.usecases.retention.keep import RECEIPTS as OLD_RECEIPTS
from gpd_soap.usecases.retention.keep import Room
from gpd_soap.usecases.worklist import Cases
from tests.api.office import ACTOR, NOW, ROUTE, receipt
from tests.validation.bodies import BANK, OTHER, POSTAL, Body, body, iuv, nav, option, transfer

IUPD = "POSIZIONE-1"
#: Serial of a receipt that waits in every run for a notice that does not exist.
WAITING = 9
#: Code of the debtor of these positions.
DEBTOR = "RSSMRA00A01A000K"
PUBLISHED = WriteOptions(ACTOR, publish=True)


class Run(NamedTuple):
    """One organization, with the use cases that change it."""

    store: Store
    organization: str
    ledger: Ledger
    cases: Cases

    @property
    def position(self) -> PositionRef:
        """Reference to the position, whatever its ETag."""
        return PositionRef(self.organization, IUPD, lambda _mark: True)

    def receipt(self, sent: Receipt) -> Receipt:
        """A receipt of these tests, addressed to this organization."""
        route = sent.route._replace(organization=self.organization)
        issuer = sent.issuer if sent.issuer == OTHER else self.organization
        return sent._replace(route=route, issuer=issuer)


Operation = Callable[[Run], object]


def put(*options: Body, **more: object) -> Operation:
    """Operation that replaces the notices of the position."""
    return lambda run: len(
        update(run.store, run.position, body(*options, **more), NOW, WriteOptions(ACTOR))
        .stored[0]
        .position.options
    )


def put_many(*options: Body) -> Operation:
    """Operation that replaces them through the update of several positions."""
    bodies = [body(*options)]
    return lambda run: len(
        update_many(run.store, run.organization, bodies, NOW, WriteOptions(ACTOR)).stored
    )


def add(*options: Body, write_options: WriteOptions = PUBLISHED, **more: object) -> Operation:
    """Operation that creates a position of these notices."""

    def act(run: Run) -> object:
        bodies = [body(*options, **more)]
        return len(
            create(run.store, run.organization, bodies, NOW, write_options, many=False).stored
        )

    return act


def load_file(*options: Body, **more: object) -> Operation:
    """Operation that loads a file of one position."""

    def act(run: Run) -> object:
        outcomes: list[Outcome] = []
        row = Row(0, body(*options, **more))
        load_options = LoadOptions(ACTOR, organization=run.organization)
        load(run.store, Source([row]), NOW, load_options, outcomes.append)
        return [(each.result, sorted(e.rule for e in each.errors)) for each in outcomes]

    return act


def in_sequence(*steps: Operation) -> Operation:
    """Operation that runs others one after another."""
    return lambda run: [outcome(step, run) for step in steps]


def _account(run: Run) -> object:
    return run.ledger.change_account(run.organization, BANK, POSTAL, 100)


def _match(run: Run, serial: int | None) -> object:
    name = f"r-{WAITING}"
    number = None if serial is None else nav(serial)
    return run.cases.rematch(run.organization, name, "prova", number, actor=ACTOR).case.kind


def restore(run: Run) -> object:
    """Restore the position, for a reason."""
    return run.ledger.restore(run.position, "withdrawn by mistake", None).position.withdrawn_at


def corrected(correction: Correction) -> Operation:
    """Operation that corrects the notice as the console does: on what it has read before.

    Who is late reads it again.
    """

    def act(run: Run) -> object:
        seen = run.ledger.read(run.organization, IUPD)
        position = PositionRef(run.organization, IUPD, lambda etag: etag == seen.etag)
        try:
            result = correct(run.store, position, seen, correction, NOW, WriteOptions(ACTOR))
        except PositionChanged:
            return act(run)
        return len(result.stored[0].position.options)

    return act


def taken_back(way: Way) -> Operation:
    """Operation that takes the position back, as one that a load has made and nobody changed."""

    def act(run: Run) -> object:
        load = StoredLoad(
            run.organization, "load_1", "tari.csv", "", 0, State.UNDOING, {}, {}, None, NOW, NOW,
            None, str(ACTOR.kind), ACTOR.id,
        )  # fmt: skip
        rows = [LoadRow(1, IUPD, RowOutcome.LOADED)]

        def work(connection: Transaction) -> object:
            return [each.outcome for each in take_back(connection, load, rows, way, ACTOR, NOW)]

        return in_transaction(run.store, work)

    return act


def forgotten(
    room: Room, condition: Callable[[str, datetime], object], *, every: bool = False
) -> Operation:
    """Operation that forgets persons tomorrow: as a run of retention, or `every` as one asks."""

    def act(run: Run) -> object:
        until = NOW + timedelta(days=1)
        forgetting = old_positions.Run(run.organization, lambda _code: "X1", ACTOR, until)
        forget = room.forget_every if every else room.forget
        return forget(run.store, forgetting, condition(run.organization, until))

    return act


def _serve_no_more(run: Run) -> object:
    Registry(run.store).withdraw(run.organization, ROUTE.station)
    return None


def decided(decision: Decision, name: str = "prova") -> Operation:
    """Operation by which a person closes the case that waits for its notice."""
    by = By(ACTOR, name, NOW)
    return lambda run: decide(run.store, run.organization, [f"r-{WAITING}"], decision, by)


def claimed(who: str) -> Operation:
    """Operation by which a person takes the case that waits for its notice."""
    return lambda run: claims.claim(run.store, run.organization, f"r-{WAITING}", who, NOW)


PLAN = option(2, isPartialPayment=True), option(3, isPartialPayment=True)
ADD = add(option(4))
#: Every operation that changes a position, by name.
OPERATIONS: Mapping[str, Operation] = {
    "amount": put(option(1, transfer(amount=1500))),
    "amount of many": put_many(option(1, transfer(amount=1500))),
    "amount and back": in_sequence(put(option(1, transfer(amount=1500))), put(option(1))),
    "alternative": put(option(1), option(2)),
    "plan": put(option(1), *PLAN),
    "alone": put(option(1)),
    "another notice": put(option(5)),
    "another debtor": put(option(1), fullName="Anna Esempio"),
    "publish": lambda run: run.ledger.publish(run.position).position.published_at,
    "withdraw": lambda run: run.ledger.invalidate(run.position).position.withdrawn_at,
    "restore": restore,
    "withdraw and restore": in_sequence(
        lambda run: run.ledger.invalidate(run.position).position.withdrawn_at,
        restore,
    ),
    "delete": lambda run: run.ledger.delete(run.position),
    "delete many": lambda run: run.ledger.delete_many(run.organization, [IUPD], dry_run=False),
    "delete and create": in_sequence(lambda run: run.ledger.delete(run.position), ADD),
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
    "fee": lambda run: run.ledger.set_notification_fee(run.organization, nav(1), 500).option_index,
    "account": _account,
    "match": lambda run: _match(run, None),
    "match by hand": lambda run: _match(run, 1),
    "match other by hand": lambda run: _match(run, 2),
    "correct amount": corrected(Correction(nav(1), amounts={1: 1500})),
    "correct debtor": corrected(Correction(nav(1), debtor={"fullName": "Anna Esempio"})),
    "move due": corrected(Correction(nav(1), due_date="2026-12-31")),
    "take back": taken_back(Way.DELETE),
    "take back by withdrawal": taken_back(Way.WITHDRAW),
    "forget positions": forgotten(OLD_POSITIONS, old_positions.can_be_forgotten),
    "forget receipts": forgotten(OLD_RECEIPTS, old_receipts.can_be_forgotten),
    "forget the debtor": forgotten(
        OLD_POSITIONS, lambda code, _: old_positions.of_debtor(code, DEBTOR), every=True
    ),
    "serve no more": _serve_no_more,
    "to refund": decided(Decision(CaseOutcome.TO_REFUND)),
    "refunded": decided(
        Decision(CaseOutcome.REFUNDED, refunded_on=date(2026, 3, 16), mandate="12")
    ),
    "right": decided(Decision(CaseOutcome.RIGHT, "as it is"), "Luca"),
    "resolve": lambda run: (
        run.cases.resolve(
            run.organization, f"r-{WAITING}", "prova", "closed", actor=ACTOR
        ).case.resolution
    ),
}
#: Those that say who has a case: a courtesy between people, of which no event tells.
CLAIMS: Mapping[str, Operation] = {
    "claim": claimed("Anna"),
    "claim of another": claimed("Luca"),
}
#: All that are interleaved.
EVERY: Mapping[str, Operation] = {**OPERATIONS, **CLAIMS}
#: Initial positions, by name.
POSITIONS: Mapping[str, Operation] = {
    "none": lambda _run: None,
    "lone": add(option(1)),
    "draft": add(option(1), write_options=WriteOptions(ACTOR)),
    "exclusive": add(option(1), option(2)),
    "plan": add(option(1), *PLAN),
    "withdrawn": in_sequence(
        add(option(1)), lambda run: run.ledger.invalidate(run.position).position.withdrawn_at
    ),
}
OTHER_NOTICE = receipt(8)
#: Receipts that arrive, by name.
RECEIPTS: Mapping[str, Receipt] = {
    "first": receipt(1),
    "second": receipt(2),
    "third": receipt(3),
    "again": receipt(1)._replace(receipt_id="r-1-again", digest="again"),
    "other content": receipt(1)._replace(digest="other"),
    "no money": receipt(1)._replace(outcome="KO", digest="KO"),
    "copy of another's": receipt(1)._replace(issuer=OTHER, digest="copy"),
    "of 15 euros": receipt(1, 1500)._replace(receipt_id="r-15", digest="of 15"),
    "IUV elsewhere": OTHER_NOTICE._replace(iuv=iuv(1)),
    "unknown": OTHER_NOTICE,
}


def outcome(operation: Operation, run: Run) -> object:
    """Result of an operation, or name and rules of its refusal."""
    try:
        return operation(run)
    except Refusal as refusal:
        return type(refusal).__name__, [each.rule for each in refusal.errors]
