"""How a debt's ways to pay are told: grouped, in order, each with its state and its reason."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from gpd_soap.core.debt import Debtor, Notice
from gpd_soap.core.faults import Refusal
from gpd_soap.core.payable import DRAFT, NOT_YET_VALID, UNKNOWN
from gpd_soap.core.payment_options import (
    InstallmentStatus,
    Listed,
    OptionsDue,
    PaymentOption,
    installment,
    option_status,
    payment_options,
)

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
ORGANIZATION = "77777777777"


def listed(nav: str, plan: str | None = None, *, all_ccp: bool = True, **more: Any) -> Listed:
    """A notice of 10 euros, published yesterday and due tomorrow unless said otherwise."""
    fields: dict[str, Any] = {
        "iupd": "ONE", "version": 1, "published_at": NOW - DAY, "withdrawn_at": None,
        "company_name": "Comune di Esempio", "office_name": None,
        "debtor": Debtor("F", "ANONIMO", "ANONIMO"), "nav": nav, "iuv": nav, "revision": 1,
        "amount": 1000, "description": "Tributo", "plan": plan, "valid_from": None,
        "due_at": NOW + DAY, "switch_to_expired": True, "retention_at": None,
        "last_payment": None, "metadata": (), "paid_at": None, "reported_at": None,
        "alternative_paid": False,
    }  # fmt: skip
    notice = Notice(**{**fields, **more})
    return Listed(notice, all_ccp)


def options(*debt: Listed) -> tuple[PaymentOption, ...]:
    """The ways to pay a debt, as the first of its notices is asked about."""
    found = payment_options(ORGANIZATION, debt[0].notice.nav, debt, NOW)
    assert isinstance(found, OptionsDue)
    return found.options


def navs(option: PaymentOption) -> str:
    """The notices of a way to pay, in its order."""
    return "".join(each.notice.nav for each in option.installments)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, "POI_UNPAID"),
        ({"due_at": NOW}, "POI_UNPAID"),
        ({"due_at": NOW - TICK}, "POI_EXPIRED_NOT_PAYABLE"),
        ({"due_at": NOW - TICK, "switch_to_expired": False}, "POI_EXPIRED_UNPAID"),
        ({"paid_at": NOW}, "POI_PAID"),
        ({"reported_at": NOW}, "POI_PAID"),
        ({"paid_at": NOW, "due_at": NOW - DAY, "alternative_paid": True}, "POI_PAID"),
        ({"alternative_paid": True}, "POI_INVALID"),
        ({"alternative_paid": True, "due_at": NOW - DAY}, "POI_INVALID"),
        ({"withdrawn_at": NOW}, "POI_INVALID"),
        ({"withdrawn_at": NOW, "paid_at": NOW}, "POI_INVALID"),
        ({"published_at": None}, "POI_INVALID"),
        ({"valid_from": NOW + TICK}, "POI_INVALID"),
    ],
)
def test_an_installment_stands_as_its_facts_and_the_clock_say(
    more: dict[str, Any], status: str
) -> None:
    """The order of verify's refusals is the order of these states; all but the plainest say why."""
    found = installment(listed("1", **more).notice, NOW)

    assert found.status == status
    assert (found.reason is None) == (status == "POI_UNPAID")


@pytest.mark.parametrize(
    ("of", "status"),
    [
        ("UNPAID", "PO_UNPAID"),
        ("INVALID", "PO_INVALID"),
        ("PAID", "PO_PAID"),
        ("EXPIRED_UNPAID", "PO_EXPIRED_UNPAID"),
        ("EXPIRED_NOT_PAYABLE", "PO_EXPIRED_NOT_PAYABLE"),
        ("PAID UNPAID", "PO_PARTIALLY_PAID"),
        ("PAID EXPIRED_NOT_PAYABLE", "PO_PARTIALLY_PAID"),
        ("PAID INVALID", "PO_PARTIALLY_PAID"),
        ("UNPAID EXPIRED_NOT_PAYABLE", "PO_UNPAID"),
        ("UNPAID INVALID", "PO_UNPAID"),
        ("EXPIRED_UNPAID EXPIRED_NOT_PAYABLE", "PO_EXPIRED_NOT_PAYABLE"),
        ("EXPIRED_NOT_PAYABLE INVALID", "PO_EXPIRED_NOT_PAYABLE"),
        ("EXPIRED_UNPAID INVALID", "PO_EXPIRED_UNPAID"),
    ],
)
def test_a_way_to_pay_stands_as_its_installments_make_it(of: str, status: str) -> None:
    """Progress comes first, then what is in time, then what is late."""
    for found in permutations(InstallmentStatus[name] for name in of.split()):
        assert option_status(found) == status


