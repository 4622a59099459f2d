"""No notice has the same revision twice, and no position the same ETag, after any change."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, select, update

from gpd_soap.core.position import NewPosition
from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.node import matching
from gpd_soap.store.positions import change as change_position
from gpd_soap.store.positions import insert as insert_position
from gpd_soap.store.positions import read as read_position
from gpd_soap.store.positions import retired_numbers
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from tests.store.samples import (
    ACTOR,
    NOW,
    ORGANIZATION,
    RAW,
    add,
    nav,
    option,
    paid,
    position,
    receipt,
    statuses,
    take,
    transfer,
)

PAYS = Verdict(ReceiptStatus.APPLIED, pays=True)
OPTION = tables.payment_option.c
Change = Callable[[Connection, Stored], object]


def replacing(new: NewPosition, now: datetime = NOW) -> Change:
    """Returns the change that replaces the position."""
    return lambda connection, old: change_position.replace(connection, old, new, ACTOR, now)


def match_manually(connection: Connection, _old: Stored) -> object:
    """Matches the unmatched receipt with the notice, as a person does."""
    row = connection.execute(select(tables.receipt)).mappings().one()
    return matching.match_by_hand(connection, row, nav(1), ACTOR, NOW)


CHANGES: dict[str, Change] = {
    "amount": replacing(position("P", option(1, transfer(amount=1)))),
    "nothing": replacing(position("P", option(1))),
    "an alternative": replacing(position("P", option(1), option(2))),
    "an installment": replacing(position("P", option(1), option(2, plan="rate"))),
    "publish": lambda connection, old: change_position.publish(connection, old, ACTOR, NOW),
    "withdraw": lambda connection, old: change_position.withdraw(connection, old, ACTOR, NOW),
    "paid elsewhere": lambda connection, old: change_position.mark_paid(
        connection, old, change_position.PaidElsewhere(nav(1), "ELSEWHERE", NOW), ACTOR, NOW
    ),
    "report": lambda connection, old: change_position.mark_reported(
        connection, old, 0, 0, ACTOR, NOW
    ),
    "account": lambda connection, old: change_position.change_account(
        connection, old, [(nav(1), 1)], "IT46X0760103200000000123456", ACTOR, NOW
    ),
    "match by hand": match_manually,
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def read_locked(connection: Connection) -> Stored:
    """Reads the position and locks it until the commit."""
    read = read_position.read(connection, ORGANIZATION, "P", lock=True)
    assert read is not None
    return read


def apply(store: Store, change: Change) -> None:
    """Applies a change to the position in a transaction."""
    with store.begin() as connection:
        change(connection, read_locked(connection))


def counters(store: Store) -> tuple[int, int, str]:
    """Returns the position's version, the revision of its first notice, and its ETag."""
    with store.begin() as connection:
        read = read_locked(connection)
        navs = [each.nav for each in read.position.options]
        return read.version, read.progress[navs.index(nav(1))].revision, read.etag


@each_change
def test_version_and_revision_grow_with_every_change(store: Store, change: Change):
    """No version, revision or ETag occurs twice."""
    take(store, receipt(9))
    add(store, position("P", option(1)))
    counted = []
    for _ in range(2):
        apply(store, replacing(position("P", option(1))))
        counted.append(counters(store))

    apply(store, change)
    counted.append(counters(store))

    for count in (0, 1):
        counts = [each[count] for each in counted]
        assert counts == sorted(set(counts))
    assert len({each[2] for each in counted}) == 3


@each_change
def test_decision_before_a_change_is_not_written_after_it(store: Store, change: Change):
    """The receipt of an only option compares its revision alone."""
    take(store, receipt(9))
    add(store, position("P", option(1)))
    facts = store.receipt_facts(receipt(1))
    apply(store, change)

    written = store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert facts.is_only_option
    assert not written
    assert ("r-1", 0) not in statuses(store)


def test_receipt_decided_before_an_update_of_the_amount_is_in_review(store: Store):
    """The receipt is decided again on the new amount."""
    add(store, position("P", option(1)))
    facts = store.receipt_facts(receipt(1))
    apply(store, replacing(position("P", option(1, transfer(amount=15000)))))
    assert not store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    take(store, receipt(1))

    assert statuses(store) == {("r-1", 0): ("review", "the amount differs", 1)}


def recreate(store: Store, *before: int) -> None:
    """Deletes the position and creates one of the same IUPD with other notices."""
    with store.begin() as connection:
        change_position.remove(connection, read_locked(connection), ACTOR, NOW)
    add(store, position("P", *(option(serial) for serial in before)))


