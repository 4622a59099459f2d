"""The refused rows of a file, kept to be mended: in a form of our own, and as the file came."""

from __future__ import annotations

import csv
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from gpd_soap.store.loads.rows import LoadFinding
from gpd_soap.usecases.loading.csv_cells import Record
from gpd_soap.usecases.loads import workbook
from gpd_soap.usecases.loads.cells import defused
from gpd_soap.usecases.loads.columns import EXPECTED, WHY
from gpd_soap.usecases.loads.reading import OURS, Kind, Reading
from gpd_soap.usecases.loads.table import Table, as_text

#: LIMIT: characters of a cell in the rows to mend; a longer row was unreadable anyway.
LONGEST = 100_000


class Reason(NamedTuple):
    """What is wrong with a row: GPD's name of the field, the rule, and what is expected."""

    field: str
    rule: str
    expected: str


class RefusedRow(NamedTuple):
    """A refused row as it came; several rows may be one position, and some have no reason."""

    line: int
    reasons: tuple[Reason, ...]
    cells: tuple[str, ...]

    def cell(self, reading: Reading, field: str) -> str | None:
        """Return the text of the cell of a field; None if the row has none."""
        indexes = dict(zip(reading.fields, range(len(self.cells)), strict=False))
        return self.cells[indexes[field]] if field in indexes else None


def by_rule(row: RefusedRow) -> tuple[str, str]:
    """Returns field and rule of each reason, and what is expected, for a caller without pages."""
    why = (f"{each.field}: {each.rule}" if each.field else each.rule for each in row.reasons)
    expected = (each.expected for each in row.reasons)
    return "; ".join(dict.fromkeys(why)), "; ".join(dict.fromkeys(expected))


#: Returns the texts of the two columns for a row: why it was refused, what is expected.
Describe = Callable[[RefusedRow], tuple[str, str]]


def keep(
    table: Table, starts: Sequence[int], refused: set[int], findings: Iterable[LoadFinding]
) -> IO[bytes]:
    """Return a file without a name that has the rows of the refused positions.

    `starts` are the first lines of all positions in their order.
    """
    reasons: defaultdict[int, list[Reason]] = defaultdict(list)
    for each in findings:
        reasons[each.line].append(Reason(each.field, each.rule, each.expected))
    file = TemporaryFile()  # noqa: SIM115  # the caller closes it
    text = TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="")
    writer = csv.writer(text)
    writer.writerow(table.names)
    for record in table.records():
        index = bisect_right(starts, record.line) - 1
        if index >= 0 and starts[index] in refused:
            why = json.dumps([list(each) for each in reasons[record.line]])
            writer.writerow([record.line, why, *_cells(record)])
    text.flush()
    text.detach()
    file.seek(0)
    return file


def _cells(record: Record) -> Sequence[str]:
    return record.cells if record.error is None else (record.text[:LONGEST].rstrip("\r\n"),)


def read_refused(file: IO[bytes]) -> tuple[list[str], Iterator[RefusedRow]]:
    """Return the names of the columns and the rows of such a file."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    rows = csv.reader(line.decode("utf-8", "surrogateescape") for line in file)
    names = next(rows, [])

    def refused() -> Iterator[RefusedRow]:
        for line, why, *cells in rows:
            reasons = tuple(Reason(*each) for each in json.loads(why))
            yield RefusedRow(int(line), reasons, tuple(cells))

    return names, refused()


def as_it_came(
    names: Sequence[str], rows: Iterator[RefusedRow], reading: Reading, describe: Describe
) -> Iterator[bytes]:
    """Yield the rows in the form of the file, with two columns that say what is wrong."""
    indexes = [index for index, field in enumerate(reading.fields) if field != OURS]
    header = [*(names[index] for index in indexes), WHY, EXPECTED]

    def lines() -> Iterator[list[str]]:
        yield header
        for row in rows:
            cells = [row.cells[index] if index < len(row.cells) else "" for index in indexes]
            yield [*cells, *describe(row)]

    if reading.kind is Kind.XLSX:
        yield from _as_workbook(lines())
    else:
        yield from _as_csv(lines(), reading)


def _as_csv(lines: Iterator[list[str]], reading: Reading) -> Iterator[bytes]:
    # WHY: Excel takes UTF-8 for what it is by the mark alone.
    mark = {"utf-8": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}.get(reading.encoding, b"")
    encoding = "utf-16-le" if reading.encoding == "utf-16" else reading.encoding
    yield mark
    for line in lines:
        text = as_text([[defused(cell) for cell in line]], reading.separator)
        yield (
            text.encode("utf-8", "surrogateescape")
            if _has_bytes(text)
            else text.encode(encoding, "replace")
        )


def _has_bytes(text: str) -> bool:
    """Return whether a text has bytes that were in no encoding."""
    return any("\udc80" <= letter <= "\udcff" for letter in text)


def _as_workbook(lines: Iterator[list[str]]) -> Iterator[bytes]:
    with TemporaryFile() as file:
        workbook.written(lines, file)
        file.seek(0)
        while chunk := file.read(1 << 16):
            yield chunk
