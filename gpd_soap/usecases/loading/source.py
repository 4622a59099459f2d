"""Opens a file of positions: its rows one after another, and the configuration in it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from gpd_soap.usecases.loading import csv_positions, document, lines
from gpd_soap.usecases.loading.document import Document
from gpd_soap.usecases.loading.row import Row


class Format(StrEnum):
    """The format of a file of positions."""

    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


ENDINGS = {".csv": Format.CSV, ".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON}


class Source(NamedTuple):
    """The content of a file.

    `label` is the format of the text that names a row by its number.  `whole` is the number of
    rows if the whole file is in memory, else None.
    """

    rows: Iterable[Row]
    label: str = "line {}"
    configuration: Document = document.EMPTY
    whole: int | None = None


def format_of(name: str) -> Format:
    """Return the format by the ending of a file's name, case ignored; JSON for any other ending."""
    formats = (each for ending, each in ENDINGS.items() if name.lower().endswith(ending))
    return next(formats, Format.JSON)


def open_source(file: BinaryIO, file_format: Format, organization: str | None) -> Source:
    """Return the content of a file; CSV and NDJSON are read row by row.

    `organization` is the creditor of positions that name none.
    Raises UnusableFile if the header or the document is invalid.
    """
    if file_format is Format.CSV:
        return Source(csv_positions.rows(file, organization))
    if file_format is Format.NDJSON:
        return Source(lines.rows(file))
    content = document.read(file.read())
    rows = (Row(index, body) for index, body in enumerate(content.positions))
    return Source(rows, "positions[{}]", content, len(content.positions))
