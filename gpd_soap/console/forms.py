"""Reads forms, and words what is wrong with a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gpd_soap.console.words import N_, _
from gpd_soap.validation.finding import FieldError

#: Pairs of a field's name and what is said about it.
Errors = list[tuple[str, str]]

#: What is said about a broken rule; the phrase of the rule itself is for who writes programs.
RULES: dict[str, str] = {
    "required": N_("Va scritto."),
    "length": N_("È troppo lungo o troppo corto."),
    "characters": N_("Ci sono caratteri che non si possono usare."),
    "pattern": N_("Non ha la forma giusta."),
    "organization-code": N_("Sono 11 cifre, oppure * per tutti gli enti."),
    "count": N_("Ne serve almeno uno."),
    "choice": N_("Scegli dall’elenco."),
    "name": N_("Un nome senza la chiocciola: quella è per la posta."),
    "email": N_("Non è un indirizzo di posta."),
    "scope-of-role": N_("Chi ha questo ruolo non può avere questo permesso."),
    "past": N_("È già passato."),
    "unknown": N_("Qui non c’è."),
    "picture": N_("Non è un’immagine che si può stampare: SVG, PNG o JPEG, fino a 64 kB."),
    "base64": N_("Non è un’immagine che si può stampare: SVG, PNG o JPEG, fino a 64 kB."),
    "settings": N_("Le regole di questo servizio non tornano."),
}


def errors_of(findings: Iterable[FieldError], fields: Mapping[str, str] | None = None) -> Errors:
    """Return findings as errors; `fields` maps paths of a model to names of a form."""
    return [_error(each, fields or {}) for each in findings]


def lines_of(text: str) -> list[str]:
    """Return the words of a text, separated by blanks, commas or lines.

    >>> lines_of("77777777777, 88888888888")
    ['77777777777', '88888888888']
    """
    return text.replace(",", " ").replace(";", " ").split()


def _error(finding: FieldError, fields: Mapping[str, str]) -> tuple[str, str]:
    name = finding.field.partition("[")[0].partition(".")[0]
    return fields.get(name, name), _(RULES.get(finding.rule, N_("Così non va bene.")))
