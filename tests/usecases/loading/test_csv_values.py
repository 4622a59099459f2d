"""Cells as people and spreadsheets write them: amounts, booleans, dates and codes."""

import io

import pytest

from gpd_soap.usecases.loading import csv_positions
from gpd_soap.usecases.loading.check import Candidate, Outcome, check_row
from gpd_soap.usecases.loading.csv_values import Amounts
from tests.usecases.loading.tables import ROW, outcomes, written


def checked(cells: dict[str, str], amounts: Amounts) -> Candidate | Outcome:
    """Return the position of a row, or its refusal."""
    raw = written({**ROW, **cells}, separator=";")
    [row] = csv_positions.rows(io.BytesIO(raw), None, amounts)
    return check_row(row, None, lenient=False).value


@pytest.mark.parametrize(
    ("cell", "cents"),
    [
        ("16", 1600),
        ("16.7", 1670),
        ("16,70", 1670),
        ("0,01", 1),
        ("1.234,56", 123456),
        ("1,234.56", 123456),
        ("1.234.567", 123456700),
        ("1234567,8", 123456780),
        ("€ 12,50", 1250),
        ("12,50 €", 1250),
        ("\u00a012,50\u00a0€", 1250),
        ("999999999,99", 99999999999),
    ],
)
def test_amount_in_euro_becomes_exact_cents(cell: str, cents: int):
    """No amount passes through a float."""
    position = checked({"amount": cell}, Amounts.EURO)

    assert isinstance(position, Candidate)
    assert position.body.payment_option[0].amount == cents
    assert position.body.payment_option[0].transfer[0].amount == cents


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1.234", "type: expected two decimals, such as 1234,00 for thousands"),
        ("1,234", "type: expected two decimals, such as 1234,00 for thousands"),
        ("1.2345", "type: expected an amount in euro, such as 12,50 or 1.234,56"),
        ("12,5,0", "type: expected an amount in euro, such as 12,50 or 1.234,56"),
        ("-12,50", "type: expected an amount in euro, such as 12,50 or 1.234,56"),
        ("1.234,5678", "type: expected an amount in euro, such as 12,50 or 1.234,56"),
        ("٣", "type: expected an amount in euro, such as 12,50 or 1.234,56"),
        ("9" * 5000, "type: expected an amount in euro, such as 12,50 or 1.234,56"),
        ("0,00", "range: expected at least 1"),
        ("1000000000", "range: expected at most 99999999999"),
    ],
    ids=lambda value: value[:20],
)
def test_amount_in_euro_that_is_not_exact_is_refused(cell: str, expected: str):
    """A point or a comma before three digits may mean thousands or decimals, so nobody guesses."""
    refused = checked({"amount": cell}, Amounts.EURO)

    assert isinstance(refused, Outcome)
    assert [str(error) for error in refused.errors] == [f"amount: {expected}"]


@pytest.mark.parametrize(
    ("cell", "figure"), [("12.50", "1250"), ("16.7", "1670"), ("€ 12.50", "1250")]
)
def test_amount_in_euro_where_cents_are_expected_is_named_with_the_right_figure(
    cell: str, figure: str
):
    """The clerk corrects the cell, or loads the file with --amounts euro."""
    [(_, text)] = outcomes(written({**ROW, "amount": cell}))

    assert text == (
        f"amount: type: expected whole cents: {figure} for this amount in euro, "
        "or --amounts euro to load it"
    )


def test_whole_number_is_cents_without_the_option():
    """A file that was right stays right."""
    position = checked({"amount": "1600"}, Amounts.CENTS)

    assert isinstance(position, Candidate)
    assert position.body.payment_option[0].amount == 1600


@pytest.mark.parametrize("cell", ["true", "TRUE", "True", "VERO", "vero", "1"])
@pytest.mark.parametrize("field", ["switchToExpired", "toPublish"])
def test_true_of_a_spreadsheet_is_taken(cell: str, field: str):
    """Excel and LibreOffice write it in capitals, and in the language of the office."""
    position = checked({field: cell}, Amounts.CENTS)

    assert isinstance(position, Candidate)
    assert position.publish if field == "toPublish" else position.body.switch_to_expired


@pytest.mark.parametrize("cell", ["false", "FALSE", "FALSO", "falso", "0"])
def test_false_of_a_spreadsheet_is_taken(cell: str):
    """A later row may write it in another way."""
    raw = written({**ROW, "switchToExpired": cell}, {**ROW, "switchToExpired": "FALSO"})

    assert outcomes(raw) == [(2, "")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("30/04/2026", "2026-04-30"),
        ("30-04-2026", "2026-04-30"),
        ("30.4.26", "2026-04-30"),
        ("04/30/2026", "2026-04-30"),
        ("30/04/2026 00:00", "2026-04-30"),
        ("04/04/2026", "2026-04-04"),
        ("05/04/2026", "2026-04-05, if the day comes first"),
        ("31/04/2026", "a date such as 2026-03-31"),
        ("30/04-2026", "a date such as 2026-03-31"),
    ],
)
@pytest.mark.parametrize("field", ["dueDate", "validityDate", "retentionDate"])
def test_date_with_the_day_first_is_named_with_the_date_to_write(
    field: str, cell: str, expected: str
):
    """Which of two numbers is the day is said where it is not certain."""
    [(_, text)] = outcomes(written({**ROW, field: cell}))

    assert text == f"{field}: date: expected {expected}"


SHORTENED = (
    "digits: expected every digit, which the spreadsheet has cut: "
    "format the column as text, and enter it again"
)


@pytest.mark.parametrize("cell", ["3.47E+17", "3,47E+17", "3.47e+017", "1E+15"])
@pytest.mark.parametrize("field", ["iupd", "fiscalCode", "iuv", "amount", "postalCode"])
def test_number_in_scientific_notation_is_refused_with_the_remedy(field: str, cell: str):
    """Its digits are lost, although a code of this form would be accepted as text."""
    raw = written({**ROW, field: cell}, separator=";")
    [(_, text)] = outcomes(raw)

    assert text == f"{field}: {SHORTENED}"


def test_code_with_a_letter_that_only_resembles_an_exponent_is_taken():
    """A fiscal code or an IUPD may have an E between digits."""
    assert outcomes(written({**ROW, "iupd": "3E17"})) == [(2, "")]


def test_problem_of_a_cell_in_a_later_row_has_its_line():
    """It takes the place of every other finding about that cell."""
    raw = written(ROW, {**ROW, "amount": "12.50", "fiscalCode": "1.2E+10"})
    [(_, text)] = outcomes(raw)

    assert sorted(part.split(": ")[0] for part in text.split("; ")) == ["amount@3", "fiscalCode@3"]
