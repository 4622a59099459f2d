"""No notice shows the same revision twice, and no position the same mark, whatever changes it."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, select, update

from gpd_soap.core.position import NewPosition
from gpd_soap.core.receipt import ReceiptStatus, Verdict
from gpd_soap.store import tables
from gpd_soap.store.database.errors import AlreadyKept
from gpd_soap.store.node import matching
from gpd_soap.store.positions import (
    change as changing,
)
from gpd_soap.store.positions import (
    insert as positions,
)
from gpd_soap.store.positions import (
    read as admin_positions,
)
from gpd_soap.store.positions import (
    retired_numbers as retired,
)
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.store import Store
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    RAW,
    add,
    kept,
    nav,
    option,
    paid,
    position,
    receipt,
    share,
    take,
)

PAYS = Verdict(ReceiptStatus.APPLIED, pays=True)
OPTION = tables.payment_option.c
Change = Callable[[Connection, Stored], object]


def replaced(new: NewPosition) -> Change:
    """Put this in the position's place."""
    return lambda connection, old: changing.replace(connection, old, new, NOW)


def matched(connection: Connection, _old: Stored) -> object:
    """Let the receipt that waits pay the notice."""
    row = connection.execute(select(tables.receipt)).mappings().one()
    return matching.match_by_hand(connection, row, nav(1), NOW)


