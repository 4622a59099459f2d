"""Notices that a receipt without a notice may be for: what is like it, and in which order."""

from datetime import timedelta

from gpd_soap.core.debt import Debtor
from gpd_soap.core.position import OptionDebtor
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.receipts import worklist
from gpd_soap.store.store import Store
from gpd_soap.usecases.casework.candidates import Likeness, candidates_for, digit_off, swapped
from gpd_soap.usecases.worklist import key_of
from tests.store.samples import (
    NOW,
    ORGANIZATION,
    OTHER,
    TOMORROW,
    add,
    nav,
    option,
    position,
    receipt,
    take,
    transfer,
)

MARIA = OptionDebtor(Debtor("F", "RSSMRA00A01A000A", "Maria Inventata"))
OTHER_DEBTOR = Debtor("F", "VRDLCU00A01A000A", "Luca Inventato")


def matches(
    store: Store, reference: str, organization: str = ORGANIZATION
) -> list[tuple[str, set[str]]]:
    """Returns the numbers of the candidates for a case, with their likenesses, in their order."""
    case = read_only(store, lambda c: worklist.read(c, ORGANIZATION, key_of(reference)))
    assert case is not None
    listed = candidates_for(store, organization, case, NOW)
    return [(each.notice.nav, set(map(str, each.likenesses))) for each in listed]


def test_number_with_a_digit_off_comes_before_the_same_debtor_and_amount(store: Store):
    """What cannot be paid any more comes last, and another amount is not enough by itself."""
    number = nav(5)
    wrong = number[:9] + str((int(number[9]) + 1) % 10) + number[10:]
    add(
        store,
        position("DIGIT", option(5), debtor=OTHER_DEBTOR),
        position("SAME", option(6, due_at=TOMORROW + timedelta(days=9))),
        position("SAME-SOONER", option(7)),
        position("EXPIRED", option(8, due_at=NOW - timedelta(days=1))),
        position("OTHER-AMOUNT", option(9, transfer(amount=5000))),
        position("OTHER-DEBTOR", option(10), debtor=OTHER_DEBTOR),
        position("OWN-DEBTOR", option(11, debtor=MARIA),
                 debtor=OTHER_DEBTOR),
    )  # fmt: skip
    take(store, receipt(99, nav=wrong, iuv=wrong[1:]))

    both = {"amount", "debtor"}
    assert matches(store, "r-99") == [
        (nav(5), {"digit-off", "amount"}),
        (nav(7), both),
        (nav(11), both),
        (nav(6), both),
        (nav(8), both),
    ]
    assert matches(store, "r-99", OTHER) == []


def test_neighbours_that_changed_places_are_one_slip(store: Store):
    """The other debtor and the other amount are shown as different."""
    number = nav(1234567890123)
    turned = number[:5] + number[6] + number[5] + number[7:]
    add(store, position("P", option(1234567890123, transfer(amount=1)), debtor=OTHER_DEBTOR))
    take(store, receipt(99, nav=turned, iuv=turned[1:]))

    assert matches(store, "r-99") == [(number, {str(Likeness.SWAPPED)})]


def test_slips_of_a_number_are_all_of_one_digit_or_one_swap():
    """A number is none of its own slips."""
    number = nav(5)
    assert len(digit_off(number)) == 18 * 9
    assert number not in digit_off(number) | swapped(number)
    assert {len(each) for each in digit_off(number) | swapped(number)} == {18}
