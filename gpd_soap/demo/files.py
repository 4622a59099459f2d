"""The files that the demo's office has loaded, with invented people and dues."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from gpd_soap import demo
from gpd_soap.core import notice

#: Invented people; X999 is the code of no place.
PEOPLE = (
    ("BRNCRL41A43X999Y", "Bruni Carla"), ("NRELDA46B05X999K", "Neri Aldo"),
    ("VRDLCU51C47X999C", "Verdi Lucia"), ("FBBPLA56D09X999Y", "Fabbri Paolo"),
    ("CLLRNI61E51X999N", "Colli Irene"), ("MRNDRA66H13X999E", "Marini Dario"),
    ("SLATRS71L55X999B", "Sala Teresa"), ("GRCVIO76M17X999Q", "Greco Ivo"),
    ("VLLNDA81P59X999M", "Villa Nadia"), ("LNGTTR86R21X999J", "Longo Ettore"),
    ("RVILGO91S63X999B", "Riva Olga"), ("CSTGUO96T25X999V", "Costa Ugo"),
)  # fmt: skip
HEADER = "posizione;codice fiscale;nominativo;importo;causale;scadenza;avviso;iuv;tassonomia;iban"


class File(NamedTuple):
    """A file that was loaded: days before now, rows, and the days in which they fall due."""

    name: str
    days_ago: int
    what: str
    code: str
    rows: int
    cents: tuple[int, ...]
    due_in: tuple[int, ...]
    first: int

    def nav(self, row: int) -> str:
        """The notice number of a row."""
        return notice.issue(demo.SEGREGATION, self.first + row).nav

    def unpaid(self) -> Iterator[str]:
        """Yield the notices that are paid, in order."""
        for row in range(self.rows):
            if self.nav(row) not in SET_APART:
                yield self.nav(row)

    def lines(self, today: date) -> Iterator[str]:
        """Yield the rows as they are written in a CSV file; dates are relative to today."""
        for row in range(self.rows):
            due = today + timedelta(days=self.due_in[row % len(self.due_in)])
            cents = self.cents[row * 7 % len(self.cents)]
            yield ";".join(
                (
                    f"{self.code}-2026-{self.first + row}",
                    *debtor(self.nav(row)),
                    f"{cents // 100},{cents % 100:02d}",
                    self.what,
                    f"{due:%d/%m/%Y}",
                    self.nav(row),
                    self.nav(row)[1:],
                    demo.TAXES,
                    demo.BANK,
                )
            )


TAXES = File("tari-2026.csv", 36, "TARI 2026, rata 2", "TARI", 150,
             (12850, 8400, 20350, 9725, 15160), (3,), 1001)  # fmt: skip
MEALS = File("mensa-ottobre.csv", 22, "Mensa scolastica, ottobre", "MENSA", 60,
             (8400, 6300, 4200), (5, 5, 12), 2001)  # fmt: skip
FINES = File("multe-43.csv", 9, "Verbale di violazione del codice della strada", "MULTA", 30,
             (4200, 8700, 17300, 4200), (6, 13, 20, 27, 34, 48), 3001)  # fmt: skip
FILES = (TAXES, MEALS, FINES)
#: Rows that nobody pays, because something else becomes of them.
TWICE, TWICE_TOO, SLIPPED, TOO_LITTLE = TAXES.nav(4), MEALS.nav(2), TAXES.nav(90), MEALS.nav(45)
SET_APART = {TWICE, TWICE_TOO, SLIPPED, TOO_LITTLE}
#: Notices of the sample that cannot be paid, and a number that was never issued.
EXPIRED, WITHDRAWN, UNKNOWN = (notice.issue(demo.SEGREGATION, n).nav for n in (10, 12, 9999))
#: What is wrong in a file of which a trial was made: an amount, a fiscal code, a due date.
ACCOUNT = f";;;{demo.TAXES};{demo.BANK}"
WRONG_ROWS = (
    f"MULTA-2026-901;{PEOPLE[0][0]};{PEOPLE[0][1]};1.200;Verbale 901;%s{ACCOUNT}",
    f"MULTA-2026-902;NRELDA46B05X99;{PEOPLE[1][1]};87,00;Verbale 902;%s{ACCOUNT}",
    f"MULTA-2026-903;{PEOPLE[2][0]};{PEOPLE[2][1]};42,00;Verbale 903;31/12/2019{ACCOUNT}",
)


def debtor(nav: str) -> tuple[str, str]:
    """Return the code and the name of who has to pay a notice of a file."""
    return PEOPLE[int(nav[4:16]) * 5 % len(PEOPLE)]
