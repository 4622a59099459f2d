"""A table of positions in a file: its header and records, and the positions by a reading."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from gpd_soap.usecases.loading import csv_cells, csv_columns, recognize
from gpd_soap.usecases.loading.csv_cells import Record
from gpd_soap.usecases.loading.csv_columns import ORGANIZATION, Column
from gpd_soap.usecases.loading.csv_positions import rows_of
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loads import workbook
from gpd_soap.usecases.loads.cells import reader
from gpd_soap.usecases.loads.reading import DERIVED, OURS, Kind, Reading
from gpd_soap.usecases.loads.refusals import FileNotLoadable, Why
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.strict_json import UnusableFile

#: LIMIT: characters of a cell of a workbook, as many as Excel allows.
LONGEST_CELL = 32_767
CELLS = FieldError("", "cells", "no more cells than the header has")
OTHER_ORGANIZATION = "an empty cell, or the code of the organization that loads the file"
#: The length of a natural person's code; a company's has 11 digits.
PERSON = 16


@dataclass
class Table:
    """The header of a file and its records, which can be read again and again."""

    names: list[str]
    records: Callable[[], Iterator[Record]]
    sheets: int = 1
    files: list[IO[bytes] | IO[str]] = field(default_factory=list)

    def close(self) -> None:
        """Close the copies that were made."""
        for each in self.files:
            each.close()


def open_table(
    file: IO[bytes], kind: Kind, encoding: str, check_end: Callable[[], object] = lambda: None
) -> Table:
    """Return the table in a file that can be read twice.  Raises FileNotLoadable."""
    file.seek(0)
    try:
        if kind is Kind.XLSX:
            return _sheet(file, check_end)
        return _csv(file, encoding)
    except UnusableFile:
        raise FileNotLoadable(Why.NO_HEADER) from None


def _csv(file: IO[bytes], encoding: str) -> Table:
    files: list[IO[bytes] | IO[str]] = []
    if encoding == "utf-16":
        file = recognize.opened(file, twice=True)
        files, encoding = [file], "utf-8"
    names, _ = csv_cells.read(file, encoding)

    def records() -> Iterator[Record]:
        file.seek(0)
        return csv_cells.read(file, encoding)[1]

    return Table([name.strip() for name in names], records, files=files)


def _sheet(file: IO[bytes], check_end: Callable[[], object]) -> Table:
    copy, sheets = workbook.copied(file, check_end)
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL * 4))
    first = next(csv.reader(copy), None)
    if first is None:
        copy.close()
        raise FileNotLoadable(Why.NO_ROWS)
    names = first[1:]

    def records() -> Iterator[Record]:
        copy.seek(0)
        rows = csv.reader(copy)
        next(rows)
        return (_record(int(line), cells, len(names)) for line, *cells in rows)

    return Table([name.strip() for name in names], records, sheets, [copy])


def _record(line: int, cells: Sequence[str], width: int) -> Record:
    if len(cells) > width:
        return Record(line, (), CELLS, " ".join(cells))
    return Record(line, (*cells, *[""] * (width - len(cells))))


def positions(table: Table, reading: Reading, organization: str) -> Iterator[Row]:
    """Return the positions of a table, read so; none may be another organization's.

    Raises FileNotLoadable if two columns mean the same field.
    """
    columns, indexes = _columns(table, reading)
    constants = dict(reading.constants)
    added = [name for name in (*constants, *DERIVED) if name not in reading.fields]
    named = [*columns, *((name, _column(name)) for name in added)]

    def records() -> Iterator[Record]:
        for record in table.records():
            if record.error is not None:
                yield record
                continue
            known = tuple(record.cells[index] for index in indexes)
            if any(known):
                of_field = {
                    each.field: cell for (_, each), cell in zip(columns, known, strict=True)
                }
                more = (constants.get(name) or _derived(name, of_field) for name in added)
                yield record._replace(cells=(*known, *more))

    rows = rows_of(named, records, organization, reader(reading))
    return (_of_organization(row, organization) for row in rows)


def _columns(table: Table, reading: Reading) -> tuple[list[tuple[str, Column]], list[int]]:
    """Return the columns that are read with their names, and their indexes."""
    columns, indexes = [], []
    for index, name in enumerate(reading.fields[: len(table.names)]):
        if name and name != OURS:
            columns.append((table.names[index], _column(name)))
            indexes.append(index)
    if len({column for _, column in columns}) < len(columns):
        raise FileNotLoadable(Why.REPEATED)
    return columns, indexes


def _column(name: str) -> Column:
    column = csv_columns.by_name(name)
    assert column is not None
    return column


def _derived(name: str, cells: dict[str, str]) -> str:
    """Return the value of a field that has no column: by the code's length, by the plan."""
    if name == "type":
        code = cells.get("fiscalCode", "").strip()
        return "G" if code.isascii() and code.isdigit() and len(code) != PERSON else "F"
    return "true" if cells.get("paymentPlanId") else "false"


def _of_organization(row: Row, organization: str) -> Row:
    if not isinstance(row.body, dict) or row.body.get(ORGANIZATION, organization) == organization:
        return row
    error = FieldError(ORGANIZATION, "other-organization", OTHER_ORGANIZATION)
    return row._replace(errors=(row.rename(error), *row.errors))


def as_text(rows: Sequence[Sequence[str]], separator: str) -> str:
    """Return rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
