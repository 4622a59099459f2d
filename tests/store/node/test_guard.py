"""What a decision on a receipt was taken on must still hold when it is written."""

import threading

import pytest
from sqlalchemy import event, select, update

from gpd_soap.core.position import NewOption
from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.node import matching
from gpd_soap.store.positions import change as changing
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.store import Store
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    RAW,
    TOMORROW,
    add,
    kept,
    mark,
    nav,
    option,
    paid,
    position,
    receipt,
    take,
)

PAYS = Verdict(ReceiptStatus.APPLIED, pays=True)
#: A position's other notices: a payment is guarded in another way where there are any.
OTHERS = pytest.mark.parametrize("others", [[], [option(3)]], ids=["alone", "with another"])


def test_a_decision_on_facts_that_changed_is_not_written(store: Store):
    """Whoever was slower is told so, writes nothing, and has to ask again."""
    add(store, position("P", option(1), option(2)))
    seen = store.known(receipt(1))
    take(store, receipt(2))

    told = store.settle(receipt(1), seen, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert not told
    assert ("r-1", 0) not in kept(store)
    assert paid(store) == {nav(2): "r-2"}


@OTHERS
def test_a_receipt_id_that_is_kept_already_pays_nothing_else(store: Store, others: list[NewOption]):
    """The receipt and its effect are written together or not at all."""
    add(store, position("P", option(1)), position("Q", option(2), *others))
    seen = store.known(receipt(2, receipt_id="r-1"))
    take(store, receipt(1))
    before = mark(store, "Q")

    same = receipt(2, receipt_id="r-1")
    assert not store.settle(same, seen, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert paid(store) == {nav(1): "r-1"}
    # LIMIT: PostgreSQL's one statement moves the version all the same, which only costs a retry.
    if store.engine.dialect.name == "sqlite" or not others:
        assert mark(store, "Q") == before


@OTHERS
def test_a_receipt_and_its_payment_are_written_together(store: Store, others: list[NewOption]):
    """Or neither is, whichever row tells that something has changed."""
    add(store, position("P", option(1), *others))
    seen = store.known(receipt(1))
    with store.begin() as connection:
        connection.execute(update(tables.payment_option).values(revision=7))

    told = store.settle(receipt(1), seen, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert told == bool(kept(store)) == bool(paid(store))


def test_every_verdict_but_a_payment_leaves_the_mark_alone(store: Store):
    """An update by an operator is not turned away by a receipt that changed nothing."""
    add(store, position("P", option(1)))
    before = mark(store, "P")

    take(store, receipt(1, outcome="KO"))
    take(store, receipt(1, receipt_id="r-2", issuer=OTHER))

    assert mark(store, "P") == before


@OTHERS
def test_a_position_that_was_changed_by_an_operator_is_read_again(
    store: Store, others: list[NewOption]
):
    """What an operator moves on is what a receipt checks."""
    add(store, position("P", option(1), *others))
    seen = store.known(receipt(1))
    with store.begin() as connection:
        old = admin_positions.read(connection, ORGANIZATION, "P", lock=True)
        assert old is not None
        changing.withdraw(connection, old, NOW)

    assert not store.settle(receipt(1), seen, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    take(store, receipt(1))
    assert kept(store) == {("r-1", 0): ("review", "the position was withdrawn", 1)}


def test_a_notice_that_the_version_before_marked_paid_is_not_paid_again(store: Store):
    """It moves the position's version, and knows of no revision."""
    add(store, position("P", option(1)))
    seen = store.known(receipt(1))
    with store.begin() as connection:
        connection.execute(update(tables.payment_option).values(paid_at=NOW, receipt_id="r-2"))

    assert not store.settle(receipt(1), seen, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert paid(store) == {nav(1): "r-2"}
    assert kept(store) == {}


def test_a_receipt_waits_for_whoever_changes_its_position(on_postgresql: Store):
    """And is decided on what they leave: they have every option of it, not only its own row."""
    store = on_postgresql
    add(store, position("P", option(1)))
    with store.begin() as connection:
        old = admin_positions.read(connection, ORGANIZATION, "P", lock=True)
        assert old is not None
        sending = threading.Thread(target=take, args=(store, receipt(1)))
        sending.start()
        sending.join(0.5)
        assert sending.is_alive()
        changing.withdraw(connection, old, NOW)
    sending.join(60)

    assert kept(store) == {("r-1", 0): ("review", "the position was withdrawn", 1)}
    assert paid(store) == {nav(1): "r-1"}


def test_a_receipt_waits_for_whoever_matches_another_by_hand(on_postgresql: Store):
    """What a person was shown as payable is paid by what they chose; the receipt is a double."""
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
        verdict = matching.match_by_hand(connection, row, nav(1), NOW)
    sending.join(60)

    assert verdict is not None
    assert {key: entry[0] for key, entry in kept(store).items()} == {
        ("r-9", 0): "review",
        ("r-1", 0): "double",
    }
    assert paid(store) == {nav(1): "r-9"}


def test_a_payment_is_a_change_of_its_position(store: Store):
    """Whoever reads it sees when it was paid, whichever row that was written on."""
    add(store, position("P", option(1)))

    take(store, receipt(1), TOMORROW)

    with store.begin() as connection:
        read = admin_positions.read(connection, ORGANIZATION, "P")
    assert read is not None
    assert (read.created_at, read.updated_at) == (NOW, TOMORROW)
