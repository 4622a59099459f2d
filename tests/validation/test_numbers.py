"""The numbers and the plans of the options of a position."""

import pytest

from gpd_soap.core.notice import PROBE, NoticeNumber, issue
from gpd_soap.validation.convert import check, count_missing_numbers, position_of
from gpd_soap.validation.finding import FieldError
from tests.validation.bodies import ORGANIZATION, body, changed, iuv, nav, option
from tests.validation.checking import NOW, WRONG_NAV, converted, errors, warnings


@pytest.mark.parametrize(
    ("numbers", "field", "rule", "expected"),
    [
        ({"iuv": "123"}, "iuv", "iuv", "17 digits where nav is missing"),
        ({"iuv": nav(1)}, "iuv", "iuv", "17 digits where nav is missing"),
        (
            {"iuv": None, "nav": nav(1)},
            "iuv",
            "required",
            "the IUV of the notice number in nav",
        ),
        ({"nav": iuv(1)}, "nav", "notice-number", "18 digits"),
        ({"nav": "x" * 18}, "nav", "notice-number", "18 digits"),
        (
            {"nav": PROBE, "iuv": PROBE[3:]},
            "nav",
            "notice-number",
            "another number, because this is the Node's probe",
        ),
    ],
)
def test_number_that_no_message_can_carry_is_refused(
    numbers: dict[str, object], field: str, rule: str, expected: str
):
    """It is refused with `lenient` too."""
    content = body(option(1, **numbers))
    finding = FieldError(f"paymentOption[0].{field}", rule, expected)

    assert errors(content) == (finding,)
    assert errors(content, lenient=True) == (finding,)


@pytest.mark.parametrize(
    ("numbers", "field", "rule", "expected"),
    [
        ({"iuv": WRONG_NAV[1:]}, "iuv", "check-digits", "check digits 24 at the end"),
        (
            {"nav": WRONG_NAV, "iuv": WRONG_NAV[1:]},
            "nav",
            "check-digits",
            "check digits 24 at the end",
        ),
        (
            {"nav": "4" + iuv(1), "iuv": iuv(1)},
            "nav",
            "aux-digit",
            "a notice number that begins with 0, 1, 2 or 3",
        ),
        ({"nav": nav(2), "iuv": iuv(1)}, "nav", "nav-iuv", "a notice number that carries the IUV"),
        (
            {"nav": nav(2), "iuv": "RF18539007547034"},
            "nav",
            "nav-iuv",
            "a notice number that carries the IUV",
        ),
    ],
)
def test_number_that_we_would_not_issue_needs_lenient(
    numbers: dict[str, object], field: str, rule: str, expected: str
):
    """It gives a warning then, and is not changed."""
    content = body(option(1, **numbers))
    finding = FieldError(f"paymentOption[0].{field}", rule, expected)

    assert errors(content) == (finding,)
    assert warnings(content, lenient=True) == (finding,)
    assert converted(content, lenient=True).options[0].iuv == numbers["iuv"]


@pytest.mark.parametrize(
    "number", ["012123456789012381", "112345678901234567", "212345678901234544", nav(1)]
)
def test_number_of_every_aux_digit_is_accepted(number: str):
    """The older forms need their notice number beside the IUV."""
    inside = NoticeNumber(number).iuv
    got = converted(body(option(1, nav=number, iuv=inside))).options[0]

    assert (got.nav, got.iuv) == (number, inside)


def test_missing_numbers_are_issued_in_the_order_of_the_options():
    """An option with a number keeps it."""
    content = body(option(1, iuv=None), option(9), option(2, iuv=None))
    checked = check(content, ORGANIZATION)
    assert checked.body is not None
    serials = iter((100, 101))
    position = position_of(checked.body, ORGANIZATION, NOW, lambda: issue("47", next(serials)))

    assert count_missing_numbers(checked.body) == 2
    assert [o.nav for o in position.options] == [nav(100), nav(9), nav(101)]
    assert [o.iuv for o in position.options] == [iuv(100), iuv(9), iuv(101)]
    with pytest.raises(StopIteration):
        next(serials)


def test_repeated_number_of_an_option_is_refused():
    """The finding names the second option, by IUV and by notice number."""
    alike = errors(body(option(1), option(1)))
    both = errors(body(option(1, nav=nav(1)), option(1, nav=nav(1))))

    expected = FieldError("paymentOption[1].iuv", "duplicate", "an IUV that no other option has")
    number = FieldError(
        "paymentOption[1].nav", "duplicate", "a notice number that no other option has"
    )
    assert alike == (expected,)
    assert both == (expected, number)


def test_installments_without_a_plan_id_form_one_plan():
    """Single options have no plan."""
    content = body(option(1), option(2, isPartialPayment=True), option(3, isPartialPayment=True))
    single, second, third = (o.plan for o in converted(content).options)

    assert single is None
    assert second == third is not None


def test_installments_may_name_several_plans():
    """The field paymentPlanId is an extension of ours, with at most 50 characters."""
    plans = ["A", "A", "B" * 50]
    content = body(
        *(
            option(number, isPartialPayment=True, paymentPlanId=p)
            for number, p in enumerate(plans, 1)
        )
    )

    assert [o.plan for o in converted(content).options] == plans
    assert errors(changed(content, "paymentOption.2.paymentPlanId", "B" * 51)) == (
        FieldError("paymentOption[2].paymentPlanId", "length", "a length of at most 50"),
    )


def test_plan_id_of_some_installments_or_a_single_option_is_refused():
    """Otherwise the exclusions between options would be unclear."""
    some = body(
        option(1, isPartialPayment=True, paymentPlanId="A"), option(2, isPartialPayment=True)
    )
    single = body(option(1, paymentPlanId="A"))

    assert errors(some) == (
        FieldError(
            "paymentOption[1].paymentPlanId", "plan", "a plan for every installment, or for none"
        ),
    )
    assert errors(single) == (
        FieldError(
            "paymentOption[0].paymentPlanId", "plan", "a plan only where isPartialPayment is true"
        ),
    )
