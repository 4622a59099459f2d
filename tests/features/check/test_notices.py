"""One notice at a time: what would be refused is found, under the rule that it breaks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpd_soap.contract.schema import Schema
from gpd_soap.core.debt import Debtor, Notice
from gpd_soap.core.notice import PROBE
from gpd_soap.features.check.finding import Finding, Severity
from gpd_soap.features.check.notices import AnswerCheck, Judged, may_be_asked
from gpd_soap.validation.convert import check, position_of
from tests.features.check.samples import notices
from tests.validation.bodies import ORGANIZATION as OURS
from tests.validation.test_answers import bodies, never
from tests.world import (
    BANK,
    DEBTOR,
    NOW,
    ORGANIZATION,
    POSTAL,
    STAMP,
    TOMORROW,
    YESTERDAY,
    nav,
    option,
    position,
    share,
)

JUDGE = AnswerCheck(Schema())
MISTYPED = BANK[:-1] + "7"
ERROR, WARNING = Severity.ERROR, Severity.WARNING


def notice(*shares: Any, **more: Any) -> Notice:
    """A notice in order, or with these shares, or with other values."""
    return notices(position("P", option(1, *shares)))[0]._replace(**more)


def judged(one: Notice) -> Judged:
    """What a check says of it."""
    return JUDGE(ORGANIZATION, one)


def rules(one: Notice) -> list[tuple[str, str]]:
    """How grave, and by which rule."""
    return [(finding.severity, finding.rule) for finding in judged(one).findings]


def test_a_notice_in_order_has_four_answers_and_no_finding():
    """Verify, getPayment, and getPaymentV2 for no transferType and for PAGOPA."""
    assert judged(notice()) == (4, ())


def test_a_postal_account_has_one_answer_more():
    """That to POSTAL."""
    assert judged(notice(share(postal=POSTAL))) == (5, ())


def test_a_stamp_is_not_asked_of_the_first_form():
    """A refusal is a proper answer."""
    assert judged(notice(share(iban=None, stamp=STAMP))) == (3, ())


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (notice(company_name=""), "correct companyName: minLength, expected 1"),
        (notice(office_name="x" * 141), "correct officeName: maxLength, expected 140"),
        (notice(amount=0), "correct paymentAmount: minInclusive, expected 0.01"),
        (notice(amount=-1), "correct paymentAmount: value, expected what a message can carry"),
        (notice(debtor=DEBTOR._replace(full_name="")), "correct fullName: minLength, expected 1"),
        (notice(debtor=DEBTOR._replace(country="it")), "correct country: pattern"),
        (notice(metadata=(("k", ""),)), "correct value: minLength, expected 1"),
        (notice(share(iban=None)), "correct remittanceInformation: unexpected, expected IBAN"),
        (notice(*(share(number) for number in range(1, 7))), "correct transfer: unexpected"),
        (notice(share(), share(6)), "correct idTransfer: enumeration"),
        (notice(debtor=DEBTOR._replace(city="a\x01")), "correct city: value"),
        (
            notice(due_at=datetime.max.replace(tzinfo=UTC)),
            "correct dueDate: value, expected a day that Rome's calendar has",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_contract_has_no_place_for_is_an_error(one: Notice, what: str):
    """Told once, by element and rule, whichever answers say it."""
    found = [finding for finding in judged(one).findings if finding.rule == "contract"]
    told = [finding.what for finding in found if finding.what.startswith(what)]

    assert len(told) == 1
    assert {finding.severity for finding in found} == {ERROR}


def test_every_rule_that_is_broken_is_told():
    """Not only the first, so that all can be corrected at once."""
    one = notice(
        share(iban="x" * 36), office_name="", debtor=Debtor("H", "x", ""), due_at=YESTERDAY
    )
    told = " ".join(finding.what for finding in judged(one).findings)

    for element in ("officeName", "Type", "Value", "fullName", "IBAN"):
        assert f"{element}: " in told


def test_the_rules_that_the_node_adds_are_told_once():
    """Two primitives say the same transfers."""
    found = judged(notice(amount=9999)).findings

    assert [(each.severity, each.rule, each.what) for each in found] == [
        (ERROR, "node", "see to it that the transfers sum to the amount")
    ]


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (notice(share(iban=MISTYPED)), [(ERROR, "iban")]),
        (notice(share(postal=POSTAL[:-1] + "7")), [(ERROR, "iban")]),
        (notice(share(2)), [(ERROR, "first-transfer")]),
        (notice(nav="12345", iuv="1"), [(ERROR, "notice-number")]),
        (notice(nav=PROBE, iuv=PROBE[3:]), [(ERROR, "notice-number")]),
        (notice(nav=nav(1)[:-2] + "99", iuv=nav(1)[1:-2] + "99"), [(WARNING, "check-digits")]),
        (notice(nav="4" + nav(1)[1:]), [(WARNING, "aux-digit")]),
        (notice(iuv=nav(2)[1:]), [(WARNING, "nav-iuv")]),
        (notice(share(postal=BANK)), [(WARNING, "postal-iban")]),
        (notice(due_at=datetime(2099, 12, 31, tzinfo=UTC)), [(WARNING, "due-date")]),
    ],
)
def test_what_the_contract_lets_pass_is_found_too(one: Notice, found: list[tuple[str, str]]):
    """Accounts, numbers, the first transfer, a due date that nobody prints."""
    assert rules(one) == found


@pytest.mark.parametrize(
    ("one", "asked"),
    [
        (notice(), True),
        (notice(published_at=None), True),
        (notice(valid_from=TOMORROW), True),
        (notice(due_at=YESTERDAY), True),
        (notice(withdrawn_at=YESTERDAY), False),
        (notice(paid_at=YESTERDAY), False),
        (notice(reported_at=YESTERDAY), False),
        (notice(alternative_paid=True), False),
    ],
)
def test_only_what_is_over_is_asked_for_no_more(one: Notice, asked: bool):  # noqa: FBT001  # a case's expectation
    """A draft will be published, a term extended; money that moved stays moved."""
    assert may_be_asked(one, NOW) is asked


def test_a_finding_says_where_without_the_whole_number():
    """Organization, IUPD, and the last four digits of the notice."""
    [finding] = judged(notice(share(2))).findings

    assert finding.where == f"{ORGANIZATION}/P notice …{nav(1)[-4:]}"


def test_a_finding_is_one_line_whatever_is_stored():
    """Nothing that is stored can write to a terminal."""
    finding = Finding(ERROR, "a\x1b[2J/b\n", "rule", "what")

    assert str(finding) == "ERROR    a?[2J/b?  rule: what"


@st.composite
def odd_numbers(draw: st.DrawFn) -> dict[str, str]:
    """What only a lenient intake takes."""
    digits = st.text("0123456789", min_size=18, max_size=18).filter(lambda told: told != PROBE)
    return {"nav": draw(digits), "iuv": draw(st.text("AZ09", min_size=1, max_size=35))}


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(told=bodies(), odd=st.none() | odd_numbers())
def test_what_the_intake_takes_is_never_an_error(told: dict[str, Any], odd: dict[str, str] | None):
    """Strict or lenient, with every field that there is."""
    if odd is not None:
        told["paymentOption"][0] |= odd
    checked = check(told, OURS, lenient=odd is not None)
    assert checked.body is not None
    kept = position_of(checked.body, OURS, None, never)

    for one in notices(kept):
        found = JUDGE(OURS, one._replace(transfers=tuple(sorted(one.transfers)))).findings
        assert [finding for finding in found if finding.severity is ERROR] == []
