"""The check of one notice: each broken rule has a finding."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.contract.schema import Schema
from gpd_soap.core.debt import Debtor, Notice
from gpd_soap.core.notice import PROBE
from gpd_soap.features.check.finding import Finding, Severity
from gpd_soap.features.check.notices import AnswerCheck, Judged, may_be_asked
from gpd_soap.validation.convert import check, position_of
from tests.drawn import draws
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
    transfer,
)

CHECK = AnswerCheck(Schema())
MISTYPED = BANK[:-1] + "7"
ERROR, WARNING = Severity.ERROR, Severity.WARNING


def notice(*transfers: Any, **more: Any) -> Notice:
    """Return a valid notice, or one with these transfers or other values."""
    return notices(position("P", option(1, *transfers)))[0]._replace(**more)


def judged(one: Notice) -> Judged:
    """Return the result of its check."""
    return CHECK(ORGANIZATION, one)


def rules(one: Notice) -> list[tuple[str, str]]:
    """Return severity and rule of each finding."""
    return [(finding.severity, finding.rule) for finding in judged(one).findings]


def test_valid_notice_has_four_answers_and_no_finding():
    """They are of verify, getPayment, and getPaymentV2 without transferType and for PAGOPA."""
    assert judged(notice()) == (4, ())


def test_notice_with_a_postal_account_has_one_answer_more():
    """It is that of getPaymentV2 for POSTAL."""
    assert judged(notice(transfer(postal=POSTAL))) == (5, ())


def test_notice_with_a_stamp_has_no_answer_of_the_first_version():
    """The refusal of getPayment is valid and is not checked."""
    assert judged(notice(transfer(iban=None, stamp=STAMP))) == (3, ())


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
        (notice(transfer(iban=None)), "correct remittanceInformation: unexpected, expected IBAN"),
        (notice(*(transfer(number) for number in range(1, 7))), "correct transfer: unexpected"),
        (notice(transfer(), transfer(6)), "correct idTransfer: enumeration"),
        (notice(debtor=DEBTOR._replace(city="a\x01")), "correct city: value"),
        (
            notice(due_at=datetime.max.replace(tzinfo=UTC)),
            "correct dueDate: value, expected a day that Rome's calendar has",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_value_that_breaks_the_contract_is_one_error(one: Notice, what: str):
    """It has one finding by element and rule, although several answers carry the value."""
    findings = [finding for finding in judged(one).findings if finding.rule == "contract"]
    matching = [finding.what for finding in findings if finding.what.startswith(what)]

    assert len(matching) == 1
    assert {finding.severity for finding in findings} == {ERROR}


def test_notice_with_several_broken_rules_has_a_finding_for_each():
    """All can be corrected at once."""
    one = notice(
        transfer(iban="x" * 36), office_name="", debtor=Debtor("H", "x", ""), due_at=YESTERDAY
    )
    texts = " ".join(finding.what for finding in judged(one).findings)

    for element in ("officeName", "Type", "Value", "fullName", "IBAN"):
        assert f"{element}: " in texts


def test_broken_rule_of_the_node_has_one_finding():
    """Two primitives carry the same transfers."""
    findings = judged(notice(amount=9999)).findings

    assert [(each.severity, each.rule, each.what) for each in findings] == [
        (ERROR, "node", "see to it that the transfers sum to the amount")
    ]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (notice(transfer(iban=MISTYPED)), [(ERROR, "iban")]),
        (notice(transfer(postal=POSTAL[:-1] + "7")), [(ERROR, "iban")]),
        (notice(transfer(2)), [(ERROR, "first-transfer")]),
        (notice(nav="12345", iuv="1"), [(ERROR, "notice-number")]),
        (notice(nav=PROBE, iuv=PROBE[3:]), [(ERROR, "notice-number")]),
        (notice(nav=nav(1)[:-2] + "99", iuv=nav(1)[1:-2] + "99"), [(WARNING, "check-digits")]),
        (notice(nav="4" + nav(1)[1:]), [(WARNING, "aux-digit")]),
        (notice(iuv=nav(2)[1:]), [(WARNING, "nav-iuv")]),
        (notice(transfer(postal=BANK)), [(WARNING, "postal-iban")]),
        (notice(due_at=datetime(2099, 12, 31, tzinfo=UTC)), [(WARNING, "due-date")]),
    ],
)
def test_value_that_only_the_contract_allows_has_a_finding(
    one: Notice, expected: list[tuple[str, str]]
):
    """The cases are accounts, numbers, the first transfer and an absurd due date."""
    assert rules(one) == expected


@pytest.mark.parametrize(
    ("one", "payable"),
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
def test_settled_or_withdrawn_notice_may_not_be_asked(one: Notice, *, payable: bool):
    """A draft can be published and a due date extended, and a payment is final."""
    assert may_be_asked(one, NOW) is payable


def test_finding_on_a_notice_shows_the_end_of_its_number():
    """It names organization, IUPD and the last four digits."""
    [finding] = judged(notice(transfer(2))).findings

    assert finding.where == f"{ORGANIZATION}/P notice …{nav(1)[-4:]}"


def test_finding_with_control_characters_is_one_printable_line():
    """No stored value can control a terminal."""
    finding = Finding(ERROR, "a\x1b[2J/b\n", "rule", "what")

    assert str(finding) == "ERROR    a?[2J/b?  rule: what"


@st.composite
def odd_numbers(draw: st.DrawFn) -> dict[str, str]:
    """Return numbers that only a lenient validation accepts."""
    digits = st.text("0123456789", min_size=18, max_size=18).filter(lambda nav: nav != PROBE)
    return {"nav": draw(digits), "iuv": draw(st.text("AZ09", min_size=1, max_size=35))}


@draws(25)
@given(body=bodies(), odd=st.none() | odd_numbers())
def test_position_that_passes_validation_is_never_an_error(
    body: dict[str, Any], odd: dict[str, str] | None
):
    """The validation is strict or lenient, and the bodies have every field."""
    if odd is not None:
        body["paymentOption"][0] |= odd
    checked = check(body, OURS, lenient=odd is not None)
    assert checked.body is not None
    stored = position_of(checked.body, OURS, None, never)

    for one in notices(stored):
        findings = CHECK(OURS, one._replace(transfers=tuple(sorted(one.transfers)))).findings
        assert [finding for finding in findings if finding.severity is ERROR] == []
