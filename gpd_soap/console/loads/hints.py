"""What is expected in a cell, said by what stands there; a proposal, never a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial

from gpd_soap.console.words import N_, _
from gpd_soap.usecases.loads.cells import day_first

PERSON, COMPANY = 16, 11
_AMBIGUOUS = re.compile(r"([0-9]{1,3})[.,]([0-9]{3})")
_SIGNED = re.compile(
    r"(?:€|EUR)?\s*([0-9]{1,7}),([0-9]{1,2})\s*(?:€|EUR)?", re.ASCII | re.IGNORECASE
)
_LENGTH = re.compile(r"(?:a length of (at most|at least)|1 to) ([0-9]+)(?: characters)?")
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")

#: What each rule expects whatever stands in the cell: by rule and field, then by rule alone.
ALWAYS: dict[tuple[str, str], str] = {
    ("required", ""): N_("un valore"),
    ("formula", ""): N_("il valore che si vede, senza la formula"),
    ("scattered", ""): N_("è anche in un’altra riga"),
    ("duplicate", "iupd"): N_("è già in una riga prima"),
    ("duplicate", ""): N_("un numero diverso da quelli delle altre righe"),
    ("fiscal-code", ""): N_("un codice con il carattere di controllo giusto"),
    ("organization-code", ""): N_("il codice fiscale di un ente: 11 cifre"),
    ("iban-checksum", ""): N_("le cifre da ricontrollare con quelle della banca"),
    ("iban", ""): N_("per esempio IT60X0542811101000000123456"),
    ("postal-iban", ""): N_("il conto di un ufficio postale"),
    ("account-or-stamp", ""): N_("un IBAN"),
    ("sum", ""): N_("la somma delle quote"),
    ("range", ""): N_("da 0,01 a 999.999.999,99 euro"),
    ("in-use", "iupd"): N_("gli stessi dati che ci sono già, o un altro codice posizione"),
    ("in-use", ""): N_("un numero che non è mai stato usato"),
    ("segregation-code", ""): N_("un numero che comincia con il codice della nostra stazione"),
    ("notice-number", ""): N_("18 cifre"),
    ("iuv", ""): N_("17 cifre"),
    ("nav-iuv", ""): N_("un numero avviso che finisce con lo IUV della riga"),
    ("row", ""): N_("una cella vuota, o quello che dice la prima riga della posizione"),
    ("plan", ""): N_("il piano in tutte le rate, o in nessuna"),
    ("other-organization", ""): N_("una cella vuota, o il codice di questo ente"),
    ("unknown", ""): N_("un ente che qui è registrato"),
    ("characters", "iupd"): N_("un nome senza la barra /"),
    ("characters", ""): N_("solo lettere, cifre e segni che si stampano"),
    ("utf-8", ""): N_("lettere che si leggono: in Excel, «CSV UTF-8»"),
    ("cells", ""): N_("tante celle quanti sono i nomi nella prima riga"),
    ("quotes", ""): N_("virgolette che si chiudono"),
    ("line-end", ""): N_("una riga intera, come le altre"),
    ("torn", ""): N_("che la riga accanto si legga"),
    ("category", ""): N_("per esempio 9/0101002IM/"),
    ("email", ""): N_("per esempio nome@dominio.it"),
    ("country", ""): N_("due lettere maiuscole, per esempio IT"),
    ("province", ""): N_("due lettere maiuscole, per esempio RM"),
    ("choice", "type"): N_("F oppure G"),
    ("due-before-validity", ""): N_("una data dopo l’inizio di validità"),
    ("retention-before-due", ""): N_("una data dopo la scadenza"),
    ("type", "toPublish"): N_("sì oppure no"),
    ("type", "switchToExpired"): N_("sì oppure no"),
    ("type", "isPartialPayment"): N_("sì oppure no"),
    ("type", "payStandIn"): N_("sì oppure no"),
}


def expected(field: str, rule: str, cell: str | None, today: date, expectation: str = "") -> str:
    """Return what is expected; an empty text if nothing is known of the rule.

    `expectation` is the text of the rule itself, in English.
    """
    plain = field.rpartition(".")[2]
    of_rule: dict[str, Callable[[str | None], str]] = {
        "code-length": code,
        "past": partial(later, today=today),
        "date": day,
        "digits": digits,
        "length": lambda _cell: length(expectation),
    }
    if rule == "type" and plain == "amount":
        return amount(cell)
    if rule in of_rule:
        return of_rule[rule](cell)
    always = ALWAYS.get((rule, plain)) or ALWAYS.get((rule, ""))
    return _(always) if always else ""


def length(expectation: str) -> str:
    """Return how many characters a text may have, by what the rule says."""
    match = _LENGTH.fullmatch(expectation)
    if match is None:
        return _("un testo più corto")
    text = (
        _("almeno %(number)s caratteri")
        if match[1] == "at least"
        else _("al massimo %(number)s caratteri")
    )
    return text % {"number": match[2]}


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
        euros, cents = match[1] + match[2], f"{match[1]},{match[2][:2]}"
        return _("%(whole)s,00 oppure %(cents)s?") % {"whole": euros, "cents": cents}
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
