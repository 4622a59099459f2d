"""The list of refunds for an accounting office, as a file that a spreadsheet opens in Italy.

Semicolons, a decimal comma, UTF-8 with a mark, and lines that end as on Windows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

#: The mark by which a spreadsheet knows UTF-8.
MARK = "\ufeff"
#: The beginnings of a text that a spreadsheet would compute.
COMPUTED = ("=", "+", "-", "@")

HEAD = (
    "Caso",
    "Avviso",
    "IUV",
    "Numero ricevuta",
    "Pagato il",
    "Importo",
    "Chi ha pagato",
    "Codice fiscale di chi ha pagato",
    "Debitore",
    "PSP",
    "Codice PSP",
    "Deciso il",
    "Deciso da",
    "Nota",
)


class Refund(NamedTuple):
    """A receipt that is to be refunded, in the order of the columns; `amount` is in cents.

    A field that is not known is None.
    """

    case: str
    nav: str | None
    iuv: str | None
    receipt_id: str
    paid_on: date | None
    amount: int
    payer: str | None
    payer_code: str | None
    debtor_code: str | None
    psp_name: str | None
    psp: str | None
    decided_on: date | None
    decided_by: str | None
    note: str | None


def refund_list(refunds: Iterable[Refund]) -> bytes:
    """Returns the file of these refunds, with its head."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEAD)
    for refund in refunds:
        writer.writerow([_cell(value) for value in refund])
    return (MARK + text.getvalue()).encode()


def euros(cents: int) -> str:
    """Returns an amount with a decimal comma and without points.

    >>> euros(123450)
    '1234,50'
    """
    return f"{cents // 100},{cents % 100:02d}"


def _cell(value: str | int | date | None) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return euros(value)
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    # WHY: a spreadsheet drops the first zeros of digits, and all after the fifteenth; so these are
    # a text to it.
    return f'="{value}"' if value.isascii() and value.isdecimal() else _defused(value)


def _defused(text: str) -> str:
    """Returns a text that a spreadsheet shows and does not compute."""
    flat = " ".join(text.split())
    return f"'{flat}" if flat.startswith(COMPUTED) else flat
