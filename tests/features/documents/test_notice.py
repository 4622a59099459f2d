"""What is printed for a position, what is refused with its reason, and which page holds what."""

from datetime import timedelta

import pytest

from gpd_soap.core.debt import Stamp
from gpd_soap.core.money import MAX_CENTS
from gpd_soap.core.position import NewOption, NewPosition, OptionDebtor
from gpd_soap.features.documents.notice import (
    Issuer,
    Reason,
    Refused,
    choose,
    choose_fine,
    paper_of,
    refusal,
    ways_of,
)
from gpd_soap.features.documents.pages import pages_of
from tests.features.documents.samples import (
    DEBTOR,
    NOW,
    POSTAL,
    nav,
    option,
    paper,
    plan,
    position,
)

STAMPED = option(1).transfers[0]._replace(stamp=Stamp("aGFzaA==", "01", "RM"))


def reason(debt: NewPosition, *settled: bool) -> Reason | None:
    """Return why the first notice of a position is refused."""
    ways = ways_of(debt.options, settled or [False] * len(debt.options))
    return refusal(debt, ways[0], NOW, ways)


@pytest.mark.parametrize(
    ("debt", "expected"),
    [
        (position(option(1)), None),
        (position(option(1, valid_from=NOW + timedelta(days=9))), None),
        (position(option(1), withdrawn_at=NOW), Reason.WITHDRAWN),
        (position(option(1), published_at=None), Reason.DRAFT),
        (position(option(1, due_at=NOW - timedelta(days=1))), Reason.EXPIRED),
        (position(option(1, due_at=NOW - timedelta(days=1), switch_to_expired=False)), None),
        (position(option(1, transfers=(STAMPED,))), Reason.STAMP),
        (position(option(1, MAX_CENTS)), None),
        (position(option(1, MAX_CENTS + 1)), Reason.AMOUNT),
        (position(option(1, 0)), Reason.AMOUNT),
        (position(option(1, nav=18 * "0")), Reason.NUMBER),
        (position(option(1, nav="3470")), Reason.NUMBER),
    ],
)
def test_notice_that_cannot_be_paid_on_paper_is_refused(debt: NewPosition, expected: Reason | None):
    """The first reason that applies is given, in Italian."""
    assert reason(debt) == expected


def test_paid_notice_and_its_alternatives_are_refused():
    """A paid single payment excludes the plan, and installments do not exclude each other."""
    single, first, second = option(1), *plan(2)

    assert reason(position(single), True) == Reason.PAID
    assert reason(position(first, single), False, True) == Reason.EXCLUDED
    assert reason(position(first, second), False, True) is None
    assert reason(position(single, first), False, True) == Reason.EXCLUDED


def test_unknown_and_several_ways_are_refused():
    """A number that is not of the position, and two single payments, are answered with a reason."""
    debt = position(option(1), option(2))
    ways = ways_of(debt.options, [False, False])

    assert choose(debt, ways, nav(9), NOW) == Refused(Reason.UNKNOWN, nav(9))
    assert choose(debt, ways, None, NOW) == Refused(Reason.SEVERAL_WAYS, None)
    assert choose(debt, ways, nav(2), NOW) == (ways[1],)


def test_paid_installments_are_left_out_and_the_others_keep_their_numbers():
    """The single payment is excluded by them, so it is left out too."""
    debt = position(option(1), *plan(3))
    ways = ways_of(debt.options, [False, True, False, False])
    chosen = choose(debt, ways, None, NOW)

    assert not isinstance(chosen, Refused)
    assert [way.rate for way in chosen] == [2, 3]


def test_position_with_one_notice_that_cannot_be_printed_is_refused_by_its_reason():
    """A plan of which an installment has a stamp is not printed in part."""
    first, second = plan(2)
    debt = position(first, second._replace(transfers=(STAMPED,)))

    refused = choose(debt, ways_of(debt.options, [False, False]), None, NOW)

    assert refused == Refused(Reason.STAMP, second.nav)


def test_single_payment_has_its_own_number_and_total():
    """Page 1 never shows those of the first installment."""
    printed = paper(option(1, 30000), *plan(3))

    assert printed.single is not None
    assert printed.single.qr.nav == nav(1)
    assert printed.single.qr.amount == 30000
    assert [portion.rate for portion in printed.rates] == [1, 2, 3]


@pytest.mark.parametrize(
    ("amount", "has_slip", "notes"),
    [
        (9_999_999_999, True, []),
        (10_000_000_000, False, [Reason.SLIP_AMOUNT, Reason.LONG_AMOUNT]),
    ],
)
def test_amount_that_a_slip_cannot_hold_leaves_it_out(
    amount: int, *, has_slip: bool, notes: list[Reason]
):
    """The notice is printed without the slip, and the operator reads why."""
    printed = paper(option(1, amount, slip=True))

    assert (printed.portions[0].slip is not None) is has_slip
    assert [note.reason for note in printed.notes] == notes


def test_slip_has_the_account_that_the_node_is_answered():
    """The postal account of transfer 1 is printed, or a bank account that is Poste's."""
    transfer = option(1).transfers[0]
    second = transfer._replace(number=2, iban=None, postal_iban=POSTAL)
    accounts: list[tuple[NewOption, str | None]] = [
        (option(1, slip=True), "000000123456"),
        (option(1, transfers=(transfer._replace(iban=POSTAL),)), "000000123456"),
        (option(1, transfers=(transfer, second)), None),
    ]

    for one, account in accounts:
        slip = paper(one).portions[0].slip
        assert (slip and slip.account) == account


