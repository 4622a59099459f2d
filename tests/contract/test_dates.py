"""Dates that XML Schema allows, of which libxml2 refuses some."""

from __future__ import annotations

import pytest

from gpd_soap.contract.dates import is_date
from gpd_soap.contract.schema import Schema
from tests.contract.samples import GET, HEADER, RECEIPT, SEND_ROOT, enveloped

SCHEMA = Schema()
TIME = "2026-03-01T10:00:00"

VALID = [
    *(f" {TIME}", f"{TIME}\t", f"\n\r {TIME}Z \n", f"{TIME}+14:00", f"{TIME}-13:59"),
    *("2026-03-01T24:00:00", "2026-03-01T24:00:00.000-14:00", f"{TIME}.{'1' * 999}"),
    *(f"2026-12-31T23:59:59.{'9' * digits}" for digits in (6, 14, 15, 400)),
    *("0001-01-01T00:00:00", "-0044-03-15T12:00:00", "12026-03-01T10:00:00"),
    *(f"{'9' * 40}-12-31T23:59:59", f"-{'1' * 5000}-01-01T00:00:00 ", "-0004-02-29T00:00:00"),
    *("2000-02-29T00:00:00", "12000-02-29T00:00:00", "2024-02-29T00:00:00"),
]
INVALID = [
    *("", " ", "2026-03-01", f"{TIME}.", f"{TIME}+14:01", f"{TIME}+15:00", f"{TIME} Z"),
    *(
        "0000-01-01T00:00:00",
        "-0000-01-01T00:00:00",
        "012026-03-01T10:00:00",
        "+2026-03-01T10:00:00",
    ),
    *("2026-02-29T00:00:00", "2100-02-29T00:00:00", f"1{'0' * 39}1-02-29T00:00:00"),
    *("2026-04-31T00:00:00", "2026-13-01T00:00:00", "2026-00-01T00:00:00", "2026-01-00T00:00:00"),
    *("2026-03-01T24:00:01", "2026-03-01T25:00:00", "2026-03-01T10:60:00", "2026-03-01T10:00:60"),
    *(f"{TIME}\xa0", f"\u2028{TIME}", "2026-03-01t10:00:00", "\u0662026-03-01T10:00:00"),
]


def check(text: str) -> str | None:
    """Return the rule that a receipt with this paymentDateTime breaks, or None."""
    payload = enveloped(SEND_ROOT, HEADER + RECEIPT)
    date = payload.find("receipt/paymentDateTime")
    assert date is not None
    date.text = text
    violation = SCHEMA.check(payload)
    assert date.text == text
    assert SCHEMA.violations(payload) == [each for each in [violation] if each is not None]
    return None if violation is None else str(violation)


@pytest.mark.parametrize("text", VALID, ids=lambda text: repr(text[:30]))
def test_valid_date_time_breaks_no_rule(text: str):
    """The same is true of its day alone."""
    assert is_date(text, "xsd:dateTime")
    assert not is_date(text, "xsd:date")
    assert check(text) is None


@pytest.mark.parametrize("text", INVALID, ids=lambda text: repr(text[:30]))
def test_invalid_date_time_is_refused(text: str):
    """It would be a guess to read it."""
    assert not is_date(text, "xsd:dateTime")
    assert check(text) == "paymentDateTime: datatype, expected xsd:dateTime"


@pytest.mark.parametrize(
    "day", [" 2026-03-31", "2026-03-31Z\n", "\t-12026-02-28+14:00 ", f"{'7' * 99}-03-31"]
)
def test_valid_day_breaks_no_rule(day: str):
    """Blanks, a zone and a distant year are allowed."""
    payload = enveloped("paGetPaymentReq", GET.replace("2026-03-31", day))

    assert is_date(day, "xsd:date")
    assert not is_date(day, "xsd:dateTime")
    assert SCHEMA.check(payload) is None


def test_rule_that_another_element_breaks_is_named():
    """A date with blanks is not the first rule that is broken."""
    broken = (HEADER + RECEIPT).replace(TIME, f" {TIME} ").replace(">true<", ">maybe<")
    payload = enveloped(SEND_ROOT, broken)

    assert str(SCHEMA.check(payload)) == "standIn: datatype, expected xsd:boolean"
    assert payload.findtext("receipt/paymentDateTime") == f" {TIME} "
