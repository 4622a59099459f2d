"""The form that decides a case: what was typed, what it means, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from gpd_soap.console.words import N_, _
from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.usecases.casework.decide import Decision
from gpd_soap.validation.finding import FieldError

#: LIMIT: characters of one field; a longer text is cut before it is looked at.
LONGEST = 2000
FIELDS = ("outcome", "note", "refundedOn", "mandate", "notice", "other")

WORDS: dict[tuple[str, str], str] = {
    ("outcome", "required"): N_("Scegli come si risolve"),
    ("note", "required"): N_("Scrivi nella nota perché, o chi è stato avvisato"),
    ("note", "length"): N_("La nota ha al massimo 400 caratteri"),
    ("note", "characters"): N_("Nella nota c’è un carattere che non si può scrivere"),
    ("refundedOn", "required"): N_("Serve il giorno del rimborso"),
    ("refundedOn", "range"): N_("Il giorno del rimborso non può essere dopo oggi"),
    ("mandate", "required"): N_("Serve il numero del mandato, al massimo 35 caratteri"),
    ("notice", "required"): N_("Serve il numero dell’avviso, di 18 cifre"),
    ("notice", "unknown"): N_("Qui non c’è un avviso con questo numero"),
    ("other", "required"): N_("Serve il numero dell’altro caso, come sta nel suo indirizzo"),
    ("other", "unknown"): N_("Qui non c’è un altro caso con questo numero"),
}
UNKNOWN = N_("Questo campo non va bene")


class Form(NamedTuple):
    """The fields as they were typed; an empty form proposes a refund."""

    outcome: str = CaseOutcome.TO_REFUND
    note: str = ""
    refunded_on: str = ""
    mandate: str = ""
    notice: str = ""
    other: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Form:
        """Return the form that was sent."""
        return cls(*(sent.get(name, "")[:LONGEST] for name in FIELDS))

    def decision(self) -> Decision | None:
        """Return what was decided, or None if no outcome was chosen."""
        if self.outcome not in set(CaseOutcome):
            return None
        return Decision(
            CaseOutcome(self.outcome),
            self.note,
            _date(self.refunded_on),
            self.mandate or None,
            "".join(self.notice.split()) or None,
            self.other.strip() or None,
        )


def error_words(errors: Iterable[FieldError]) -> list[tuple[str, str]]:
    """Return each error as its field and words, as the summary of a form wants them."""
    return [(each.field, _(WORDS.get((each.field, each.rule), UNKNOWN))) for each in errors]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
