"""The list of refunds: a spreadsheet keeps each digit, and computes nothing."""

import csv
import io
from datetime import date

from gpd_soap.usecases.casework.refund_list import HEAD, Refund, refund_list

REFUND = Refund(
    case="r-1.2",
    nav="347000000000000124",
    iuv="47000000000000124",
    receipt_id="00000000000000012345",
    paid_on=date(2026, 3, 5),
    amount=123405,
    payer="Maria d'Esempio; ditta",
    payer_code="01234567890",
    debtor_code=None,
    psp_name="=cmd|' /C calc'!A0",
    psp="ABI00000",
    decided_on=date(2026, 3, 16),
    decided_by="Anna",
    note="@eccedenza\ndi àèì \u20ac",
)


def rows(file: bytes) -> list[list[str]]:
    """Returns the cells of a file."""
    text = file.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_file_opens_in_a_spreadsheet_of_italy():
    """A mark for UTF-8, semicolons, a decimal comma, days first."""
    file = refund_list([REFUND])
    head, row = rows(file)

    assert file.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in file
    assert tuple(head) == HEAD
    assert len(row) == len(HEAD)
    assert (row[4], row[5]) == ("05/03/2026", "1234,05")
    assert row[13] == "'@eccedenza di àèì \u20ac"
    assert row[8] == ""


def test_digits_are_texts_and_no_text_is_a_formula():
    """A number of 18 digits would lose three, and a code its first zero."""
    _, row = rows(refund_list([REFUND]))

    assert row[1:4] == ['="347000000000000124"', '="47000000000000124"', '="00000000000000012345"']
    assert row[7] == '="01234567890"'
    assert row[9] == "'=cmd|' /C calc'!A0"
    assert row[0] == "r-1.2"
    for attack in ("=1+1", "+1", "-1", "@a", "\t=1", "  =1"):
        _, row = rows(refund_list([REFUND._replace(payer=attack)]))
        assert row[6].startswith("'")


def test_empty_list_has_its_head():
    """A file without rows says what the rows would be."""
    assert rows(refund_list([])) == [list(HEAD)]
