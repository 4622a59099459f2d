"""The ways to pay a debt: grouped, in order, each with its status and reason."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from gpd_soap.core.debt import Debtor, Notice
from gpd_soap.core.faults import Refusal
from gpd_soap.core.payable import DRAFT, NOT_YET_VALID, UNKNOWN
from gpd_soap.core.payment_options import (
    DebtNotice,
    InstallmentStatus,
    OptionsDue,
    PaymentOption,
    installment,
    option_status,
    payment_options,
)

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
ORGANIZATION = "77777777777"


def listed(nav: str, plan: str | None = None, *, all_ccp: bool = True, **more: Any) -> DebtNotice:
    """Return a notice of 10 euros, published yesterday and due tomorrow, but for `more`."""
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
    return DebtNotice(notice, all_ccp)


def options(*debt: DebtNotice) -> tuple[PaymentOption, ...]:
    """Return the ways to pay a debt, queried by its first notice."""
    due = payment_options(ORGANIZATION, debt[0].notice.nav, debt, NOW)
    assert isinstance(due, OptionsDue)
    return due.options


def navs(option: PaymentOption) -> str:
    """Return the numbers of the notices of a way to pay, in its order."""
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
def test_installment_has_the_status_of_verifys_refusal(more: dict[str, Any], status: str) -> None:
    """The first refusal of verify gives the status, and every status but UNPAID has a reason."""
    one = installment(listed("1", **more).notice, NOW)

    assert one.status == status
    assert (one.reason is None) == (status == "POI_UNPAID")


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
def test_plan_has_the_first_status_that_applies(of: str, status: str) -> None:
    """The order of the installments does not matter."""
    for statuses in permutations(InstallmentStatus[name] for name in of.split()):
        assert option_status(statuses) == status


def test_options_and_installments_are_sorted_by_due_date() -> None:
    """The plan that ends last is last, whatever the order of the stored notices."""
    debt = (
        listed("1", "rate", due_at=NOW + 9 * DAY),
        listed("2", due_at=NOW + 5 * DAY),
        listed("3", "rate", due_at=NOW + 2 * DAY),
        listed("4", "due rate", due_at=NOW + 3 * DAY),
        listed("5", due_at=NOW + 5 * DAY),
    )

    for facts in permutations(debt):
        assert [navs(option) for option in options(*facts)] == ["4", "2", "5", "31"]


def test_plan_sums_amounts_and_spans_dates() -> None:
    """Amounts add up, the dates are the widest, and one bank account makes allCCP false."""
    first, second = NOW - 3 * DAY, NOW + DAY
    [plan] = options(
        listed("1", "rate", valid_from=first),
        listed("2", "rate", due_at=NOW + 4 * DAY, valid_from=second, all_ccp=False),
    )

    assert (plan.amount, plan.valid_from, plan.due_at) == (2000, first, NOW + 4 * DAY)
    assert (plan.all_ccp, plan.description) == (False, "Tributo")


def test_plan_of_different_descriptions_has_none() -> None:
    """A plan has a description only if all of its installments have the same."""
    debt = [listed(nav, "rate", description=f"Rata {nav}") for nav in "12"]

    assert [option.description for option in options(*debt)] == [None]


def test_option_without_valid_from_is_valid_from_publication() -> None:
    """Its installment says the same."""
    [option] = options(listed("1"))

    assert option.valid_from == option.installments[0].valid_from == NOW - DAY


def test_plan_named_like_a_notice_number_stays_apart() -> None:
    """A single option is never grouped into a plan, whatever the plan's name."""
    assert [navs(option) for option in options(listed("1"), listed("2", "1"))] == ["1", "2"]


def test_invalid_option_has_the_reason_of_its_installment() -> None:
    """An excluded and a withdrawn option have different reasons."""
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
def test_draft_or_not_yet_valid_debt_is_refused_as_by_verify(
    debt: list[DebtNotice], refusal: Refusal
) -> None:
    """A draft, and a debt of which no notice is valid yet, is answered as unknown."""
    assert payment_options(ORGANIZATION, "1", debt, NOW) == refusal


def test_debt_with_one_valid_notice_is_answered() -> None:
    """A query by a notice that is not valid yet is answered too, with that one invalid."""
    early, ready = listed("1", valid_from=NOW + TICK), listed("2")

    assert [option.status for option in options(early, ready)] == ["PO_INVALID", "PO_UNPAID"]