def test_ways_to_pay_and_their_installments_come_by_due_date() -> None:
    """In whatever order the facts are: the plan that ends last is told last."""
    debt = (
        listed("1", "rate", due_at=NOW + 9 * DAY),
        listed("2", due_at=NOW + 5 * DAY),
        listed("3", "rate", due_at=NOW + 2 * DAY),
        listed("4", "due rate", due_at=NOW + 3 * DAY),
        listed("5", due_at=NOW + 5 * DAY),
    )

    for facts in permutations(debt):
        assert [navs(option) for option in options(*facts)] == ["4", "2", "5", "31"]


def test_a_plan_is_the_sum_of_its_installments() -> None:
    """Amounts add up, dates are the widest, and one bank account spoils allCCP."""
    first, second = NOW - 3 * DAY, NOW + DAY
    [found] = options(
        listed("1", "rate", valid_from=first),
        listed("2", "rate", due_at=NOW + 4 * DAY, valid_from=second, all_ccp=False),
    )

    assert (found.amount, found.valid_from, found.due_at) == (2000, first, NOW + 4 * DAY)
    assert (found.all_ccp, found.description) == (False, "Tributo")


def test_a_plan_has_a_description_only_if_its_installments_share_one() -> None:
    """The first installment's own text would be said of all of them."""
    debt = [listed(nav, "rate", description=f"Rata {nav}") for nav in "12"]

    assert [option.description for option in options(*debt)] == [None]


def test_without_a_date_of_its_own_an_option_is_valid_from_its_publication() -> None:
    """As it has been payable since then."""
    [found] = options(listed("1"))

    assert found.valid_from == found.installments[0].valid_from == NOW - DAY


def test_a_plan_may_be_called_like_the_number_of_a_notice() -> None:
    """A single option never falls into a plan, whatever that is called."""
    assert [navs(option) for option in options(listed("1"), listed("2", "1"))] == ["1", "2"]


def test_a_way_that_is_not_to_be_used_says_why_as_its_notices_do() -> None:
    """Excluded by a payment, or withdrawn with the rest."""
    [paid, excluded] = options(listed("1", paid_at=NOW), listed("2", alternative_paid=True))
    [withdrawn] = options(listed("1", withdrawn_at=NOW))

    assert paid.reason == "Risulta interamente pagata."
    assert (excluded.status, excluded.reason) == ("PO_INVALID", excluded.installments[0].reason)
    assert (withdrawn.status, withdrawn.reason) == ("PO_INVALID", withdrawn.installments[0].reason)
    assert withdrawn.reason != excluded.reason


@pytest.mark.parametrize(
    ("debt", "refusal"),
    [
        ([], UNKNOWN),
        ([listed("2")], UNKNOWN),
        ([listed("1", published_at=None)], DRAFT),
        ([listed("1", published_at=None, paid_at=NOW)], DRAFT),
        ([listed("1", valid_from=NOW + TICK)], NOT_YET_VALID),
        ([listed("1", valid_from=NOW + TICK), listed("2", valid_from=NOW + DAY)], NOT_YET_VALID),
    ],
)
def test_what_nobody_may_know_of_is_unknown(debt: list[Listed], refusal: Refusal) -> None:
    """A draft, or a debt with no notice valid yet, is answered as verify answers."""
    assert payment_options(ORGANIZATION, "1", debt, NOW) == refusal


def test_one_valid_notice_makes_its_debt_known() -> None:
    """Asked about the one that is not valid yet too; that one is no promise."""
    early, ready = listed("1", valid_from=NOW + TICK), listed("2")

    assert [option.status for option in options(early, ready)] == ["PO_INVALID", "PO_UNPAID"]
