"""Lists as CSV for a spreadsheet: semicolons, a decimal comma, and no cell that is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: By this mark a spreadsheet knows that the file is UTF-8.
BOM = "\ufeff"
#: Characters with which a spreadsheet begins a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file as a spreadsheet of an Italian office reads it."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (BOM + written.getvalue()).encode()


def harmless(cell: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless("TARI 2026")
    ("'=1+1", 'TARI 2026')
    """
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def as_text(digits: str) -> str:
    """Return a number that a spreadsheet keeps whole, because it has blanks: our search takes them.

    >>> as_text("347000000000001033")
    '3470 0000 0000 0010 33'
    """
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def euros(cents: int) -> str:
    """Return an amount with a decimal comma.

    >>> euros(123450)
    '1234,50'
    """
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02}"
