"""Reads and writes workbooks of Excel; the library is the extra `spreadsheets`.

A workbook is copied once as rows of text, so that its XML is read once however often the rows are.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from importlib import import_module
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO, BinaryIO, NamedTuple, Protocol

from gpd_soap.usecases.loads.refusals import FileNotLoadable, Why

#: LIMIT: 192 MiB of XML in a workbook, about a million rows of ten columns, and 64 MiB of texts,
#: which are in memory.
MOST_BYTES, MOST_TEXTS = 192 << 20, 64 << 20
#: LIMIT: parts of a workbook; one of a hundred sheets with pictures has fewer.
MOST_PARTS = 2_000
#: LIMIT: columns; a position with five transfers has fewer.
MOST_COLUMNS = 200
#: LIMIT: a number with more digits has lost the last ones in a sheet.
EXACT = 10**15
TEXTS, BOOK = "xl/sharedStrings.xml", "xl/workbook.xml"
MACROS = "vbaProject.bin"
#: Stands for a formula, whose value was computed by another program.
FORMULA = "="


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

    def close(self) -> None:
        """Close the file."""


class Copied(NamedTuple):
    """The rows of a sheet as CSV with the line first, and how many sheets have rows."""

    file: IO[str]
    sheets: int


def check(file: BinaryIO) -> None:
    """Raises FileNotLoadable if an archive is no workbook, has macros, or would be too large."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise FileNotLoadable(Why.BROKEN) from None
    finally:
        file.seek(0)
    names = {part.filename: part for part in parts}
    if BOOK not in names:
        raise FileNotLoadable(Why.ARCHIVE)
    if any(name.endswith(MACROS) for name in names):
        raise FileNotLoadable(Why.MACROS)
    if any(part.flag_bits & 1 for part in parts):
        raise FileNotLoadable(Why.OLD_EXCEL)
    texts = names[TEXTS].file_size if TEXTS in names else 0
    # WHY: no more than the size in the directory is unpacked, so that size can be trusted.
    whole = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or whole > MOST_BYTES or texts > MOST_TEXTS:
        raise FileNotLoadable(Why.BOMB)


def copied(file: BinaryIO, check_end: Callable[[], object] = lambda: None) -> Copied:
    """Return the first sheet that has rows, in a file without a name.

    `check_end` is called now and then, and may raise to stop.  Raises FileNotLoadable.
    """
    check(file)
    book = _open(file)
    copy: IO[str] = TextIOWrapper(TemporaryFile(), encoding="utf-8", newline="")  # noqa: SIM115
    try:
        filled = 0
        for sheet in book.worksheets:
            if not filled:
                filled += _copy(sheet, copy, check_end)
            else:
                filled += any(True for _ in _rows(sheet, lambda: None))
    except FileNotLoadable:
        copy.close()
        raise
    except (ArithmeticError, LookupError, SyntaxError, TypeError, ValueError, OSError):
        copy.close()
        raise FileNotLoadable(Why.BROKEN) from None
    except BaseException:
        copy.close()
        raise
    finally:
        book.close()
    copy.seek(0)
    return Copied(copy, filled)


def _open(file: BinaryIO) -> Book:
    try:
        # WHY: the library is an extra, and a process that loads no workbook need not have it.
        library = import_module("openpyxl")
    except ModuleNotFoundError:
        raise FileNotLoadable(Why.NO_LIBRARY) from None
    try:
        book: Book = library.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except Exception:  # noqa: BLE001  # WHY: the library raises whatever the XML makes it raise
        raise FileNotLoadable(Why.BROKEN) from None
    return book


def _copy(sheet: Sheet, copy: IO[str], check_end: Callable[[], object]) -> int:
    writer = csv.writer(copy)
    written = 0
    for line, cells in _rows(sheet, check_end):
        writer.writerow([line, *cells])
        written = 1
    return written


def _rows(sheet: Sheet, check_end: Callable[[], object]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the texts of each row that is not empty."""
    # WHY: the size that a sheet says it has may be wrong, by far or by one.
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        if line % 1000 == 0:
            check_end()
        cells = [text_of(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield line, cells


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
    if "0.00" in number_format or "€" in number_format:
        # WHY: the sheet shows two decimals, so the person has seen an amount in euro.
        return f"{cents:.2f}" if abs(value - cents) < 1e-9 else repr(value)  # noqa: PLR2004
    if float(value).is_integer():
        return str(int(value))
    return f"{cents:.2f}" if abs(value - cents) < 1e-9 else repr(value)  # noqa: PLR2004


def written(rows: Iterable[Sequence[str]], file: BinaryIO) -> None:
    """Write rows of text as a workbook: no cell is a number or a formula."""
    book = import_module("openpyxl").Workbook(write_only=True)
    make_cell = import_module("openpyxl.cell").WriteOnlyCell
    sheet = book.create_sheet("Righe da correggere")
    for row in rows:
        cells = []
        for text in row:
            cell = make_cell(sheet)
            # WHY: a text that begins with = would be taken for a formula.
            cell.data_type, cell.number_format = "s", "@"
            cell._value = _printable(text)  # noqa: SLF001  # the only way past the guessing
            cells.append(cell)
        sheet.append(cells)
    book.save(file)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")
