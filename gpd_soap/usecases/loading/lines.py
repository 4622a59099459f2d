"""Reads a file line by line; and NDJSON, which has one position on each line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO

from gpd_soap.usecases.loading.row import Row
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.strict_json import UnusableFile, decode

#: LIMIT: bytes of a line; a position with a thousand options has fewer.
LONGEST = 1024 * 1024
TOO_LONG = FieldError("", "length", f"a line of at most {LONGEST} bytes")


def lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each line with its number, from 1, without a byte order mark.

    Of a line longer than `LONGEST`, the first `LONGEST + 1` bytes are yielded.
    """
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST + 1)
        yield number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line


def rows(file: IO[bytes]) -> Iterator[Row]:
    """Return the positions of an NDJSON file; blank lines are skipped."""
    return (_row(number, line) for number, line in lines(file) if line.strip())


def _row(number: int, line: bytes) -> Row:
    if len(line) > LONGEST:
        return Row(number, None, (TOO_LONG,))
    try:
        return Row(number, decode(line.rstrip()))
    except UnusableFile as error:
        return Row(number, None, (FieldError("", "json", str(error).removeprefix("expected ")),))
