"""Understands a file: how it would be read, and what a person must say about it.

Nothing is assumed in silence: the reading is shown, and what is open is a question.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from itertools import islice
from typing import IO, NamedTuple

from gpd_soap.usecases.loading.csv_cells import SEPARATORS
from gpd_soap.usecases.loading.csv_values import Amounts
from gpd_soap.usecases.loads import columns
from gpd_soap.usecases.loads.cells import undefused
from gpd_soap.usecases.loads.kinds import HEAD, UTF_16, kind_of
from gpd_soap.usecases.loads.reading import OURS, Dates, Kind, Reading
from gpd_soap.usecases.loads.refusals import FileNotLoadable, Why
from gpd_soap.usecases.loads.table import Table, open_table

#: LIMIT: rows whose cells say how amounts and dates are written; all of them are counted.
SAMPLE = 5_000
#: LIMIT: columns of a header without which a first line is taken for no header.
FEWEST = 2
CHUNK = 1 << 16
_DATE = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_WITH_CENTS = re.compile(r"(€\s*)?[0-9.,]*[0-9][.,][0-9]{1,2}(\s*€)?", re.ASCII)
_MONTHS = 12
AMOUNTS, DATES = ("amount", "transfer1.amount"), ("dueDate", "validityDate", "retentionDate")


class Creditor(NamedTuple):
    """The organization that loads a file: its code, and the name that notices show."""

    code: str
    name: str


def understand(file: IO[bytes], creditor: Creditor) -> Reading:
    """Return how a file would be read.  Raises FileNotLoadable."""
    file.seek(0)
    head = file.read(HEAD)
    kind = kind_of(head)
    encoding = "utf-8" if kind is Kind.XLSX else _encoding(file, head)
    table = open_table(file, kind, encoding)
    try:
        return _read(table, Reading(kind, encoding, sheets=table.sheets), creditor, head)
    finally:
        table.close()


def _encoding(file: IO[bytes], head: bytes) -> str:
    """Return the encoding of a text by all of its bytes.  Raises FileNotLoadable."""
    if head.startswith(UTF_16):
        return "utf-16"
    for encoding in ("utf-8", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileNotLoadable(Why.ENCODING)


def _read(table: Table, reading: Reading, creditor: Creditor, head: bytes) -> Reading:
    names = columns.fields(table.names)
    read = [each for each in names if each and each != OURS]
    if len(read) < FEWEST:
        raise FileNotLoadable(Why.NO_HEADER)
    if len(set(read)) < len(read):
        raise FileNotLoadable(Why.REPEATED)
    sampled = list(islice(table.records(), SAMPLE))
    count = sum(1 for _ in table.records())
    if not count:
        raise FileNotLoadable(Why.NO_ROWS)

    def cells(fields: tuple[str, ...]) -> Counter[str]:
        indexes = [index for index, name in enumerate(names) if name in fields]
        return Counter(
            undefused(record.cells[index]).strip()
            for record in sampled
            for index in indexes
            if record.cells
        )

    there = set(read)
    constants = {"companyName": creditor.name, "switchToExpired": "false", "toPublish": "true"}
    return reading._replace(
        separator=_separator(reading, head),
        records=count,
        fields=names,
        amounts=_amounts(cells(AMOUNTS)),
        dates=_dates(cells(DATES)),
        constants=tuple(sorted((k, v) for k, v in constants.items() if k not in there)),
    )


def _separator(reading: Reading, head: bytes) -> str:
    if reading.kind is Kind.XLSX:
        return ";"
    first = head.decode("utf-16" if reading.encoding == "utf-16" else "latin-1", "replace")
    return max(SEPARATORS, key=first.partition("\n")[0].count)


def _amounts(cells: Counter[str]) -> Amounts | None:
    """Return the unit: euro if a cell has decimals or the sign; else nobody can know."""
    return Amounts.EURO if any(_WITH_CENTS.fullmatch(cell) for cell in cells) else None


def _dates(cells: Counter[str]) -> Dates:
    """Return how dates are written: by ISO alone if some begin with the month."""
    parts = [match for cell in cells if (match := _DATE.match(cell))]
    month_first = any(int(part[2]) > _MONTHS >= int(part[1]) for part in parts)
    return Dates.ISO if month_first or not parts else Dates.DAY_FIRST


class Answers(NamedTuple):
    """The unit, the form of dates, and the values for all rows; None leaves what was understood."""

    amounts: Amounts | None = None
    dates: Dates | None = None
    constants: tuple[tuple[str, str], ...] = ()


def answered(reading: Reading, answers: Answers) -> Reading:
    """Return a reading with the answers; a value for a field that has a column is left out."""
    given = {k: v for k, v in answers.constants if k not in reading.fields and v}
    removed = {k for k, v in answers.constants if not v}
    constants = {k: v for k, v in reading.constants if k not in removed} | given
    return reading._replace(
        amounts=answers.amounts or reading.amounts,
        dates=answers.dates or reading.dates,
        constants=tuple(sorted(constants.items())),
    )
