"""What `gpd-soap load` says of each position: a line for a person, a line of CSV for a program."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from gpd_soap.usecases.loading.check import Outcome

#: LIMIT: of the mistakes of one position, those that its line has room for.
MOST, MOST_IN_FILE = 10, 100

HEADER = ("line", "organization", "iupd", "nav", "result", "field", "rule", "expected")
NAV, RESULT = HEADER.index("nav"), HEADER.index("result")
LOADED = "loaded"


def refusal(outcome: Outcome, place: str) -> str:
    """Why a position was refused, on a line."""
    said = [str(error) for error in outcome.errors[:MOST]]
    if len(outcome.errors) > MOST:
        said.append(f"and {len(outcome.errors) - MOST} more")
    return f"{place.format(outcome.row_number)} {outcome.iupd or '-'}: {'; '.join(said)}"


class File:
    """A report as CSV, one line for each position; numbers that were issued stand in it.

    Lines wait for the end in a place of their own where nothing is settled before, so that no
    report ever names a notice that is not there.  Without a file there is nothing to do.
    """

    def __init__(self, file: IO[str] | None, waiting: IO[str] | None) -> None:
        """Begin with the names of the columns; `waiting` is where lines wait, if they do."""
        self._file = file
        self._waiting = waiting
        self._write(file, HEADER)

    def tell(self, outcome: Outcome) -> None:
        """Add a line."""
        errors = outcome.errors[:MOST_IN_FILE]
        line = (
            *(outcome.row_number, outcome.organization, outcome.iupd),
            *(" ".join(outcome.navs), outcome.result),
            " ".join(error.field or "-" for error in errors),
            " ".join(error.rule for error in errors),
            "; ".join(error.expected for error in errors),
        )
        self._write(self._waiting or self._file, line)

    def finish(self, loaded: str) -> None:
        """Say of what was good that it is `loaded` now, or another word."""
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
