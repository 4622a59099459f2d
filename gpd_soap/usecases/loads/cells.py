"""Reads a cell as offices write it: days first, `sì` and `no`, and what Excel does to a text."""

from __future__ import annotations

import re
from datetime import date, datetime

from gpd_soap.usecases.loading.csv_positions import ReadCell
from gpd_soap.usecases.loading.csv_values import CellProblem, read_cell
from gpd_soap.usecases.loads.reading import Dates, Kind, Reading
from gpd_soap.usecases.loads.sheets import FORMULA

#: What a formula begins with; a cell that begins so is written with an apostrophe before it.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
APOSTROPHE = "'"
#: LIMIT: cells that begin with + or - and are a number stay as they are.
_NUMBER = re.compile(r"[+-][0-9][0-9.,]*")
NO_FORMULA = CellProblem("formula", "a value, and no formula")
ERROR = CellProblem("formula", "a value, and no error of a formula")
_ERRORS = re.compile(r"#(N/[AD]|DIV/0!|VALORE!|VALUE!|RIF!|REF!|NOME\?|NAME\?|NUM!|NULL!|NULLO!)")
_DAY_FIRST = re.compile(
    r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?: 0?0[:.]00(?:[:.]00)?)?", re.ASCII
)
WORDS = {"si": "true", "sì": "true", "s": "true", "x": "true", "no": "false", "n": "false"}


def defused(text: str) -> str:
    """Return a text that a spreadsheet takes for no formula."""
    if text.startswith(FORMULAS) and not _NUMBER.fullmatch(text):
        return APOSTROPHE + text
    return text


def undefused(text: str) -> str:
    """Return a text without the apostrophe of `defused`."""
    rest = text.removeprefix(APOSTROPHE)
    return rest if rest != text and rest.startswith(FORMULAS) else text


def reader(reading: Reading) -> ReadCell:
    """Return what reads a cell of a table that is read so."""
    assert reading.amounts is not None
    amounts, dates, is_sheet = reading.amounts, reading.dates, reading.kind is Kind.XLSX

    def read(kind: object, cell: str) -> tuple[object, CellProblem | None]:
        if (is_sheet and cell == FORMULA) or (not is_sheet and _is_formula(cell)):
            return cell, NO_FORMULA
        if _ERRORS.fullmatch(cell):
            return cell, ERROR
        text = undefused(cell)
        if kind is bool:
            text = WORDS.get(text.strip().casefold(), text)
        if kind is datetime and dates is Dates.DAY_FIRST:
            text = day_first(text) or text
        return read_cell(kind, text, amounts)

    return read


def day_first(text: str) -> str | None:
    """Return a date that begins with the day, by ISO; None for any other text."""
    match = _DAY_FIRST.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return date(int(match[4]), int(match[3]), int(match[1])).isoformat()
    except ValueError:
        return None


def _is_formula(cell: str) -> bool:
    return cell.startswith("=")
