"""Each change of a position or a receipt leaves its event: who did what, without personal data."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Select, Table, func, select

from gpd_soap.core.actor import ActorKind
from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.events import feed
from gpd_soap.store.events.numbering import number
from gpd_soap.store.events.read import COLUMNS, StoredEvent
from gpd_soap.store.store import Store
from gpd_soap.usecases.envelope import envelope
from tests.api.interleaved import (
    OPERATIONS,
    POSITIONS,
    RECEIPTS,
    Operation,
    Run,
    outcome,
    put,
)
from tests.api.office import ACTOR, ORGANIZATION, ROUTE, prepare
from tests.api.serial_orders import SettlementSteps, new_run
from tests.conftest import KINDS, Databases
from tests.event_schema import findings
from tests.validation.bodies import BANK, POSTAL, nav, option, transfer

EVENT = tables.event.c
#: What the sample bodies say of the debtor, and the texts of its notices.
PERSONAL = ("Maria", "Anna", "Esempio", "RSSMRA", "Tributo", "Versamento")
#: The tables whose rows tell whether an operation changed something.
CHANGED = (tables.position, tables.payment_option, tables.transfer, tables.receipt)


def events(run: Run) -> list[StoredEvent]:
    """Returns the events of the run's organization, in their order."""
    statement = select(*COLUMNS).where(EVENT.organization == run.organization)
    with run.store.begin() as connection:
        rows = connection.execute(statement.order_by(EVENT.at, EVENT.id))
        return [StoredEvent._make(row) for row in rows]


def every_row(run: Run) -> list[list[tuple[Any, ...]]]:
    """Returns the rows of the run's organization, with their counters of changes."""
    with run.store.begin() as connection:
        return [
            sorted(
                (tuple(row) for row in connection.execute(_rows_of(table, run.organization))),
                key=repr,
            )
            for table in CHANGED
        ]


def _rows_of(table: Table, organization: str) -> Select[Any]:
    return select(table).where(table.c.organization == organization)


def types(run: Run) -> list[str]:
    """Returns the types of the run's events, in their order."""
    return [each.type for each in events(run)]


def last(store: Store, before: str, *steps: Callable[[Run], object]) -> StoredEvent:
    """Returns the last event after some steps from an initial position."""
    run = new_run(store, before)
    for step in steps:
        outcome(step, run)
    return events(run)[-1]


class Left(NamedTuple):
    """What an operation left in a run: its events, whether a row changed, and the whole feed."""

    new: list[StoredEvent]
    changed: bool
    feed: list[StoredEvent]


def left_by(run: Run, operation: Operation) -> Left:
    """Runs an operation, and returns what it left."""
    rows, known = every_row(run), {each.id for each in events(run)}
    outcome(operation, run)
    new = [each for each in events(run) if each.id not in known]
    changed = every_row(run) != rows
    number(run.store, run.organization)
    with run.store.reading() as connection:
        last = feed.bounds(connection, run.organization).last
        return Left(new, changed, feed.after(connection, run.organization, 0, last, 1000))


@pytest.fixture(scope="module", params=KINDS)
def own_store(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    """Yields a store of each kind for the runs below, each of which has an organization."""
    opened = Store(databases.make(request.param, prepare)[1])
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=POSITIONS)
def left(request: pytest.FixtureRequest, own_store: Store) -> dict[str, Left]:
    """Returns what each operation left, from each initial position; run once for the next tests."""
    return {
        name: left_by(new_run(own_store, request.param), operation)
        for name, operation in OPERATIONS.items()
    }


def test_operation_leaves_an_event_exactly_if_it_changes_a_row(left: dict[str, Left]):
    """The actor is the key that did it."""
    wrong = {}
    for name, each in left.items():
        by_others = [each.type for each in each.new if (each.actor_kind, each.actor) != ACTOR]
        if bool(each.new) != each.changed or by_others:
            wrong[name] = (each.changed, [one.type for one in each.new], by_others)

    assert wrong == {}


def test_no_event_has_personal_data_or_is_large(left: dict[str, Left]):
    """Neither the debtor nor the texts of a notice are in any event."""
    for event in (event for each in left.values() for event in each.feed):
        text = json.dumps(event.data, ensure_ascii=False)
        if event.data.get("psp"):
            text = text.replace(event.data["psp"]["name"], "")
        assert [word for word in PERSONAL if word in text] == []
        assert len(text) < 8192


