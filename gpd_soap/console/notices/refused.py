"""The words of each refusal of a change, and the field at which it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gpd_soap.console.words import N_, _
from gpd_soap.usecases import refusals
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.finding import FieldError

UNFIT, CONFLICT, CHANGED = 422, 409, 412

#: What is said of a refusal that is about no field.
TEXTS: dict[type[Refusal], str] = {
    refusals.PositionChanged: N_(
        "Qualcun altro l’ha cambiato mentre lo guardavi. Qui sotto vedi com’è adesso: se vuoi"
        " ancora fare la tua modifica, mandala di nuovo."
    ),
    refusals.NotUpdatable: N_(
        "Un avviso di questa posizione è ritirato o già pagato, quindi non si corregge più."
    ),
    refusals.NotRestorable: N_(
        "Non può tornare da pagare: è già pagato, oppure sarebbe ancora scaduto. Metti una"
        " scadenza da oggi in poi."
    ),
    refusals.NotInvalidable: N_("Si ritira solo quello che è pubblicato e ancora da pagare."),
    refusals.NotPublishable: N_("Non è più una bozza."),
    refusals.PublishedAfterDue: N_("La scadenza è già passata: prima si sposta, poi si pubblica."),
    refusals.PublishedAfterValidity: N_(
        "Il giorno da cui si paga è già passato: prima si corregge, poi si pubblica."
    ),
    refusals.DueBeforeValidity: N_("La scadenza verrebbe prima del giorno da cui si paga."),
    refusals.AlreadyPaid: N_("È già pagato, questo avviso o un altro modo di pagare il debito."),
    refusals.NoticeExcluded: N_("Lo stesso debito è già pagato in altra forma."),
    refusals.OwnDebtors: N_(
        "Gli avvisi di questa posizione hanno debitori diversi: da qui non si correggono."
    ),
    refusals.UpdateLosesFee: N_(
        "Le spese di notifica resterebbero senza un versamento che le porta."
    ),
    refusals.NotUnique: N_("È già stato emesso: guarda fra gli avvisi."),
    refusals.OrganizationNotFound: N_("L’ente non è registrato."),
}
#: What is said of a change that was overtaken by another, so that nobody can make it now.
OVERTAKEN = N_(
    "Qualcun altro l’ha cambiato mentre lo guardavi, e questa modifica adesso non si può più fare."
    " Qui sotto vedi com’è."
)
#: What is said of a rule that a field breaks.
RULES: dict[str, str] = {
    "required": N_("manca"),
    "past": N_("è passata: da oggi in poi"),
    "future": N_("non può essere nel futuro"),
    "length": N_("è troppo lungo, o troppo corto"),
    "range": N_("da 0,01 a 999.999.999,99 euro"),
    "sum": N_("le quote non fanno l’importo"),
    "iban": N_("non è un IBAN giusto: rileggilo"),
    "characters": N_("ha caratteri che su un avviso non si possono scrivere"),
    "fiscal-code": N_("non è un codice giusto: 16 caratteri, o 11 cifre"),
    "email": N_("non è un indirizzo di posta: nome@dominio"),
    "country": N_("due lettere maiuscole, per esempio IT"),
    "province": N_("due lettere maiuscole, per esempio RM"),
    "pattern": N_("non ha la forma giusta"),
    "choice": N_("non è una delle scelte"),
    "due-before-validity": N_("viene prima del giorno da cui si paga"),
    "date": N_("non è una data giusta"),
    "in-use": N_("è già usato"),
    "taxonomy": N_("non è un codice giusto"),
    "thousands": N_("migliaia o decimali? Scrivi anche i centesimi, per esempio 1250,00"),
    "euro": N_("euro e centesimi con la virgola, per esempio 250,00"),
}
OTHER_RULE = N_("non va bene così")
#: The name of each field of a form.
NAMES: dict[str, str] = {
    "amount": N_("L’importo"),
    "due": N_("La scadenza"),
    "paid_on": N_("Il giorno del pagamento"),
    "reason": N_("Il perché"),
    "description": N_("La causale"),
    "fiscalCode": N_("Il codice fiscale"),
    "fullName": N_("Il nome"),
    "streetName": N_("La via"),
    "civicNumber": N_("Il numero civico"),
    "postalCode": N_("Il CAP"),
    "city": N_("Il comune"),
    "province": N_("La provincia"),
    "country": N_("Il paese"),
    "email": N_("La posta elettronica"),
    "iban": N_("Il conto"),
    "category": N_("Il tipo di dovuto"),
    "instalments": N_("Le rate"),
}
_TRANSFER_AMOUNT = re.compile(r"paymentOption\[[0-9]+\]\.transfer\[(?P<index>[0-9]+)\]\.amount")
_FIELDS = {
    "dueDate": "due",
    "paymentDate": "paid_on",
    "iban": "iban",
    "postalIban": "iban",
    "category": "category",
    "description": "description",
    "remittanceInformation": "description",
    "amount": "amount",
    "iuv": "",
}

#: A field of a form and what is said about it; "" is the whole form.
Problem = tuple[str, str]


def status_of(refusal: Refusal) -> int:
    """Return the status of a page that shows a refusal."""
    if isinstance(refusal, refusals.PositionChanged):
        return CHANGED
    unfit = refusals.Malformed, refusals.InvalidPosition
    return UNFIT if isinstance(refusal, unfit) else CONFLICT


def problems_of(refusal: Refusal) -> list[Problem]:
    """Return what a page says about a refusal: of each field, or of the whole."""
    text = next((TEXTS[kind] for kind in type(refusal).__mro__ if kind in TEXTS), None)
    if text is not None:
        return [("", _(text))]
    problems = dict(_of_fields(refusal))
    return list(problems.items()) or [("", _("Così non si può fare."))]


def problem(field: str, rule: str) -> Problem:
    """Return what is said about a field that breaks a rule."""
    name = _(NAMES[field]) if field in NAMES else _("Il modulo")
    return field, f"{name}: {_(RULES.get(rule, OTHER_RULE))}"


def by_field(problems: list[Problem]) -> Mapping[str, str]:
    """Return what is said at each field, without its name."""
    texts = ((field, text.partition(": ")[2] or text) for field, text in problems if field)
    return {field: text[:1].upper() + text[1:] for field, text in texts}


def _of_fields(refusal: Refusal) -> Iterator[Problem]:
    for error in refusal.errors:
        yield problem(_field_of(error), _rule_of(error))


def _field_of(error: FieldError) -> str:
    """Returns the field of a form that a path of a position means."""
    match = _TRANSFER_AMOUNT.fullmatch(error.field)
    if match is not None:
        return "amount"
    last = error.field.rpartition(".")[2]
    return _FIELDS.get(last, last if last in NAMES else "")


def _rule_of(error: FieldError) -> str:
    last = error.field.rpartition(".")[2]
    return last if error.rule in ("pattern", "value") and last in RULES else error.rule
