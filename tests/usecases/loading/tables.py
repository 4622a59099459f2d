"""Invented CSV files, and the positions that they give."""

import io
from typing import Any

import pytest

from gpd_soap.usecases.loading import csv_positions
from gpd_soap.usecases.loading.check import Candidate, Outcome, check_row
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.strict_json import UnusableFile
from tests.validation.bodies import BANK, ORGANIZATION

Cells = dict[str, str]


ROW: Cells = {
    "organization": ORGANIZATION,
    "iupd": "P1",
    "type": "F",
    "fiscalCode": "RSSMRA00A01A000K",
    "fullName": "Maria Esempio",
    "companyName": "Comune di Esempio",
    "switchToExpired": "true",
    "amount": "1000",
    "description": "Tributo 1",
    "isPartialPayment": "false",
    "dueDate": "2026-04-30",
    "category": "0101002IM",
    "iban": BANK,
}


BODY = {
    "organization": ORGANIZATION,
    "iupd": "P1",
    "type": "F",
    "fiscalCode": "RSSMRA00A01A000K",
    "fullName": "Maria Esempio",
    "companyName": "Comune di Esempio",
    "switchToExpired": True,
}


OPTION = {
    "amount": 1000,
    "description": "Tributo 1",
    "isPartialPayment": False,
    "dueDate": "2026-04-30",
}


TRANSFER = {
    "idTransfer": "1",
    "amount": 1000,
    "remittanceInformation": "Tributo 1",
    "category": "0101002IM",
    "iban": BANK,
}


NUMBER = "type: expected a whole number of cents, in digits alone"


NEEDED = "required: expected a value"


CHECKSUM = "iban-checksum: expected an IBAN whose check digits are right"


def written(*rows: Cells, separator: str = ",") -> bytes:
    """Return a CSV file with the columns of its first row; cells are not quoted."""
    lines = [rows[0], *({name: row.get(name, "") for name in rows[0]} for row in rows)]
    head = separator.join(rows[0])
    return "\n".join([head, *(separator.join(line.values()) for line in lines[1:])]).encode()


def bodies(raw: bytes, organization: str | None = None) -> list[Any]:
    """Return the bodies of the rows of a file, none of which has an error."""
    rows = list(csv_positions.rows(io.BytesIO(raw), organization))
    assert [row.errors for row in rows] == [()] * len(rows)
    return [row.body for row in rows]


def outcomes(raw: bytes) -> list[tuple[int, str]]:
    """Return the line and the errors of each position, as text that is empty if it is valid."""
    checked = (
        check_row(row, None, lenient=False).value
        for row in csv_positions.rows(io.BytesIO(raw), None)
    )
    return [(each.row_number, "; ".join(map(str, _errors(each)))) for each in checked]


def _errors(what: Candidate | Outcome) -> tuple[FieldError, ...]:
    return what.errors if isinstance(what, Outcome) else ()


def unusable(raw: bytes, organization: str | None = None) -> str:
    """Return why a file is unusable, which is known before any row is read."""
    with pytest.raises(UnusableFile) as refused:
        csv_positions.rows(io.BytesIO(raw), organization)
    return str(refused.value)
