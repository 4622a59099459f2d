"""Reads the sheets of a workbook; the program of the process in which a workbook is read.

A few kilobytes of a workbook can unpack to millions of elements, and the library keeps some of them
all.  So it reads in a process of its own, which `workbook` bounds in memory and in time.  This
module imports the standard library alone, so that the process begins quickly.
"""

from __future__ import annotations

import csv
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from importlib import import_module
from io import TextIOWrapper
from typing import IO, Protocol

#: LIMIT: columns; a position with five transfers has fewer.
MOST_COLUMNS = 200
#: LIMIT: a number with more digits has lost the last ones in a sheet.
EXACT = 10**15
#: LIMIT: two numbers that differ by less are one, as a sheet computes in binary.
SAME = 1e-9
#: Stands for a formula, whose value was computed by another program.
FORMULA = "="

#: How the process ends: as many sheets with rows as the number is above this one.  Any other end is
#: of a workbook that cannot be read.
READ = 10
#: LIMIT: seconds, after which the process ends also where nobody waits for it.
MOST_SECONDS = 120
#: LIMIT: sheets with rows that are counted; a reader is told of no more.
MOST_SHEETS = 100


class Cell(Protocol):
    """A cell as the library reads it."""

    value: object
    data_type: str
    number_format: str | None


class Sheet(Protocol):
    """A sheet as the library reads it."""

    def reset_dimensions(self) -> None:
        """Forget the size that the sheet says it has."""

    def iter_rows(self, *, max_col: int) -> Iterable[Sequence[Cell]]:
        """Yield the rows, each with its cells."""


class Book(Protocol):
    """A workbook as the library reads it."""

    worksheets: Sequence[Sheet]


def main() -> int:
    """Read the workbook on standard input; write its first sheet with rows on standard output.

    Returns how the process ends.
    """
    signal.alarm(MOST_SECONDS)
    library = import_module("openpyxl")
    # WHY: standard input is a file of the other process, and is read from its beginning.
    with open(sys.stdin.fileno(), "rb", closefd=False) as file:  # a number, no path
        file.seek(0)
        book: Book = library.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        with TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="") as copy:
            return READ + min(copy_rows(book, copy), MOST_SHEETS)


def copy_rows(book: Book, copy: IO[str]) -> int:
    """Write the rows of the first sheet that has some as CSV, each with its number first.

    Returns how many sheets have rows.
    """
    writer, filled = csv.writer(copy), 0
    for sheet in book.worksheets:
        rows = _rows(sheet)
        first = next(rows, None)
        if first is None:
            continue
        if not filled:
            writer.writerow(first)
            writer.writerows(rows)
        filled += 1
    return filled


def _rows(sheet: Sheet) -> Iterator[list[object]]:
    """Yield the number and the texts of each row that is not empty."""
    # WHY: the size that a sheet says it has may be wrong, by far or by one.
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        cells = [text_of(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield [line, *cells]


def text_of(cell: Cell) -> str:
    """Return the text of a cell as a person would type it: numbers with a point, dates by ISO."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        at_midnight = not (value.hour or value.minute or value.second)
        return value.date().isoformat() if at_midnight else value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    return str(value)


def _number(value: float, number_format: str) -> str:
    if abs(value) >= EXACT:
        return f"{value:.5E}"
    cents = round(value, 2)
    # WHY: where the sheet shows two decimals, the person has seen an amount in euro.
    is_amount = "0.00" in number_format or "€" in number_format
    if not is_amount and float(value).is_integer():
        return str(int(value))
    return f"{cents:.2f}" if abs(value - cents) < SAME else repr(value)


if __name__ == "__main__":
    sys.exit(main())
