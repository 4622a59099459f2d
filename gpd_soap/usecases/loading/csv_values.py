"""Reads a cell of a CSV file as people and spreadsheets write it, or says what to write instead."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core import money


class Amounts(StrEnum):
    """The unit of the amounts in a CSV file."""

    CENTS = "cents"
    EURO = "euro"


class CellProblem(NamedTuple):
    """Why the value of a cell cannot be used: the rule, and what is expected instead."""

    rule: str
    expected: str


#: LIMIT: digits of a whole number; the largest amount has fewer.
MOST_DIGITS = 15
#: English and Italian spreadsheets write the first four; `1` and `0` are common in exports.
BOOLEANS = {"true": True, "vero": True, "1": True, "false": False, "falso": False, "0": False}

BOOLEAN = CellProblem("type", "true or false")
CENTS = CellProblem("type", "a whole number of cents, in digits alone")
NOT_UTF8 = CellProblem("utf-8", 'text in UTF-8: save the file as "CSV UTF-8"')
WINDOWS = CellProblem(
    "utf-8", 'text in UTF-8, and the file seems to be Windows-1252: save it as "CSV UTF-8"'
)
SHORTENED = CellProblem(
    "digits",
    "every digit, which the spreadsheet has cut: format the column as text, and enter it again",
)

# WHY: a byte that is not UTF-8 was decoded to one of these.
_UNDECODED = re.compile("[\udc80-\udcff]")
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E[+-][0-9]{2,3}", re.IGNORECASE)
_DAY_OR_MONTH_FIRST = re.compile(
    r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?: [0-9:.]+)?"
)
_MONTHS = 12


def read_cell(kind: object, cell: str, amounts: Amounts) -> tuple[object, CellProblem | None]:
    """Return the value of a cell for a field of type `kind`, with its problem, if any.

    The value with a problem is the text of the cell.
    """
    if not cell.isascii() and _UNDECODED.search(cell):
        return cell, _undecoded(cell)
    if _SCIENTIFIC.fullmatch(cell):
        return cell, SHORTENED
    if kind is bool:
        boolean = BOOLEANS.get(cell.casefold())
        return (cell, BOOLEAN) if boolean is None else (boolean, None)
    if kind is int:
        return _cents(cell) if amounts is Amounts.CENTS else _euro(cell)
    return cell, _date_problem(cell) if kind is datetime else None


def _undecoded(cell: str) -> CellProblem:
    try:
        cell.encode("utf-8", "surrogateescape").decode("cp1252")
    except UnicodeDecodeError:
        return NOT_UTF8
    return WINDOWS


def _cents(cell: str) -> tuple[object, CellProblem | None]:
    if cell.isascii() and cell.isdigit() and len(cell) <= MOST_DIGITS:
        return int(cell), None
    try:
        cents = money.from_person(cell)
    except ValueError:
        return cell, CENTS
    expected = f"whole cents: {cents} for this amount in euro, or --amounts euro to load it"
    return cell, CellProblem("type", expected)


def _euro(cell: str) -> tuple[object, CellProblem | None]:
    try:
        return money.from_person(cell), None
    except ValueError as error:
        return cell, CellProblem("type", str(error).removeprefix("expected "))


def _date_problem(cell: str) -> CellProblem | None:
    """Return the date to write in place of one that begins with the day or the month, or None."""
    match = _DAY_OR_MONTH_FIRST.fullmatch(cell)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    year += 0 if len(match[4]) == len("2026") else 2000
    day, month = (second, first) if second > _MONTHS else (first, second)
    try:
        written = date(year, month, day).isoformat()
    except ValueError:
        return None
    unsure = first <= _MONTHS and second <= _MONTHS and first != second
    return CellProblem("date", f"{written}, if the day comes first" if unsure else written)