def test_no_slip_is_printed_unless_every_installment_has_one():
    """A plan with slips for some installments only would be misread."""
    first, second = plan(2, slip=True)
    printed = paper(first, second._replace(amount=10_000_000_000))

    assert not printed.has_slips
    assert [portion.slip for portion in printed.portions] == [None, None]
    assert Reason.SLIP_PLAN in [note.reason for note in printed.notes]


def test_missing_and_past_data_are_left_out():
    """Unknown code, address and office leave no text, and a past date is not printed."""
    debtor = DEBTOR._replace(code="ANONIMO", street_name=None, civic_number=None, city=None,
                             postal_code=None, province=None)  # fmt: skip
    late = option(1, due_at=NOW - timedelta(days=1), switch_to_expired=False, slip=True)
    printed = paper(late, issuer=Issuer(), debtor=debtor, office_name=None)

    assert (printed.person_code, printed.address, printed.office) == ("", "", "")
    assert printed.portions[0].due is None
    assert printed.portions[0].slip is not None
    assert printed.portions[0].slip.debtor_code == 16 * " "
    assert printed.issuer.account_holder == "Comune di Esempio"
    assert printed.changes == ()
    assert [note.reason for note in printed.notes] == [Reason.PAST_DUE]


def test_notice_with_a_debtor_of_its_own_names_that_one():
    """The position's debtor is on the others, and one paper has one addressee."""
    other = DEBTOR._replace(code="VRDLGU00A01A000A", full_name="Luigi Verdi")
    own = option(2, slip=True, debtor=OptionDebtor(other))
    printed = paper(own)

    assert (printed.person, printed.person_code) == ("Luigi Verdi", "VRDLGU00A01A000A")
    assert printed.portions[0].slip is not None
    assert printed.portions[0].slip.debtor_name.rstrip() == "LUIGI VERDI"
    assert paper(option(1)).person == DEBTOR.full_name
    first, second = plan(2)
    debt = position(first, second._replace(debtor=OptionDebtor(other)))
    ways = ways_of(debt.options, [False, False])
    assert choose(debt, ways, None, NOW) == Refused(Reason.SEVERAL_DEBTORS, None)
    fine = position(option(1), own)
    ways = ways_of(fine.options, [False, False])
    assert choose_fine(fine, ways, NOW) == Refused(Reason.SEVERAL_DEBTORS, None)


def test_notification_fee_is_due_with_the_amount():
    """Code, slip and text have the sum, as the Node is answered."""
    debt = position(option(1, 10000, slip=True))
    [way] = ways_of(debt.options, [False], [950])
    [portion] = paper_of(debt, [way], Issuer(), NOW).portions

    assert portion.qr.amount == 10950
    assert portion.slip is not None
    assert portion.slip.amount == 10950


def test_each_shortened_or_cleaned_field_is_reported():
    """Before and after are given for paper and for the slip."""
    long = "Tassa sui rifiuti, " * 8
    debtor = DEBTOR._replace(full_name="Cinà \u202eClaudio")
    printed = paper(option(1, slip=True, description=long), debtor=debtor)

    assert {change.field for change in printed.changes} == {
        "subject", "slip.subject", "debtor.name", "slip.debtorName",
    }  # fmt: skip
    by_field = {change.field: change for change in printed.changes}
    assert by_field["debtor.name"].before == "Cinà \u202eClaudio"
    assert by_field["debtor.name"].after == "Cinà Claudio"
    assert len(by_field["subject"].after) <= 90
    assert len(by_field["slip.subject"].after) <= 110


def test_number_with_wrong_check_digits_is_printed_with_a_note():
    """It was imported leniently, so it can be paid here."""
    printed = paper(option(1, nav="302051234567890111", iuv="02051234567890111"))

    assert [note.reason for note in printed.notes] == [Reason.CHECK_DIGITS]


@pytest.mark.parametrize(
    ("count", "without", "with_slips"),
    [
        (0, [1], [1]),
        (1, [2], [1, 1]),
        (2, [3], [1, 2]),
        (3, [4], [1, 3]),
        (4, [3, 2], [1, 2, 2]),
        (5, [3, 3], [1, 2, 3]),
        (6, [3, 4], [1, 3, 3]),
        (7, [4, 4], [1, 3, 2, 2]),
        (8, [3, 6], [1, 2, 3, 3]),
        (9, [4, 6], [1, 3, 3, 3]),
        (10, [4, 7], [1, 3, 3, 3, 1]),
        (12, [4, 9], [1, 3, 3, 3, 3]),
        (13, [4, 9, 1], [1, 3, 3, 3, 3, 1]),
        (30, [4, 9, 9, 9], [1, *[3] * 10]),
    ],
)
def test_installments_stand_on_the_pages_of_the_models(
    count: int, without: list[int], with_slips: list[int]
):
    """Each amount is on one page, in order, and no page has rows of two and of three."""
    for slip, expected in ((False, without), (True, with_slips)):
        printed = paper(option(1, slip=slip), *plan(count, slip=slip))
        pages = pages_of(printed)

        assert [len(page.portions) for page in pages] == expected
        assert tuple(each for page in pages for each in page.portions) == printed.portions
        for page in pages:
            assert all(len(row) <= page.columns for row in page.rows)


def test_plan_alone_begins_on_the_first_page():
    """Without slips its first row stands there; a last installment alone is a single amount."""
    [page] = pages_of(paper(*plan(3)))
    assert [portion.rate for portion in page.portions] == [1, 2, 3]

    debt = position(*plan(3))
    ways = choose(debt, ways_of(debt.options, [False] * 3), debt.options[1].nav, NOW)
    assert not isinstance(ways, Refused)
    printed = paper_of(debt, ways, Issuer(), NOW)
    [page] = pages_of(printed)
    assert page.single is not None
    assert page.single.rate == 2
    assert page.single.due == "01/01/2027"
