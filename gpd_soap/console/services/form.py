"""The form of a service: what was typed, the service that it means, what is wrong and where."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from gpd_soap.console.forms import Errors, errors_of
from gpd_soap.console.notices.fields import typed_amount
from gpd_soap.console.words import N_, _
from gpd_soap.core import money
from gpd_soap.core.text import clean
from gpd_soap.store.configuration.read import Offered
from gpd_soap.usecases import service_rules
from gpd_soap.usecases.spontaneous import declared
from gpd_soap.usecases.spontaneous.kinds import BUILT_IN
from gpd_soap.validation.configuration import Service
from gpd_soap.validation.finding import validate

#: LIMIT: characters of a field, and of a schema or of the settings of another kind, which are much
#: larger.
LONGEST, LONGEST_TEXT = 2_000, 200_000
IDS = ("serviceId", "subjectId")
#: The settings that are texts, as the form and the service have them.
TEXTS = (
    *("amountElement", "amountUnit", "description", "descriptionElement"),
    *("debtorCodeElement", "debtorNameElement", "namespace", "iban", "postalIban", "category"),
    *("remittanceInformation", "companyName", "officeName", "segregationCode"),
)
NUMBERS = ("amount", "dueInDays")
LONG = ("schema", "settings")
#: What is said of a field that breaks its rule.
WORDS: dict[str, str] = {
    "serviceId": N_("Cinque caratteri, come li ha dati pagoPA"),
    "subjectId": N_("Cinque caratteri, come li ha dati pagoPA"),
    "amount": N_("Da 0,01 a 999.999.999,99 euro, oppure il nome di un elemento: uno dei due"),
    "amountElement": N_("Il nome di un elemento: comincia con una lettera, senza spazi"),
    "amountUnit": N_("Serve solo con l’elemento dell’importo"),
    "description": N_("Da 1 a 140 caratteri"),
    "descriptionElement": N_("Il nome di un elemento: comincia con una lettera, senza spazi"),
    "debtorCodeElement": N_("Il nome di un elemento: comincia con una lettera, senza spazi"),
    "debtorNameElement": N_("Il nome di un elemento: comincia con una lettera, senza spazi"),
    "namespace": N_("Fino a 255 caratteri, senza spazi e senza graffe"),
    "schema": N_("Non è uno schema che si può usare"),
    "iban": N_("Un IBAN giusto: ne serve uno, in banca o alla posta"),
    "postalIban": N_("Un IBAN giusto della posta"),
    "category": N_("Un codice di tassonomia, per esempio 9/0101002IM/"),
    "remittanceInformation": N_("Da 1 a 140 caratteri"),
    "companyName": N_("Da 1 a 140 caratteri"),
    "officeName": N_("Da 1 a 140 caratteri"),
    "segregationCode": N_("Il codice di una stazione che serve l’ente"),
    "dueInDays": N_("Un numero di giorni, da 0 a 3650"),
    "settings": N_("Le regole di questo servizio non tornano."),
}
OTHER = N_("Così non va bene.")
#: What each field is called on the page.
NAMES: dict[str, str] = {
    "serviceId": N_("Codice del servizio"),
    "subjectId": N_("Codice del soggetto"),
    "amount": N_("Importo fisso, in euro"),
    "amountElement": N_("Oppure l’elemento dell’importo"),
    "amountUnit": N_("In quell’elemento l’importo è in"),
    "description": N_("Causale"),
    "descriptionElement": N_("Elemento della causale"),
    "debtorCodeElement": N_("Elemento del codice fiscale"),
    "debtorNameElement": N_("Elemento del nome"),
    "namespace": N_("Namespace degli elementi"),
    "schema": N_("Schema XML"),
    "iban": N_("IBAN"),
    "postalIban": N_("IBAN postale"),
    "category": N_("Tassonomia"),
    "remittanceInformation": N_("Causale del versamento"),
    "companyName": N_("Nome dell’ente sull’avviso"),
    "officeName": N_("Ufficio"),
    "segregationCode": N_("Codice di segregazione"),
    "dueInDays": N_("Giorni per pagare"),
    "settings": N_("Le sue regole"),
}


class Form(NamedTuple):
    """The fields as they were typed, and the kind of the service."""

    kind: str
    given: Mapping[str, str]

    @property
    def is_declared(self) -> bool:
        """Whether each setting has a field of its own."""
        return self.kind == BUILT_IN

    def get(self, name: str) -> str:
        """Return what was typed in a field, cut at its limit."""
        longest = LONGEST_TEXT if name in LONG else LONGEST
        return self.given.get(name, "")[:longest]


def empty() -> Form:
    """Return the form of a new service, with what most have."""
    return Form(BUILT_IN, {"dueInDays": "30", "amountUnit": "euro"})


def of_service(offered: Offered) -> Form:
    """Return the form of a service as it is stored."""
    ids = {"serviceId": offered.service_id, "subjectId": offered.subject_id}
    if offered.kind != BUILT_IN:
        text = json.dumps(offered.settings, ensure_ascii=False, indent=2)
        return Form(offered.kind, {**ids, "settings": text})
    given = {name: str(value) for name, value in offered.settings.items()}
    amount = offered.settings.get("amount")
    if type(amount) is int:
        given["amount"] = typed_amount(amount)
    return Form(BUILT_IN, {"dueInDays": "30", **given, **ids})


def seen(offered: Offered | None) -> str:
    """Return a text that differs whenever a service does; "" for none."""
    if offered is None:
        return ""
    text = json.dumps([offered.kind, offered.settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def service_of(form: Form, organization: str) -> tuple[Offered | None, Errors]:
    """Return the service that a form means, or None and what is wrong at each field."""
    errors: Errors = []
    settings = _settings(form, errors)
    ids = {name: clean(form.get(name)) for name in IDS}
    body = {"organization": organization, **ids, "kind": form.kind, "settings": settings}
    fields = validate(Service, body)
    if isinstance(fields, tuple):
        named = [name for name, _words in errors_of(fields)]
        errors += [(name, _(WORDS.get(name, OTHER))) for name in named]
    if form.is_declared:
        wrong = declared.problems_of(settings)
        errors += [(name, words_of(name)) for name in [*wrong, *_lacking(settings)]]
    if errors or not isinstance(fields, Service):
        return None, _in_order(errors)
    problem = service_rules.settings_problem(form.kind, settings)
    if problem is not None:
        # WHY: what a kind of another distribution says of its settings is for who wrote it.
        name = "schema" if form.is_declared else "settings"
        return None, [(name, f"{_(WORDS[name])}: {problem.expected}")]
    return Offered(fields.service_id, fields.subject_id, form.kind, settings), []


def summary(errors: Errors) -> Errors:
    """Return errors with the names of their fields, as they stand above the form."""
    return [
        (name, f"{_(NAMES[name])}: {words}" if name in NAMES else words) for name, words in errors
    ]


def words_of(name: str) -> str:
    """Return what is said of a setting that breaks its rule."""
    return _(WORDS.get(name, OTHER))


def _settings(form: Form, errors: Errors) -> dict[str, Any]:
    """Return the settings that a form means; adds what cannot be read."""
    if not form.is_declared:
        return _json(form.get("settings"), errors)
    settings: dict[str, Any] = {
        name: clean(form.get(name)) for name in TEXTS if clean(form.get(name))
    }
    if form.get("schema").strip():
        settings["schema"] = form.get("schema")
    _add_numbers(settings, form, errors)
    if "amountElement" not in settings and settings.get("amountUnit") == "euro":
        # WHY: a list always sends one of its choices.
        del settings["amountUnit"]
    return settings


def _lacking(settings: Mapping[str, Any]) -> list[str]:
    """Return what a service must have and this one has not, so that it is said at once."""
    either = {"amount": ("amount", "amountElement"), "iban": ("iban", "postalIban")}
    return [name for name, names in either.items() if not any(each in settings for each in names)]


def _add_numbers(settings: dict[str, Any], form: Form, errors: Errors) -> None:
    if clean(form.get("amount")):
        try:
            settings["amount"] = money.from_person(clean(form.get("amount")))
        except ValueError:
            errors.append(("amount", words_of("amount")))
    days = clean(form.get("dueInDays"))
    if days.isascii() and days.isdecimal() and len(days) < len("10000"):
        settings["dueInDays"] = int(days)
    elif days:
        errors.append(("dueInDays", words_of("dueInDays")))


def _json(text: str, errors: Errors) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        settings = None
    if isinstance(settings, dict):
        return settings
    errors.append(("settings", _("Non è un oggetto JSON.")))
    return {}


def _in_order(errors: Errors) -> Errors:
    """Return one error of each field, in the order of the page."""
    by_field = dict(reversed(errors))
    order = list(WORDS)
    return sorted(
        by_field.items(), key=lambda each: order.index(each[0]) if each[0] in order else 99
    )
