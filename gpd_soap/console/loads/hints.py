"""What is expected in a cell, said by what stands there; a proposal, never a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial

from gpd_soap.console.words import _
from gpd_soap.usecases.loads.cells import day_first

PERSON, COMPANY = 16, 11
_AMBIGUOUS = re.compile(r"([0-9]{1,3})[.,]([0-9]{3})")
_SIGNED = re.compile(
    r"(?:€|EUR)?\s*([0-9]{1,7}),([0-9]{1,2})\s*(?:€|EUR)?", re.ASCII | re.IGNORECASE
)
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def expected(field: str, rule: str, cell: str | None, today: date) -> str:
    """Return what is expected; an empty text if there is no more to say than the rule does."""
    plain = field.rpartition(".")[2]
    of_rule: dict[str, Callable[[str | None], str]] = {
        "code-length": code,
        "past": partial(later, today=today),
        "date": day,
        "digits": digits,
        "required": lambda _cell: _("un valore"),
        "formula": lambda _cell: _("il valore che si vede, senza la formula"),
        "scattered": lambda _cell: _("è anche in un’altra riga"),
        "duplicate": lambda _cell: _("è già in una riga prima"),
        "fiscal-code": lambda _cell: _("un codice con il carattere di controllo giusto"),
        "iban-checksum": lambda _cell: _("le cifre da ricontrollare con quelle della banca"),
    }
    if rule == "type" and plain == "amount":
        return amount(cell)
    return of_rule[rule](cell) if rule in of_rule else ""


def code(cell: str | None) -> str:
    """Return how many signs a code lacks, or has too many."""
    text = (cell or "").strip()
    if not (text.isascii() and text.isdigit()):
        return _("16 caratteri: ne mancano %(number)d") % {"number": PERSON - len(text)}
    missing = COMPANY - len(text)
    if missing == 1:
        return _("11 cifre: ne manca 1, forse lo zero davanti che il foglio toglie")
    if missing > 0:
        return _("11 cifre: ne mancano %(number)d, forse degli zeri davanti") % {"number": missing}
    return _("11 cifre, o 16 caratteri per una persona")


def amount(cell: str | None) -> str:
    """Return the amount that may be meant, or both that may be."""
    text = (cell or "").strip()
    match = _AMBIGUOUS.fullmatch(text)
    if match:
        whole, cents = match[1] + match[2], f"{match[1]},{match[2][:2]}"
        return _("%(whole)s,00 oppure %(cents)s?") % {"whole": whole, "cents": cents}
    match = _SIGNED.fullmatch(text)
    if match:
        return f"{match[1]},{match[2]:0<2}"
    return _("per esempio 128,50")


def later(cell: str | None, *, today: date) -> str:
    """Return the same day of the first year in which it is not past."""
    iso = day_first(cell or "") or (cell or "")[:10]
    try:
        due = date.fromisoformat(iso)
        while due < today:
            due = due.replace(year=due.year + 1)
    except ValueError:
        return _("una data da oggi in poi")
    return _("forse %(date)s") % {"date": f"{due:%d/%m/%Y}"}


def day(cell: str | None) -> str:
    """Return the date that is meant where the month comes first."""
    match = _MONTH_FIRST.fullmatch((cell or "").strip())
    try:
        if match:
            meant = date(int(match[3]), int(match[1]), int(match[2]))
            return _("forse %(date)s") % {"date": f"{meant:%d/%m/%Y}"}
    except ValueError:
        pass
    return _("per esempio 31/12/2026")


def digits(_cell: str | None) -> str:
    """Return what to do about a number of which a sheet has cut the end."""
    return _("il numero per intero, come testo")