def test_every_event_that_an_operation_leaves_is_valid(left: dict[str, Left]):
    """Each is one of the messages of the AsyncAPI document."""
    wrong = {
        name: [error for event in each.feed for error in findings(envelope(event))]
        for name, each in left.items()
    }

    assert {name: errors for name, errors in wrong.items() if errors} == {}
    for each in left.values():
        assert EventType.RECEIPT_UNMATCHED in {event.type for event in each.feed}


@pytest.mark.parametrize("before", POSITIONS)
def test_receipt_leaves_one_event_by_the_node(store: Store, before: str):
    """Its type is the status with which the receipt is stored; a repetition has none."""
    for sent in RECEIPTS.values():
        run = new_run(store, before)
        known = {each.id for each in events(run)}
        verdict = SettlementSteps(run, sent).finish()
        SettlementSteps(run, sent).finish()
        number(store, run.organization)
        [event] = [each for each in events(run) if each.id not in known]

        assert event.type == f"receipt.{verdict.status}".replace("-", "_")
        assert (event.actor_kind, event.actor) == (ActorKind.NODE, ROUTE.station)
        assert event.receipt_id == sent.receipt_id
        assert event.data["amount"] == sent.amount
        assert findings(envelope(event)) == []


def five(amount: int) -> list[dict[str, Any]]:
    """Returns as many transfers as an option may have, each with two accounts."""
    return [transfer(number, amount, postalIban=POSTAL) for number in range(1, 6)]


@pytest.mark.parametrize("parts", [[], five(1000)], ids=["one transfer", "five transfers"])
def test_event_of_a_large_position_is_bounded(store: Store, parts: list[dict[str, Any]]):
    """The number of all options is told."""
    many = [option(n, *parts, isPartialPayment=True) for n in range(10, 109)]
    event = last(store, "lone", put(*many))

    assert event.data["optionCount"] == 99
    assert event.data["after"]["options"]
    assert len(json.dumps(event.data)) < 8192


def test_event_of_a_change_of_many_large_options_is_bounded(store: Store):
    """What was before is as large as what is after."""
    first, second = (
        put(*(option(n, *five(amount), isPartialPayment=True) for n in range(10, 109)))
        for amount in (1000, 1100)
    )
    data = last(store, "lone", first, second).data

    assert min(len(data[side]["options"]) for side in ("before", "after")) > 3
    assert len(data["navs"]) == 20
    assert len(json.dumps(data)) < 8192


