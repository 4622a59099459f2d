"""Checks the positions of an operator's file, by the rules of a load and by two of its own.

A file that a program sends may have past dates and foreign codes.  In an operator's file such a
value is a mistake in typing, or what a spreadsheet has made of a code.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from datetime import datetime

from gpd_soap.usecases.loading.check import Candidate, Checked, Outcome, Result, check_row
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loading.write import Before, PositionWriter
from gpd_soap.usecases.positions.transitions import overdue
from gpd_soap.validation.finding import FieldError

CODE_LENGTH = FieldError("fiscalCode", "code-length", "16 characters, or 11 digits for a company")
#: The lengths of a natural person's code and of a company's.
PERSON, COMPANY = 16, 11
#: LIMIT: a shorter code with letters is a foreign one.
NEARLY_A_PERSON = 13


def checked(row: Row, organization: str, now: datetime) -> Checked:
    """Return the result of checking a position of an organization's file at an instant."""
    if isinstance(row.body, dict) and has_wrong_length(row.body.get("fiscalCode")):
        row = row._replace(errors=(*row.errors, CODE_LENGTH))
    result = check_row(row, organization, lenient=False)
    if not isinstance(result.value, Candidate):
        return result
    late = list(overdue((each.due_date for each in result.value.body.payment_option), now))
    return result._replace(value=result.value.refused(*late)) if late else result


def has_wrong_length(code: object) -> bool:
    """Return whether a code is that of a person or a company with too few or too many signs."""
    if not isinstance(code, str):
        return False
    code = code.strip()
    if code.isascii() and code.isdigit():
        return len(code) not in (COMPANY, PERSON)
    is_nearly = code[:6].isalpha() and any(letter in string.digits for letter in code)
    return is_nearly and NEARLY_A_PERSON <= len(code) < PERSON


def cents_of(row: Row) -> int | None:
    """Return the sum of the amounts of a position, in cents; None if one is not understood."""
    options = row.body.get("paymentOption", ()) if isinstance(row.body, dict) else ()
    amounts: list[object] = [option.get("amount") for option in options]
    cents = [each for each in amounts if isinstance(each, int)]
    return sum(cents) if cents and len(cents) == len(amounts) else None


class Trier:
    """Finds what would become of positions, and writes nothing; it has a `Writer`'s method."""

    def __init__(self, now: datetime) -> None:
        """`now` is the instant of the trial."""
        self._now = now
        # LIMIT: about 200 bytes of memory for each position.
        self._before: Before = (set(), set())
        self._writer: PositionWriter | None = None

    def begin(self, writer: PositionWriter) -> None:
        """Take the reading transaction of the next batch, in a writer that is to write nothing."""
        self._writer = writer

    def write(self, batch: Sequence[Candidate]) -> list[Outcome]:
        """Return the outcome that each position would have."""
        return list(self._outcomes(batch))

    def _outcomes(self, batch: Sequence[Candidate]) -> Iterator[Outcome]:
        assert self._writer is not None
        known = self._writer.known_outcomes(batch, self._before)
        for candidate, outcome in zip(batch, known, strict=True):
            yield outcome or candidate.accepted(Result.LOADED, ())
