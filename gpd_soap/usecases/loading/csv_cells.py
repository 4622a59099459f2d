"""A CSV file cut into rows of cells, those that cannot be cut told apart and passed over."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from gpd_soap.usecases.loading.lines import LONGEST, TOO_LONG, lines
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.strict_json import UnusableFile

SEPARATORS = ",;\t"
QUOTES = FieldError("", "quotes", "quotation marks that close, and cells of a sane length")


class Record(NamedTuple):
    """One row of cells, which may stand on several lines, from `line` on.

    With an error nobody knows whose cells these are; `text` is then all that was read.
    """

    line: int
    cells: tuple[str, ...] = ()
    error: FieldError | None = None
    text: str = ""


class _TooLong(Exception):
    """A line that is not held whole."""


class _Feed:
    """Lines for Python's reader, which asks for as many as a row has; remembers those."""

    def __init__(self, numbered: Iterator[tuple[int, bytes]]) -> None:
        self._numbered = numbered
        self.asked: list[tuple[int, str]] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        number, line = next(self._numbered)
        # WHY: so that a row can be cut, and its cell that is not UTF-8 be named.
        text = line.decode("utf-8", "surrogateescape")
        self.asked.append((number, text))
        if len(line) > LONGEST:
            raise _TooLong
        return text


def read(file: BinaryIO) -> tuple[list[str], Iterator[Record]]:
    """The names in a file's header, and its rows; UnusableFile where there is no header."""
    numbered = lines(file)
    first = next(numbered, (1, b""))[1].decode("utf-8", "replace")
    separator = max(SEPARATORS, key=first.count)
    try:
        [names] = csv.reader([first], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        raise UnusableFile("expected a header on the first line") from None
    return names, _records(_Feed(numbered), separator, len(names))


def _records(feed: _Feed, separator: str, width: int) -> Iterator[Record]:
    """Every row that is not empty; each has this many cells, or an error."""
    reader = csv.reader(feed, delimiter=separator, strict=True)
    count = FieldError("", "cells", f"{width} cells, as the header has")
    while True:
        feed.asked.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield _torn(feed, TOO_LONG)
        except csv.Error:
            yield _torn(feed, QUOTES)
        else:
            if len(cells) == width and any(cells):
                yield Record(feed.asked[0][0], tuple(cells))
            elif any(cells):
                yield _torn(feed, count)


def _torn(feed: _Feed, error: FieldError) -> Record:
    text = "".join(text for _, text in feed.asked)
    return Record(feed.asked[0][0], (), error, text.replace('""', '"'))