CHANGES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "amount": ("lone", "position.updated", {"amount": 1000}, {"amount": 1500}),
    "publish": ("draft", "position.published", {"state": "DRAFT"}, {"state": "VALID"}),
    "withdraw": ("lone", "position.withdrawn", {"state": "VALID"}, {"state": "INVALID"}),
    "restore": ("withdrawn", "position.restored", {"state": "INVALID"}, {"state": "VALID"}),
    "paid elsewhere": ("lone", "notice.settled", {"state": "PO_UNPAID"}, {"state": "PO_PAID"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_event_has_what_was_before_and_after(store: Store, name: str):
    """State, amount, dates and accounts that differ are in it."""
    before, kind, old, new = CHANGES[name]
    event = last(store, before, OPERATIONS[name])

    def has(side: str, expected: dict[str, Any]) -> bool:
        contents = [event.data[side], *event.data[side]["options"]]
        return any(expected.items() <= each.items() for each in contents)

    assert event.type == kind
    assert has("before", old)
    assert has("after", new)


@pytest.mark.parametrize("name", ["amount", "publish", "withdraw", "restore"])
def test_event_of_a_position_names_its_notices(store: Store, name: str):
    """Whoever knows notices by their numbers sees which of them it is about."""
    before, _, _, _ = CHANGES[name]

    assert last(store, before, OPERATIONS[name]).data["navs"] == [nav(1)]


def test_event_of_a_changed_account_has_both_accounts(store: Store):
    """A change of account is what fraud looks like."""
    event = last(store, "lone", OPERATIONS["account"])

    [before], [after] = event.data["before"]["options"], event.data["after"]["options"]
    assert [each["iban"] for each in before["accounts"]] == [BANK]
    assert [each["iban"] for each in after["accounts"]] == [POSTAL]


def test_event_of_another_debtor_names_the_field_alone(store: Store):
    """The name and the code stay out."""
    event = last(store, "lone", OPERATIONS["another debtor"])

    assert event.data["changed"] == ["debtor"]
    assert event.data["before"]["options"] == []


def test_event_of_a_restored_position_has_the_reason(store: Store):
    """The reason is the person's."""
    assert last(store, "withdrawn", OPERATIONS["restore"]).data["reason"] == "withdrawn by mistake"


def test_events_of_one_transaction_are_in_the_order_in_which_they_happened(store: Store):
    """A receipt that waited is applied after its position was created."""
    run = new_run(store, "none")
    outcome(OPERATIONS["create what waits"], run)

    assert types(run) == ["receipt.unmatched", "position.created", "receipt.applied"]


def test_event_of_a_created_position_says_how_it_came(store: Store):
    """The event names a file, or a key."""
    origins = {}
    for name in ("load another", "create"):
        run = new_run(store, "none")
        outcome(OPERATIONS[name], run)
        created = [each for each in events(run) if each.type == EventType.POSITION_CREATED]
        origins[name] = created[-1].data["origin"]

    assert origins == {"load another": "load", "create": "api"}
    position = tables.position.c
    with store.begin() as connection:
        statement = select(position.created_by_kind, position.created_by, func.count())
        grouped = statement.group_by(position.created_by_kind, position.created_by)
        rows = {tuple(row) for row in connection.execute(grouped)}
    assert rows == {("load", "k-1", 1), ("key", "k-1", 1)}


def test_event_of_a_receipt_has_the_revision_of_its_notice(store: Store):
    """A receiver compares it with what it knows."""
    run = new_run(store, "lone")
    SettlementSteps(run, RECEIPTS["first"]).finish()
    event = events(run)[-1]
    stored = tables.payment_option.c
    with store.begin() as connection:
        statement = select(stored.revision).where(stored.organization == run.organization)
        revision = connection.execute(statement).scalar_one()

    assert event.type == EventType.RECEIPT_APPLIED
    assert (event.subject, event.nav, event.revision) == ("POSIZIONE-1", nav(1), revision)
    assert event.data["before"]["state"] == "PO_UNPAID"
    assert event.data["after"]["state"] == "PO_PAID"
    assert transfer()["amount"] == event.data["amount"]
    assert event.data["positionState"] == "PAID"
    assert event.data["transfers"] == [
        {"number": 1, "organization": ORGANIZATION, "amount": event.data["amount"]}
    ]


def test_event_of_a_second_payment_names_the_first(store: Store):
    """The first paid the notice itself, or an alternative."""
    run = new_run(store, "lone")
    for name in ("first", "again"):
        SettlementSteps(run, RECEIPTS[name]).finish()
    [*_, double] = events(run)

    assert (double.type, double.data["firstReceiptId"]) == ("receipt.double", "r-1")
    assert double.data["case"] == double.receipt_id

    run = new_run(store, "exclusive")
    for name in ("first", "second"):
        SettlementSteps(run, RECEIPTS[name]).finish()
    [*_, double] = events(run)
    assert (double.type, double.data["firstReceiptId"]) == ("receipt.double", "r-1")


def test_event_of_another_amount_says_which_was_expected(store: Store):
    """It also names the case that a person has to look at."""
    run = new_run(store, "lone")
    SettlementSteps(run, RECEIPTS["of 15 euros"]).finish()
    [*_, review] = events(run)

    assert (review.type, review.data["expectedAmount"]) == ("receipt.review", 1000)
    assert review.data["case"] == "r-15"


def test_receipt_that_waited_keeps_its_transfers(store: Store):
    """They are in no table; its first event has them."""
    run = new_run(store, "none")
    outcome(OPERATIONS["create what waits"], run)
    unmatched, _, applied = events(run)

    assert applied.data["transfers"] == unmatched.data["transfers"]
    assert unmatched.data["case"] == unmatched.receipt_id


def test_event_of_a_reported_transfer_says_which(store: Store):
    """The event has its number, amount, notice and reference."""
    run = new_run(store, "lone")
    SettlementSteps(run, RECEIPTS["first"]).finish()
    outcome(OPERATIONS["report"], run)
    [*_, reported] = events(run)

    assert reported.type == "transfer.reported"
    assert (reported.data["number"], reported.data["amount"]) == (1, 1000)
    assert (reported.nav, reported.data["iuv"]) == (nav(1), nav(1)[1:])
