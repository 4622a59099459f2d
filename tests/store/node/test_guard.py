"""A receipt is written only if the facts of its decision still hold."""

import threading

import pytest
from sqlalchemy import event, select, update

from gpd_soap.core.position import NewOption
from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.node import matching
from gpd_soap.store.positions import change
from gpd_soap.store.positions import read as read_position
from gpd_soap.store.store import Store
from tests.store.samples import (
    ACTOR,
    NOW,
    ORGANIZATION,
    OTHER,
    RAW,
    TOMORROW,
    add,
    etag,
    nav,
    option,
    paid,
    position,
    receipt,
    statuses,
    take,
)

PAYS = Verdict(ReceiptStatus.APPLIED, pays=True)
#: A position's other notices: with any, a payment compares the position's version too.
OTHERS = pytest.mark.parametrize("others", [[], [option(3)]], ids=["alone", "with another"])


def test_decision_on_changed_facts_is_not_written(store: Store):
    """The slower of two receipts writes nothing, and its caller decides again."""
    add(store, position("P", option(1), option(2)))
    facts = store.receipt_facts(receipt(1))
    take(store, receipt(2))

    written = store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert not written
    assert ("r-1", 0) not in statuses(store)
    assert paid(store) == {nav(2): "r-2"}


@OTHERS
def test_stored_receipt_id_pays_no_other_notice(store: Store, others: list[NewOption]):
    """The receipt and its effect are written together, or neither is."""
    add(store, position("P", option(1)), position("Q", option(2), *others))
    facts = store.receipt_facts(receipt(2, receipt_id="r-1"))
    take(store, receipt(1))
    before = etag(store, "Q")

    same = receipt(2, receipt_id="r-1")
    assert not store.settle(same, facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert paid(store) == {nav(1): "r-1"}
    # LIMIT: PostgreSQL's one statement increments the version anyway; that costs one retry.
    if store.engine.dialect.name == "sqlite" or not others:
        assert etag(store, "Q") == before


@OTHERS
def test_receipt_of_a_changed_revision_is_not_written(store: Store, others: list[NewOption]):
    """The receipt and its payment are written together, or neither is."""
    add(store, position("P", option(1), *others))
    facts = store.receipt_facts(receipt(1))
    with store.begin() as connection:
        connection.execute(update(tables.payment_option).values(revision=7))

    written = store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert written == bool(statuses(store)) == bool(paid(store))


def test_receipt_without_payment_leaves_the_etag_unchanged(store: Store):
    """An operator's update is not refused because of a receipt that changed nothing."""
    add(store, position("P", option(1)))
    before = etag(store, "P")

    take(store, receipt(1, outcome="KO"))
    take(store, receipt(1, receipt_id="r-2", issuer=OTHER))

    assert etag(store, "P") == before


@OTHERS
def test_receipt_of_a_position_changed_by_an_operator_is_decided_again(
    store: Store, others: list[NewOption]
):
    """An operator's change increments the revision, which the receipt compares."""
    add(store, position("P", option(1), *others))
    facts = store.receipt_facts(receipt(1))
    with store.begin() as connection:
        old = read_position.read(connection, ORGANIZATION, "P", lock=True)
        assert old is not None
        change.withdraw(connection, old, ACTOR, NOW)

    assert not store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    take(store, receipt(1))
    assert statuses(store) == {("r-1", 0): ("review", "the position was withdrawn", 1)}


def test_notice_marked_paid_without_a_new_revision_is_not_paid_again(store: Store):
    """The version before marks a notice paid and leaves its revision unchanged."""
    add(store, position("P", option(1)))
    facts = store.receipt_facts(receipt(1))
    with store.begin() as connection:
        connection.execute(update(tables.payment_option).values(paid_at=NOW, receipt_id="r-2"))

    assert not store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert paid(store) == {nav(1): "r-2"}
    assert statuses(store) == {}


def test_receipt_during_a_change_of_its_position_waits(on_postgresql: Store):
    """The receipt is decided on the changed position, because a change locks every option."""
    store = on_postgresql
    add(store, position("P", option(1)))
    with store.begin() as connection:
        old = read_position.read(connection, ORGANIZATION, "P", lock=True)
        assert old is not None
        sending = threading.Thread(target=take, args=(store, receipt(1)))
        sending.start()
        sending.join(0.5)
        assert sending.is_alive()
        change.withdraw(connection, old, ACTOR, NOW)
    sending.join(60)

    assert statuses(store) == {("r-1", 0): ("review", "the position was withdrawn", 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_receipt_during_a_manual_match_waits_and_is_double(on_postgresql: Store):
    """The notice is paid by the receipt that the person chose."""
    store = on_postgresql
    take(store, receipt(9))
    add(store, position("P", option(1)))
    sending = threading.Thread(target=take, args=(store, receipt(1)))

    def send(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("UPDATE position"):
            sending.start()
            sending.join(0.5)

    event.listen(store.engine, "before_cursor_execute", send)
    with store.begin() as connection:
        row = connection.execute(select(tables.receipt)).mappings().one()
        verdict = matching.match_by_hand(connection, row, nav(1), ACTOR, NOW)
    sending.join(60)

    assert verdict is not None
    assert {key: entry[0] for key, entry in statuses(store).items()} == {
        ("r-9", 0): "review",
        ("r-1", 0): "double",
    }
    assert paid(store) == {nav(1): "r-9"}


def test_payment_updates_the_instant_of_its_position(store: Store):
    """A read position shows when it was paid."""
    add(store, position("P", option(1)))

    take(store, receipt(1), TOMORROW)

    with store.begin() as connection:
        read = read_position.read(connection, ORGANIZATION, "P")
    assert read is not None
    assert (read.created_at, read.updated_at) == (NOW, TOMORROW)
