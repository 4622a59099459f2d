"""Splits a CSV file into rows of cells; a row that cannot be split becomes an error."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from gpd_soap.usecases.loading.lines import LONGEST, TOO_LONG, lines
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.strict_json import UnusableFile

SEPARATORS = ",;\t"
QUOTES = FieldError("", "quotes", "closed quotation marks, and shorter cells")
LINE_END = FieldError("", "line-end", "lines that end with LF or CR LF, as others of the file do")
#: A line end of old Macintosh programs inside a line.
_BARE_CR = re.compile("\r(?!\n)")


class Record(NamedTuple):
    """One row of cells, which may extend over several lines; `line` is the first.

    With an error, the row has no cells, and `text` is everything that was read.
    """

    line: int
    cells: tuple[str, ...] = ()
    error: FieldError | None = None
    text: str = ""


class _TooLong(Exception):
    """A line is longer than `LONGEST`."""


class _Lines:
    """The lines for `csv.reader`; keeps those that it has read for the current row."""

    def __init__(self, numbered: Iterator[tuple[int, bytes]], encoding: str) -> None:
        self._numbered, self._encoding = numbered, encoding
        self.consumed: list[tuple[int, str]] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        number, line = next(self._numbered)
        # WHY: a row in another encoding can then be split, and the finding names its column.
        text = line.decode(self._encoding, "surrogateescape")
        self.consumed.append((number, text))
        if len(line) > LONGEST:
            raise _TooLong
        return text


def read(file: IO[bytes], encoding: str = "utf-8") -> tuple[list[str], Iterator[Record]]:
    """Return the names in the header of a file, and its rows.

    Raises UnusableFile if the first line is no header.
    """
    numbered = lines(file)
    first = next(numbered, (1, b""))[1].decode(encoding, "replace")
    if _BARE_CR.search(first):
        raise UnusableFile('the lines of the file end with CR alone: save it as "CSV UTF-8"')
    separator = max(SEPARATORS, key=first.count)
    try:
        [names] = csv.reader([first], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        raise UnusableFile("expected a header on the first line") from None
    return names, _records(_Lines(numbered, encoding), separator, len(names))


def _records(lines_read: _Lines, separator: str, width: int) -> Iterator[Record]:
    """Yield every row that is not empty, with `width` cells or an error."""
    reader = csv.reader(lines_read, delimiter=separator, strict=True)
    count = FieldError("", "cells", f"{width} cells, as the header has")
    while True:
        lines_read.consumed.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield _unreadable(lines_read, TOO_LONG)
        except csv.Error:
            torn = any(_BARE_CR.search(text) for _, text in lines_read.consumed)
            yield _unreadable(lines_read, LINE_END if torn else QUOTES)
        else:
            if len(cells) == width and any(cells):
                yield Record(lines_read.consumed[0][0], tuple(cells))
            elif any(cells):
                yield _unreadable(lines_read, count)


def _unreadable(lines_read: _Lines, error: FieldError) -> Record:
    text = "".join(text for _, text in lines_read.consumed)
    return Record(lines_read.consumed[0][0], (), error, text.replace('""', '"'))
