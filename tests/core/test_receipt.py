"""A stored receipt that awaits its notice, by its status and reasons."""

import pytest

from gpd_soap.core.receipt import awaits_notice, unreadable_in

ELSEWHERE, DATE = "the IUV is of another notice", "paymentDateTime is out of range"


@pytest.mark.parametrize(
    ("status", "reasons", "expected"),
    [
        ("unmatched", "no notice of this number", True),
        ("unmatched", f"no notice of this number; {DATE}", True),
        ("review", ELSEWHERE, True),
        ("review", f"{ELSEWHERE}; {DATE}", True),
        ("review", f"{ELSEWHERE}; matched by hand", False),
        ("review", f"{ELSEWHERE}; {DATE}; matched by hand", False),
        ("review", DATE, False),
        ("review", "", False),
        ("applied", "", False),
    ],
)
def test_receipt_awaits_its_notice_whatever_date_it_has(
    status: str, reasons: str, *, expected: bool
):
    """A date that was left out is no sign that the notice was found."""
    assert awaits_notice(status, reasons) is expected


def test_elements_that_could_not_be_stored_are_read_from_the_reasons():
    """Other reasons name none."""
    reasons = f"the amount differs; {DATE}; transferDate is out of range"

    assert unreadable_in(reasons) == ("paymentDateTime", "transferDate")
    assert unreadable_in("") == ()
