"""Opens a file of positions: its rows one after another, and the configuration in it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import IO, NamedTuple

from gpd_soap.usecases.loading import csv_positions, document, lines, recognize
from gpd_soap.usecases.loading.csv_values import Amounts
from gpd_soap.usecases.loading.document import Document
from gpd_soap.usecases.loading.row import Row
from gpd_soap.validation.strict_json import UnusableFile


class Format(StrEnum):
    """The format of a file of positions."""

    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


ENDINGS = {".csv": Format.CSV, ".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON}


ONLY_CSV = "--amounts euro is for CSV: the amounts of JSON are whole cents"


class Source(NamedTuple):
    """The content of a file; `label` is the format of the text that names a row by its number.

    `copy` is what the rows are read from if it is not the file itself.
    """

    rows: Iterable[Row]
    label: str = "line {}"
    configuration: Document = document.EMPTY
    copy: IO[bytes] | None = None

    def close(self) -> None:
        """Remove the copy; the rows cannot be read after it."""
        if self.copy is not None:
            self.copy.close()


def format_of(name: str) -> Format:
    """Return the format by the ending of a file's name, case ignored; JSON for any other ending."""
    formats = (each for ending, each in ENDINGS.items() if name.lower().endswith(ending))
    return next(formats, Format.JSON)


def open_source(
    file: IO[bytes],
    file_format: Format,
    organization: str | None,
    amounts: Amounts = Amounts.CENTS,
) -> Source:
    """Return the content of a file, which is read row by row.

    `organization` is the creditor of positions that name none; `amounts` is the unit of CSV.
    Raises UnusableFile if the file, its header or the document cannot be used.
    """
    if amounts is not Amounts.CENTS and file_format is not Format.CSV:
        raise UnusableFile(ONLY_CSV)
    readable = recognize.opened(file, twice=file_format is not Format.NDJSON)
    copy = None if readable is file else readable
    try:
        return _source(readable, file_format, organization, amounts)._replace(copy=copy)
    except BaseException:
        if copy is not None:
            copy.close()
        raise


def _source(
    file: IO[bytes], file_format: Format, organization: str | None, amounts: Amounts
) -> Source:
    if file_format is Format.CSV:
        return Source(csv_positions.rows(file, organization, amounts))
    if file_format is Format.NDJSON:
        return Source(lines.rows(file))
    beginning = file.tell()
    configuration = document.read(file)
    file.seek(beginning)
    rows = (Row(index, body) for index, body in enumerate(document.positions(file)))
    return Source(rows, "positions[{}]", configuration)
