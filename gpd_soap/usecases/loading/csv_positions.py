"""Makes positions of the rows of a CSV file, which has one row for each option.

Consecutive rows with the same organization and IUPD are the options of one position.  A position is
refused together with a row that may be one of its options: a row after it without an IUPD, or an
unreadable row before or after it that contains its IUPD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from gpd_soap.usecases.loading import csv_cells, csv_columns
from gpd_soap.usecases.loading.csv_cells import Record
from gpd_soap.usecases.loading.csv_columns import OPTION, ORGANIZATION, POSITION, STAMP, Column
from gpd_soap.usecases.loading.row import Row
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.position_v1 import MOST_OPTIONS

#: LIMIT: digits of a whole number; the largest amount has fewer.
MOST_DIGITS = 15
UNREADABLE_ROW = FieldError("", "torn", "no unreadable row beside it that contains its IUPD")
#: What a cell must contain for a field that is no text in JSON.
WRITTEN: Mapping[object, str] = {int: "a whole number, in digits alone", bool: "true or false"}

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_OPTION_PATH = re.compile(r"paymentOption\[([0-9]+)\](?:\.transfer\[([0-9]+)\])?\.?(.*)")

#: The values of a row by level (position, option, transfer) and by GPD's names.
Levels = Mapping[int, dict[str, Any]]
#: The name and the column of each field by level and field, in the order of the header.
NamedColumns = Mapping[tuple[int, str], tuple[str, Column]]


class _TableRow(NamedTuple):
    """A row of the table: its line, its values, and the columns whose cell is not UTF-8."""

    number: int
    levels: Levels
    not_utf8: tuple[str, ...]

    @property
    def transfers(self) -> tuple[int, ...]:
        """The numbers of its transfers; every row has transfer 1."""
        return tuple(sorted({1, *self.levels} - {POSITION, OPTION}))


def rows(file: BinaryIO, organization: str | None) -> Iterator[Row]:
    """Return the positions of a CSV file.

    `organization` is the creditor of rows that name none.
    Raises UnusableFile before the first row is read if the header is invalid.
    """
    names, records = csv_cells.read(file)
    columns = csv_columns.header(names, organization=organization is None)
    named = {(c.level, c.field): (name, c) for name, c in zip(names, columns, strict=True)}
    return _Table(named, organization).rows(records)


class _Table(NamedTuple):
    """The columns of a file, and the organization of the rows that name none."""

    named: NamedColumns
    organization: str | None

    def rows(self, records: Iterator[Record]) -> Iterator[Row]:
        """Yield the positions; each takes consecutive rows of the table."""
        group: list[_TableRow] = []
        beside = ""
        for record in records:
            row = self._table_row(record)
            if group and (record.error or not self._continues(group[0], row)):
                yield self._row(group, beside + record.text)
                group, beside = [], ""
            if record.error:
                beside = record.text
                yield Row(record.line, None, (record.error,))
            elif len(group) <= MOST_OPTIONS:
                group.append(row)
        if group:
            yield self._row(group, beside)

    def _table_row(self, record: Record) -> _TableRow:
        levels: dict[int, dict[str, Any]] = {POSITION: {}, OPTION: {}}
        not_utf8 = []
        for (name, column), cell in zip(self.named.values(), record.cells, strict=False):
            if cell:
                levels.setdefault(column.level, {})[column.field] = _value(column.kind, cell)
            if _NOT_UTF8.search(cell):
                not_utf8.append(name)
        return _TableRow(record.line, levels, tuple(not_utf8))

    def _continues(self, first: _TableRow, row: _TableRow) -> bool:
        """Return whether a row is an option of the position that begins with `first`."""
        # WHY: a plan must not lose an installment, so a row without an IUPD belongs to the position
        # before it, which is refused with it.
        before, values = first.levels[POSITION], row.levels[POSITION]
        owner = before.get(ORGANIZATION, self.organization)
        same = owner is None or values.get(ORGANIZATION, owner) == owner
        return "iupd" not in values or (same and values["iupd"] == before.get("iupd"))

    def _row(self, group: Sequence[_TableRow], beside: str) -> Row:
        """Return the position of these rows; `beside` is the text of unreadable rows next to it."""
        position = group[0].levels[POSITION]
        errors = [each for row in group for each in _row_errors(group[0], row)]
        if "iupd" in position and _contains(beside, position["iupd"]):
            errors.insert(0, UNREADABLE_ROW)
        body = {**position, "paymentOption": [_option(row) for row in group]}
        naming = _Naming(self.named, [(row.number, row.transfers) for row in group])
        return Row(group[0].number, body, tuple(errors), naming.rename)


class _Naming(NamedTuple):
    """Translates paths in GPD's JSON to columns, with `@line` for the rows after the first.

    `options` has the line and the transfers of each row.
    """

    named: NamedColumns
    options: Sequence[tuple[int, tuple[int, ...]]]

    def rename(self, finding: FieldError) -> FieldError:
        """Return a finding with the name of the column in place of the path."""
        match = _OPTION_PATH.fullmatch(finding.field)
        if match is None:
            return self._renamed(finding, POSITION, finding.field)
        index, field = int(match[1]), match[3]
        line, transfers = self.options[index]
        level = OPTION if match[2] is None else transfers[int(match[2])]
        if level != OPTION and (level, field) not in self.named:
            level, field = _source(level, field, transfers)
        renamed = self._renamed(finding, level, field)
        return renamed._replace(field=f"{renamed.field}@{line}") if index else renamed

    def _renamed(self, finding: FieldError, level: int, field: str) -> FieldError:
        if (level, field) not in self.named:
            return finding._replace(field=csv_columns.name_of(level, field))
        name, column = self.named[level, field]
        written = WRITTEN.get(column.kind) if finding.rule == "type" else None
        return FieldError(name, finding.rule, written or finding.expected)


def _contains(text: str, iupd: str) -> bool:
    """Return whether the IUPD is in a text as a whole word."""
    return re.search(rf"(?<!\w){re.escape(iupd)}(?!\w)", text) is not None


def _value(kind: object, cell: str) -> object:
    """Return the value of a cell.

    A cell that does not fit its type stays text, which the check refuses.
    """
    if kind is int and cell.isascii() and cell.isdigit() and len(cell) <= MOST_DIGITS:
        return int(cell)
    return cell == "true" if kind is bool and cell in ("true", "false") else cell


def _row_errors(first: _TableRow, row: _TableRow) -> Iterator[FieldError]:
    """Yield the errors of a row: no IUPD, no UTF-8, or another value than the first row has."""
    suffix = "" if row is first else f"@{row.number}"
    if suffix and "iupd" not in row.levels[POSITION]:
        yield FieldError("iupd" + suffix, "required", "a value")
    for name in row.not_utf8:
        yield FieldError(name + suffix, "utf-8", "text in UTF-8")
    for field, value in row.levels[POSITION].items():
        if field != ORGANIZATION and first.levels[POSITION].get(field) != value:
            yield FieldError(field + suffix, "row", "an empty cell, or the value of the first row")


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
