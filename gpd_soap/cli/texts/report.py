"""The lines of `gpd-soap load` on each position: one for a person, and one of CSV for a program."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

from gpd_soap.cli.texts.output import defused

if TYPE_CHECKING:
    from gpd_soap.usecases.loading.check import Outcome
    from gpd_soap.validation.finding import FieldError

#: LIMIT: errors of one position on a line of the terminal and of the CSV file; a person mends the
#: first ones and tries again.
MAX_ERRORS, MAX_ERRORS_IN_FILE = 10, 100

HEADER = (
    *("line", "organization", "iupd", "nav", "result", "field", "rule", "expected"),
    "warnings",
)
NAV, RESULT = HEADER.index("nav"), HEADER.index("result")
LOADED = "loaded"
#: The field of a finding about a whole row.
WHOLE = "(row)"


def lines(outcome: Outcome, label: str) -> Iterator[str]:
    """A line with the errors of a position, and one with its warnings, if it has any.

    `label` is a format for its row number.
    """
    position = f"{label.format(outcome.row_number)} {outcome.iupd or '-'}"
    if outcome.errors:
        yield f"{position}: {_first(outcome.errors)}"
    if outcome.warnings:
        yield f"{position}: warning: {_first(outcome.warnings)}"


def _first(findings: Sequence[FieldError]) -> str:
    texts = [str(finding) for finding in findings[:MAX_ERRORS]]
    if len(findings) > MAX_ERRORS:
        texts.append(f"and {len(findings) - MAX_ERRORS} more")
    return "; ".join(texts)


class File:
    """A report as CSV, one line for each position, with the notice numbers that were issued.

    Where nothing is stored before the end, the lines wait in a temporary file.  So no report names
    a notice that does not exist.  Without `file`, nothing is written.
    """

    def __init__(self, file: IO[str] | None, waiting: IO[str] | None) -> None:
        """Write the names of the columns; lines wait in `waiting`, if it is given."""
        self._file = file
        self._waiting = waiting
        self._write(file, HEADER)

    def write(self, outcome: Outcome) -> None:
        """Add the line of a position."""
        errors = outcome.errors[:MAX_ERRORS_IN_FILE]
        line = (
            *(outcome.row_number, outcome.organization, defused(outcome.iupd)),
            *(" ".join(outcome.navs), outcome.result),
            defused(" ".join(error.field or WHOLE for error in errors)),
            " ".join(error.rule for error in errors),
            "; ".join(error.expected for error in errors),
            defused("; ".join(map(str, outcome.warnings[:MAX_ERRORS_IN_FILE]))),
        )
        self._write(self._waiting or self._file, line)

    def finish(self, loaded: str) -> None:
        """Write the lines that wait; the result of the valid positions becomes `loaded`."""
        if self._waiting is None:
            return
        self._waiting.seek(0)
        for line in csv.reader(self._waiting):
            if line[RESULT] == LOADED != loaded:
                line[NAV], line[RESULT] = "", loaded
            self._write(self._file, line)

    @staticmethod
    def _write(file: IO[str] | None, line: Sequence[object]) -> None:
        if file is not None:
            csv.writer(file, lineterminator="\n").writerow(line)