@pytest.mark.parametrize("after", [(3,), (3, 4)], ids=["alone", "with another"])
@pytest.mark.parametrize("before", [(1,), (1, 2)], ids=["alone", "with another"])
def test_decision_on_a_deleted_position_is_not_written_on_its_successor(
    store: Store, before: tuple[int, ...], after: tuple[int, ...]
):
    """No receipt is stored as applied without its notice."""
    add(store, position("P", *(option(serial) for serial in before)))
    facts = store.receipt_facts(receipt(1))
    recreate(store, *after)

    assert not store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert statuses(store) == {}
    assert paid(store) == {}
    take(store, receipt(1))
    assert statuses(store) == {("r-1", 0): ("unmatched", "no notice of this number", 1)}


def test_etag_of_a_recreated_position_differs_from_the_first(store: Store):
    """The ETag differs even if both were created at the same instant."""
    add(store, position("P", option(1)))
    with store.begin() as connection:
        before = read_locked(connection).etag
    recreate(store, 3)

    with store.begin() as connection:
        assert read_locked(connection).etag != before


LATER = NOW + timedelta(seconds=1)
#: Every way to add a notice.
READDED: dict[str, Change] = {
    "create": lambda connection, _: insert_position.add(
        connection, [position("Q", option(2))], NOW, ACTOR
    ),
    "update": replacing(position("P", option(1), option(2))),
}


@pytest.mark.parametrize(
    ("away", "back"), [("update", "create"), ("delete", "create"), ("delete", "update")]
)
def test_number_of_a_removed_notice_is_refused_for_another_position(
    store: Store, away: str, back: str
):
    """A position that was created later under the same IUPD is another position."""
    add(store, position("P", option(1), option(2)))
    if away == "update":
        apply(store, replacing(position("P", option(1)), LATER))
    else:
        recreate(store, 3)

    with pytest.raises(AlreadyStored):
        apply(store, READDED[back])


@pytest.mark.parametrize("changed", [1000, 1])
def test_notice_that_comes_back_to_its_position_has_a_revision_it_never_had(
    store: Store, changed: int
):
    """A receipt that was decided on the removed notice is decided again on the new one."""
    add(store, position("P", option(1), option(2)))
    facts = store.receipt_facts(receipt(2))
    for _ in range(2):
        apply(store, replacing(position("P", option(1)), LATER))
        back = position("P", option(1), option(2, transfer(amount=changed)))
        apply(store, replacing(back, LATER))

        assert not store.settle(receipt(2), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert statuses(store) == {}
    with store.begin() as connection:
        progress = read_locked(connection).progress
    assert len({each.revision for each in progress}) == 1


def test_receipt_whose_iuv_was_added_meanwhile_is_in_review(store: Store):
    """Another notice has the IUV by then, so a person has to decide."""
    sent = receipt(8, iuv=nav(1)[1:])
    facts, unmatched = (
        store.receipt_facts(sent),
        Verdict(ReceiptStatus.UNMATCHED, ("no notice of this number",)),
    )
    add(store, position("P", option(1)))

    assert not store.settle(sent, facts, unmatched, primitive="paSendRT", raw=RAW, now=NOW)

    take(store, sent)
    assert statuses(store)["r-8", 0][:2] == ("review", "the IUV is of another notice")


def test_update_writes_every_field_of_a_remaining_notice(store: Store):
    """The row keeps its number and its revision count."""
    old = option(1, transfer(1, 300), transfer(2, 700), metadata=(("A", "1"),), plan="rate")
    new = option(1, transfer(3, 5), description="Altro", metadata=(("B", "2"),), due_at=NOW)
    add(store, position("P", old, option(2)))

    apply(store, replacing(position("P", new, option(4))))

    with store.begin() as connection:
        assert read_locked(connection).position == position("P", new, option(4))
        assert [
            row.nav for row in retired_numbers.find_retired(connection, ORGANIZATION, [nav(2)], [])
        ]


def test_receipt_of_an_option_deleted_meanwhile_is_not_stored(store: Store):
    """The position has the version that was read, but the option is gone."""
    add(store, position("P", option(1), option(2)))
    facts = store.receipt_facts(receipt(1))
    with store.begin() as connection:
        connection.execute(delete(tables.payment_option).where(OPTION.nav == nav(1)))

    assert not store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert statuses(store) == {}


def test_receipt_of_an_option_paid_without_a_new_version_is_not_stored(store: Store):
    """With several options, the version of the position and the option itself are compared."""
    add(store, position("P", option(1), option(2)))
    facts = store.receipt_facts(receipt(1))
    with store.begin() as connection:
        connection.execute(update(tables.payment_option).values(paid_at=NOW, receipt_id="r-7"))

    assert not store.settle(receipt(1), facts, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert statuses(store) == {}