CHANGES: dict[str, Change] = {
    "amount": replaced(position("P", option(1, share(amount=1)))),
    "nothing": replaced(position("P", option(1))),
    "an alternative": replaced(position("P", option(1), option(2))),
    "an installment": replaced(position("P", option(1), option(2, plan="rate"))),
    "publish": lambda connection, old: changing.publish(connection, old, NOW),
    "withdraw": lambda connection, old: changing.withdraw(connection, old, NOW),
    "paid elsewhere": lambda connection, old: changing.mark_paid(
        connection, old, nav(1), "ELSEWHERE", NOW, NOW
    ),
    "report": lambda connection, old: changing.report(connection, old, 0, 0, NOW),
    "account": lambda connection, old: changing.change_account(
        connection, old, [(nav(1), 1)], "IT46X0760103200000000123456", NOW
    ),
    "match by hand": matched,
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def stored(connection: Connection) -> Stored:
    """The position as it is, held until the commit."""
    found = admin_positions.read(connection, ORGANIZATION, "P", lock=True)
    assert found is not None
    return found


def changed(store: Store, change: Change) -> None:
    """Change the position in a transaction of its own."""
    with store.begin() as connection:
        change(connection, stored(connection))


def seen(store: Store) -> tuple[int, int, str]:
    """What the position and its first notice are counted and marked with."""
    with store.begin() as connection:
        found = stored(connection)
        navs = [each.nav for each in found.position.options]
        return found.version, found.progress[navs.index(nav(1))].revision, found.etag


@each_change
def test_every_change_counts_up_the_version_and_the_revision(store: Store, change: Change):
    """So that neither is ever what it was before, nor the mark."""
    take(store, receipt(9))
    add(store, position("P", option(1)))
    marks = []
    for _ in range(2):
        changed(store, replaced(position("P", option(1))))
        marks.append(seen(store))

    changed(store, change)
    marks.append(seen(store))

    for count in (0, 1):
        counts = [mark[count] for mark in marks]
        assert counts == sorted(set(counts))
    assert len({mark[2] for mark in marks}) == 3


@each_change
def test_a_decision_taken_before_a_change_is_not_written_after_it(store: Store, change: Change):
    """The receipt of a lone notice looks at its revision alone."""
    take(store, receipt(9))
    add(store, position("P", option(1)))
    known = store.known(receipt(1))
    changed(store, change)

    written = store.settle(receipt(1), known, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert known.is_only_option
    assert not written
    assert ("r-1", 0) not in kept(store)


def test_a_receipt_read_before_an_update_of_the_amount_is_reviewed(store: Store):
    """It is decided again on the new amount, and a person sees the difference."""
    add(store, position("P", option(1)))
    known = store.known(receipt(1))
    changed(store, replaced(position("P", option(1, share(amount=15000)))))
    assert not store.settle(receipt(1), known, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    take(store, receipt(1))

    assert kept(store) == {("r-1", 0): ("review", "the amount differs", 1)}


def recreated(store: Store, *before: int) -> None:
    """Delete the position and create one of the same IUPD with other notices, in one instant."""
    with store.begin() as connection:
        changing.remove(connection, stored(connection), NOW)
    add(store, position("P", *(option(serial) for serial in before)))


@pytest.mark.parametrize("after", [(3,), (3, 4)], ids=["alone", "with another"])
@pytest.mark.parametrize("before", [(1,), (1, 2)], ids=["alone", "with another"])
def test_a_decision_on_a_deleted_position_is_not_written_on_the_next_of_its_iupd(
    store: Store, before: tuple[int, ...], after: tuple[int, ...]
):
    """No receipt is kept as applied whose notice is not there."""
    add(store, position("P", *(option(serial) for serial in before)))
    known = store.known(receipt(1))
    recreated(store, *after)

    assert not store.settle(receipt(1), known, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert kept(store) == {}
    assert paid(store) == {}
    take(store, receipt(1))
    assert kept(store) == {("r-1", 0): ("unmatched", "no notice of this number", 1)}


def test_the_mark_of_a_deleted_position_does_not_return_with_its_iupd(store: Store):
    """Not even when it is created again at the same instant."""
    add(store, position("P", option(1)))
    with store.begin() as connection:
        before = stored(connection).etag
    recreated(store, 3)

    with store.begin() as connection:
        assert stored(connection).etag != before


#: Every way in which a notice could come.
BACK: dict[str, Change] = {
    "create": lambda connection, _: positions.add(connection, [position("Q", option(2))], NOW),
    "update": replaced(position("P", option(1), option(2))),
}


@pytest.mark.parametrize("back", BACK.values(), ids=BACK)
@pytest.mark.parametrize("away", ["update", "delete"])
def test_the_number_of_a_notice_that_went_never_comes_back(store: Store, away: str, back: Change):
    """A revision is compared with others of the same number alone."""
    add(store, position("P", option(1), option(2)))
    if away == "update":
        changed(store, replaced(position("P", option(1))))
    else:
        recreated(store, 3)

    with pytest.raises(AlreadyKept):
        changed(store, back)


def test_a_receipt_whose_iuv_appeared_meanwhile_is_not_kept_as_unmatched(store: Store):
    """Another notice carries it by then, and a person has to say which is meant."""
    sent = receipt(8, iuv=nav(1)[1:])
    known, unmatched = (
        store.known(sent),
        Verdict(ReceiptStatus.UNMATCHED, ("no notice of this number",)),
    )
    add(store, position("P", option(1)))

    assert not store.settle(sent, known, unmatched, primitive="paSendRT", raw=RAW, now=NOW)

    take(store, sent)
    assert kept(store)["r-8", 0][:2] == ("review", "the IUV is of another notice")


def test_an_update_writes_every_field_of_a_notice_that_stays(store: Store):
    """What stays is the row, its number and the count of its changes."""
    old = option(1, share(1, 300), share(2, 700), metadata=(("A", "1"),), plan="rate")
    new = option(1, share(3, 5), description="Altro", metadata=(("B", "2"),), due_at=NOW)
    add(store, position("P", old, option(2)))

    changed(store, replaced(position("P", new, option(4))))

    with store.begin() as connection:
        assert stored(connection).position == position("P", new, option(4))
        assert [row.nav for row in retired.find_retired(connection, ORGANIZATION, [nav(2)], [])]


def test_an_option_that_vanished_keeps_no_receipt(store: Store):
    """The position is as it was seen, and what the receipt pays is gone: neither is written."""
    add(store, position("P", option(1), option(2)))
    known = store.known(receipt(1))
    with store.begin() as connection:
        connection.execute(delete(tables.payment_option).where(OPTION.nav == nav(1)))

    assert not store.settle(receipt(1), known, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert kept(store) == {}


def test_an_option_that_was_paid_unseen_keeps_no_second_receipt(store: Store):
    """The position of several is guarded by its version, and the option by its own count too."""
    add(store, position("P", option(1), option(2)))
    known = store.known(receipt(1))
    with store.begin() as connection:
        connection.execute(update(tables.payment_option).values(paid_at=NOW, receipt_id="r-7"))

    assert not store.settle(receipt(1), known, PAYS, primitive="paSendRT", raw=RAW, now=NOW)

    assert kept(store) == {}
