"""Makes positions of the rows of a CSV file, which has one row for each option.

Consecutive rows with the same organization and IUPD are the options of one position.  A position is
refused together with a row that may be one of its options.  Such a row follows without an
IUPD, or has the IUPD elsewhere in the file, or is an unreadable neighbour whose text contains it.

WHY: a row may follow when its position is stored already, so the file is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import IO, Any, NamedTuple

from gpd_soap.usecases.loading import csv_cells, csv_columns
from gpd_soap.usecases.loading.csv_cells import Record
from gpd_soap.usecases.loading.csv_columns import OPTION, ORGANIZATION, POSITION, STAMP, Column
from gpd_soap.usecases.loading.csv_values import Amounts, CellProblem, read_cell
from gpd_soap.usecases.loading.row import Row
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.position_v1 import MOST_OPTIONS

UNREADABLE_ROW = FieldError("", "torn", "no unreadable row beside it that contains its IUPD")
SCATTERED = FieldError(
    "iupd", "scattered", "the rows of a position one after another: sort the file by iupd"
)

_OPTION_PATH = re.compile(r"paymentOption\[([0-9]+)\](?:\.transfer\[([0-9]+)\])?\.?(.*)")

#: The values of a row by level (position, option, transfer) and by GPD's names.
Levels = Mapping[int, dict[str, Any]]
#: The name and the column of each field by level and field, in the order of the header.
NamedColumns = Mapping[tuple[int, str], tuple[str, Column]]
#: Returns the value of a cell for a field of this type, with its problem, if any.
ReadCell = Callable[[object, str], tuple[object, CellProblem | None]]
#: The problems of cells by level and field.
Problems = Mapping[tuple[int, str], CellProblem]


class _TableRow(NamedTuple):
    """A row of the table: its line, its values, and the problems of its cells."""

    number: int
    levels: Levels
    problems: Problems

    @property
    def transfers(self) -> tuple[int, ...]:
        """The numbers of its transfers; every row has transfer 1."""
        return tuple(sorted({1, *self.levels} - {POSITION, OPTION}))


class _Group(NamedTuple):
    """The rows of one position, and the text of unreadable rows next to them."""

    rows: Sequence[_TableRow]
    beside: str


def rows(
    file: IO[bytes], organization: str | None, amounts: Amounts = Amounts.CENTS
) -> Iterator[Row]:
    """Return the positions of a CSV file that can be read twice.

    `organization` is the creditor of rows that name none; `amounts` is the unit of the amounts.
    Raises UnusableFile before the first row is returned if the header is invalid.
    """
    beginning = file.tell()
    names, _ = csv_cells.read(file)
    columns = csv_columns.header(names, organization=organization is None)

    def records() -> Iterator[Record]:
        file.seek(beginning)
        return csv_cells.read(file)[1]

    named = list(zip(names, columns, strict=True))
    return rows_of(named, records, organization, partial(read_cell, amounts=amounts))


def rows_of(
    columns: Sequence[tuple[str, Column]],
    records: Callable[[], Iterator[Record]],
    organization: str | None,
    read: ReadCell,
) -> Iterator[Row]:
    """Return the positions of a table: its named columns, and its records, which are read twice."""
    named = {(column.level, column.field): (name, column) for name, column in columns}
    table = _Table(named, organization, read)
    scattered = table.scattered(records())
    return table.rows(records(), scattered)


class _Table(NamedTuple):
    """The columns of a table, the organization of rows that name none, and what reads a cell."""

    named: NamedColumns
    organization: str | None
    read: ReadCell

    def scattered(self, records: Iterator[Record]) -> frozenset[int]:
        """Return the hash of organization and IUPD of each position whose rows are not adjacent."""
        seen: set[int] = set()
        scattered: set[int] = set()
        for group in self._groups(records):
            if isinstance(group, _Group):
                key = self._key(group)
                # LIMIT: about 60 bytes of memory for each position.
                (scattered if key in seen else seen).add(key)
        return frozenset(scattered)

    def rows(self, records: Iterator[Record], scattered: frozenset[int]) -> Iterator[Row]:
        """Yield the positions; each takes consecutive rows of the table."""
        for group in self._groups(records):
            if isinstance(group, Record):
                assert group.error is not None
                yield Row(group.line, None, (group.error,))
            else:
                yield self._row(group, scattered=self._key(group) in scattered)

    def _groups(self, records: Iterator[Record]) -> Iterator[_Group | Record]:
        """Yield the rows of each position, and each unreadable row."""
        group: list[_TableRow] = []
        beside = ""
        for record in records:
            row = self._table_row(record)
            if group and (record.error or not self._continues(group[0], row)):
                yield _Group(group, beside + record.text)
                group, beside = [], ""
            if record.error:
                beside = record.text
                yield record
            elif len(group) <= MOST_OPTIONS:
                group.append(row)
        if group:
            yield _Group(group, beside)

    def _key(self, group: _Group) -> int:
        position = group.rows[0].levels[POSITION]
        if "iupd" not in position:
            return hash(("", group.rows[0].number))
        return hash((position.get(ORGANIZATION, self.organization), position["iupd"]))

    def _table_row(self, record: Record) -> _TableRow:
        levels: dict[int, dict[str, Any]] = {POSITION: {}, OPTION: {}}
        problems = {}
        for key, cell in zip(self.named, record.cells, strict=False):
            if cell:
                level, field = key
                value, problem = self.read(self.named[key][1].kind, cell)
                levels.setdefault(level, {})[field] = value
                if problem is not None:
                    problems[key] = problem
        return _TableRow(record.line, levels, problems)

    def _continues(self, first: _TableRow, row: _TableRow) -> bool:
        """Return whether a row is an option of the position that begins with `first`."""
        # WHY: a plan must not lose an installment, so a row without an IUPD belongs to the position
        # before it, which is refused with it.
        before, values = first.levels[POSITION], row.levels[POSITION]
        owner = before.get(ORGANIZATION, self.organization)
        same = owner is None or values.get(ORGANIZATION, owner) == owner
        return "iupd" not in values or (same and values["iupd"] == before.get("iupd"))

    def _row(self, group: _Group, *, scattered: bool) -> Row:
        """Return the position of these rows."""
        position = group.rows[0].levels[POSITION]
        naming = _Naming(self.named, group.rows)
        errors = [each for row in group.rows for each in naming.row_errors(row)]
        if scattered:
            errors.insert(0, SCATTERED)
        # WHY: the pattern is compiled for each position, which costs a fifth of a load.
        if group.beside and "iupd" in position and _contains(group.beside, position["iupd"]):
            errors.insert(0, UNREADABLE_ROW)
        body = {**position, "paymentOption": [_option(row) for row in group.rows]}
        return Row(group.rows[0].number, body, tuple(errors), naming.rename)


class _Naming(NamedTuple):
    """Translates paths in GPD's JSON to columns, with `@line` for the rows after the first."""

    named: NamedColumns
    rows: Sequence[_TableRow]

    def row_errors(self, row: _TableRow) -> Iterator[FieldError]:
        """Yield the errors of a row: no IUPD, an unusable cell, another value than the first."""
        first = self.rows[0]
        suffix = "" if row is first else f"@{row.number}"
        if suffix and "iupd" not in row.levels[POSITION]:
            yield FieldError("iupd" + suffix, "required", "a value")
        for key, problem in row.problems.items():
            yield FieldError(self.named[key][0] + suffix, *problem)
        for field, value in row.levels[POSITION].items():
            differs = field != ORGANIZATION and first.levels[POSITION].get(field) != value
            if differs and (POSITION, field) not in row.problems:
                expected = "an empty cell, or the value of the first row"
                yield FieldError(field + suffix, "row", expected)

    def rename(self, finding: FieldError) -> FieldError:
        """Return a finding with the name of the column in place of the path."""
        match = _OPTION_PATH.fullmatch(finding.field)
        if match is None:
            return self._renamed(finding, 0, (POSITION, finding.field))
        index, field = int(match[1]), match[3]
        transfers = self.rows[index].transfers
        level = OPTION if match[2] is None else transfers[int(match[2])]
        if level != OPTION and (level, field) not in self.named:
            level, field = _source(level, field, transfers)
        return self._renamed(finding, index, (level, field))

    def _renamed(self, finding: FieldError, index: int, key: tuple[int, str]) -> FieldError:
        row = self.rows[index]
        name = self.named[key][0] if key in self.named else csv_columns.name_of(*key)
        suffix = f"@{row.number}" if index else ""
        # WHY: the problem of a cell is the cause of every finding about its value.
        rule, expected = row.problems.get(key, finding[1:])
        return FieldError(name + suffix, rule, expected)


def _contains(text: str, iupd: str) -> bool:
    """Return whether the IUPD is in a text as a whole word."""
    return re.search(rf"(?<!\w){re.escape(iupd)}(?!\w)", text) is not None


def _option(row: _TableRow) -> dict[str, Any]:
    return {**row.levels[OPTION], "transfer": [_transfer(row, each) for each in row.transfers]}


def _transfer(row: _TableRow, number: int) -> dict[str, Any]:
    transfer: dict[str, Any] = {"idTransfer": str(number)}
    for field in ("amount", "remittanceInformation"):
        level, source = _source(number, field, row.transfers)
        if level == OPTION and source in row.levels[OPTION]:
            transfer[field] = row.levels[OPTION][source]
    for field, value in row.levels.get(number, {}).items():
        if field.startswith(STAMP):
            transfer.setdefault("stamp", {})[field.removeprefix(STAMP)] = value
        else:
            transfer[field] = value
    return transfer


def _source(number: int, field: str, transfers: tuple[int, ...]) -> tuple[int, str]:
    """Return the level and the field that replace a field of a transfer without a cell."""
    if field == "remittanceInformation":
        return OPTION, "description"
    if field == "amount" and transfers == (1,):
        return OPTION, "amount"
    return number, field
