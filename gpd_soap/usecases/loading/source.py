"""A file of positions, opened: its rows one after another, and what it configures."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from gpd_soap.usecases.loading import csv_positions as table
from gpd_soap.usecases.loading import document, lines
from gpd_soap.usecases.loading.document import Document
from gpd_soap.usecases.loading.row import Row


class Format(StrEnum):
    """How a file says positions."""

    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


ENDINGS = {".csv": Format.CSV, ".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON}


class Source(NamedTuple):
    """What a file holds; `whole` is how many rows, where the file is in memory whole.

    `place` says where a row stands, of its number.
    """

    rows: Iterable[Row]
    place: str = "line {}"
    configuration: Document = document.NOTHING
    whole: int | None = None


def format_of(name: str) -> Format:
    """The format that a file's name tells, in capitals or not; JSON where it tells none."""
    told = (each for ending, each in ENDINGS.items() if name.lower().endswith(ending))
    return next(told, Format.JSON)


def open_source(file: BinaryIO, written: Format, organization: str | None) -> Source:
    """Begin to read a file; UnusableFile where nothing of it can be loaded.

    `organization` is whose the positions are that do not say.
    """
    if written is Format.CSV:
        return Source(table.rows(file, organization))
    if written is Format.NDJSON:
        return Source(lines.rows(file))
    found = document.read(file.read())
    rows = (Row(place, told) for place, told in enumerate(found.positions))
    return Source(rows, "positions[{}]", found, len(found.positions))
