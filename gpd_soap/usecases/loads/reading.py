"""How a table is read: its form, its columns, and the values for every row.

A reading is shown to the operator, who confirms it or gives another.  It holds no text of the file:
a file without a header has persons in its first line.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any, NamedTuple

from gpd_soap.usecases.loading.csv_values import Amounts

#: A column that the program has added to the rows to mend, and that is not read.
OURS = "*"


class Kind(StrEnum):
    """The kind of a file."""

    CSV = "csv"
    XLSX = "xlsx"


class Dates(StrEnum):
    """How dates are written: 2026-12-31 alone, or 31/12/2026 too."""

    ISO = "iso"
    DAY_FIRST = "day"


#: Fields of which a file may have no column, because one value is given for all of its rows.
GIVEN = ("category", "iban", "description", "dueDate")
#: Fields that the program fills by a rule, where the file has no column of them.
DERIVED = ("type", "isPartialPayment")
#: Fields that every row needs.
NEEDED = ("iupd", "fiscalCode", "fullName", "amount", "description", "dueDate", "category")


class Reading(NamedTuple):
    """How a file is read.

    `fields` has GPD's name for each column in its order, an empty text for one that is not read.
    `constants` are the values of all rows by GPD's names.  `amounts` is None if nobody can know.
    """

    kind: Kind
    encoding: str = "utf-8"
    separator: str = ";"
    sheet: int = 0
    sheets: int = 1
    records: int = 0
    amounts: Amounts | None = None
    dates: Dates = Dates.DAY_FIRST
    fields: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()

    @property
    def missing(self) -> list[str]:
        """The fields that every row needs, and that have neither a column nor a value."""
        there = {*self.fields, *dict(self.constants)}
        missing = [field for field in NEEDED if field not in there]
        if not there & {"iban", "postalIban", "stamp.hashDocument", "transfer1.iban"}:
            missing.append("iban")
        return missing

    @property
    def is_clear(self) -> bool:
        """Whether the file can be read without a further answer."""
        return self.amounts is not None and not self.missing

    @property
    def unread(self) -> list[int]:
        """The numbers, from 1, of the columns that are not read."""
        return [number for number, field in enumerate(self.fields, 1) if not field]

    @property
    def digest(self) -> str:
        """A text that differs for every other reading."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Return the reading as it is stored."""
        return {
            **self._asdict(),
            "kind": self.kind.value,
            "amounts": None if self.amounts is None else self.amounts.value,
            "dates": self.dates.value,
            "fields": list(self.fields),
            "constants": dict(self.constants),
        }


def reading_of(stored: dict[str, Any]) -> Reading:
    """Return a reading that was stored."""
    amounts = stored["amounts"]
    return Reading(**stored)._replace(
        kind=Kind(stored["kind"]),
        amounts=None if amounts is None else Amounts(amounts),
        dates=Dates(stored["dates"]),
        fields=tuple(stored["fields"]),
        constants=tuple(sorted(stored["constants"].items())),
    )
