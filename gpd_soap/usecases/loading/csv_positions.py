"""CSV: rows of cells to positions, one row for each option.

Rows that follow one another with the same organization and IUPD are the options of one position.
What may be an option of a position and cannot be told to be is refused with it: a row after it that
has no IUPD, or one beside it that names its IUPD and cannot be cut into its cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from gpd_soap.usecases.loading import csv_cells as cells
from gpd_soap.usecases.loading import csv_columns as columns
from gpd_soap.usecases.loading.csv_cells import Record
from gpd_soap.usecases.loading.csv_columns import OPTION, ORGANIZATION, POSITION, STAMP, Column
from gpd_soap.usecases.loading.row import Row
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.position_v1 import MOST_OPTIONS

#: LIMIT: the largest amount has fewer digits.
MOST_DIGITS = 15
TORN = FieldError("", "torn", "no row beside it that names its IUPD and cannot be read")
#: How a cell says what JSON has other types for.
WRITTEN: Mapping[object, str] = {int: "a whole number, in digits alone", bool: "true or false"}

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_PLACE = re.compile(r"paymentOption\[([0-9]+)\](?:\.transfer\[([0-9]+)\])?\.?(.*)")

#: What a row says of its position, its option, and each transfer, by GPD's names.
Levels = Mapping[int, dict[str, Any]]
#: The columns as the file's header names them, in its order, by what they hold.
Named = Mapping[tuple[int, str], tuple[str, Column]]


class _Line(NamedTuple):
    """A row of cells: where it stands, what it says, and which columns are not UTF-8."""

    number: int
    levels: Levels
    odd: tuple[str, ...]

    @property
    def transfers(self) -> tuple[int, ...]:
        """Which it has; the first, whatever it says of it."""
        return tuple(sorted({1, *self.levels} - {POSITION, OPTION}))


def rows(file: BinaryIO, organization: str | None) -> Iterator[Row]:
    """The positions of a CSV file; UnusableFile at once where its header will not do.

    `organization` is whose the rows are that do not say.
    """
    names, records = cells.read(file)
    found = columns.header(names, organization=organization is None)
    named = {(c.level, c.field): (name, c) for name, c in zip(names, found, strict=True)}
    return _Table(named, organization).rows(records)


class _Table(NamedTuple):
    """The columns of a file, and whose its rows are that do not say."""

    named: Named
    organization: str | None

    def rows(self, records: Iterator[Record]) -> Iterator[Row]:
        """Put the rows of each position together."""
        group: list[_Line] = []
        beside = ""
        for record in records:
            line = self._line(record)
            if group and (record.error or not self._goes_on(group[0], line)):
                yield self._row(group, beside + record.text)
                group, beside = [], ""
            if record.error:
                beside = record.text
                yield Row(record.line, None, (record.error,))
            elif len(group) <= MOST_OPTIONS:
                group.append(line)
        if group:
            yield self._row(group, beside)

    def _line(self, record: Record) -> _Line:
        levels: dict[int, dict[str, Any]] = {POSITION: {}, OPTION: {}}
        odd = []
        for (name, column), cell in zip(self.named.values(), record.cells, strict=False):
            if cell:
                levels.setdefault(column.level, {})[column.field] = _value(column.kind, cell)
            if _NOT_UTF8.search(cell):
                odd.append(name)
        return _Line(record.line, levels, tuple(odd))

    def _goes_on(self, first: _Line, line: _Line) -> bool:
        # WHY: half a plan of installments is worse than none, so what a row leaves out is ours.
        before, now = first.levels[POSITION], line.levels[POSITION]
        ours = before.get(ORGANIZATION, self.organization)
        same = ours is None or now.get(ORGANIZATION, ours) == ours
        return "iupd" not in now or (same and now["iupd"] == before.get("iupd"))

    def _row(self, group: Sequence[_Line], beside: str) -> Row:
        position = group[0].levels[POSITION]
        errors = [each for line in group for each in _unlike(group[0], line)]
        if "iupd" in position and _names(beside, position["iupd"]):
            errors.insert(0, TORN)
        told = {**position, "paymentOption": [_option(line) for line in group]}
        naming = _Naming(self.named, [(line.number, line.transfers) for line in group])
        return Row(group[0].number, told, tuple(errors), naming.rename)


class _Naming(NamedTuple):
    """Findings about GPD's JSON in the words of a table: by column, and `@line` after the first."""

    named: Named
    options: Sequence[tuple[int, tuple[int, ...]]]

    def rename(self, finding: FieldError) -> FieldError:
        """Say a finding as someone sees it who has the table before them."""
        match = _PLACE.fullmatch(finding.field)
        if match is None:
            return self._said(finding, POSITION, finding.field)
        at, field = int(match[1]), match[3]
        line, transfers = self.options[at]
        level = OPTION if match[2] is None else transfers[int(match[2])]
        if level != OPTION and (level, field) not in self.named:
            level, field = _source(level, field, transfers)
        said = self._said(finding, level, field)
        return said._replace(field=f"{said.field}@{line}") if at else said

    def _said(self, finding: FieldError, level: int, field: str) -> FieldError:
        if (level, field) not in self.named:
            return finding._replace(field=columns.name_of(level, field))
        name, column = self.named[level, field]
        written = WRITTEN.get(column.kind) if finding.rule == "type" else None
        return FieldError(name, finding.rule, written or finding.expected)


def _names(text: str, iupd: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(iupd)}(?!\w)", text) is not None


def _value(kind: object, cell: str) -> object:
    """What a cell says; one that is not written as its kind is stays as it is, to be refused."""
    if kind is int and cell.isascii() and cell.isdigit() and len(cell) <= MOST_DIGITS:
        return int(cell)
    return cell == "true" if kind is bool and cell in ("true", "false") else cell


def _unlike(first: _Line, line: _Line) -> Iterator[FieldError]:
    """What no position can be made of: another text, another debtor in a later row."""
    suffix = "" if line is first else f"@{line.number}"
    if suffix and "iupd" not in line.levels[POSITION]:
        yield FieldError("iupd" + suffix, "required", "a value")
    for name in line.odd:
        yield FieldError(name + suffix, "utf-8", "text in UTF-8")
    for field, value in line.levels[POSITION].items():
        if field != ORGANIZATION and first.levels[POSITION].get(field) != value:
            yield FieldError(field + suffix, "row", "nothing, or what the position's first row has")


def _option(line: _Line) -> dict[str, Any]:
    return {**line.levels[OPTION], "transfer": [_transfer(line, each) for each in line.transfers]}


def _transfer(line: _Line, number: int) -> dict[str, Any]:
    told: dict[str, Any] = {"idTransfer": str(number)}
    for field in ("amount", "remittanceInformation"):
        level, source = _source(number, field, line.transfers)
        if level == OPTION and source in line.levels[OPTION]:
            told[field] = line.levels[OPTION][source]
    for field, value in line.levels.get(number, {}).items():
        if field.startswith(STAMP):
            told.setdefault("stamp", {})[field.removeprefix(STAMP)] = value
        else:
            told[field] = value
    return told


def _source(number: int, field: str, transfers: tuple[int, ...]) -> tuple[int, str]:
    """Where a transfer's field is taken from that the row leaves out."""
    if field == "remittanceInformation":
        return OPTION, "description"
    if field == "amount" and transfers == (1,):
        return OPTION, "amount"
    return number, field
