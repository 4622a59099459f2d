"""The built-in kind of service: the amount is fixed or read from an element of the data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from lxml import etree
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from gpd_soap.contract.parsing import parse
from gpd_soap.core import codes, money, rome
from gpd_soap.core.debt import Debtor
from gpd_soap.core.errors import OperatorError
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.text import clean, invisible
from gpd_soap.usecases.spontaneous import quote_rules
from gpd_soap.usecases.spontaneous.data_schema import compiled
from gpd_soap.usecases.spontaneous.quote import ANONYMOUS, Account, Quote, broken

#: LIMIT: characters of an element's name.
LONGEST = 100


class BadSettings(OperatorError, ValueError):
    """The settings of a service are invalid; the message names the setting and the rule."""

    hint = "correct the settings of the service"


def _taken(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _text_value(text: str) -> str:
    if not quote_rules.is_text(text):
        raise ValueError("expected 1 to 140 characters, no controls, no blanks at the ends")
    return text


def _iban(text: str) -> str:
    problem = codes.problem_with_iban(text)
    if problem is not None:
        raise ValueError(problem)
    return text


def _category(text: str) -> str:
    problem = codes.problem_with_taxonomy(text)
    if problem is not None:
        raise ValueError(problem)
    return text


def _schema(text: str) -> str:
    compiled(text)
    return text


# WHY: pydantic compiles this pattern for each field, into megabytes of every process.
def _name(text: str) -> str:
    begins = text[:1].isalpha() or text[:1] == "_"
    if not begins or len(text) > LONGEST or not all(map(_is_of_a_name, text)):
        raise ValueError(r"String should match pattern '^[\p{L}_][\p{L}\p{N}_.\-]{0,99}$'")
    return text


def _is_of_a_name(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN" or character in "_.-"


Text = Annotated[str, AfterValidator(_text_value), BeforeValidator(_taken)]
Iban = Annotated[str, AfterValidator(_iban)]
Cents = Annotated[int, Field(ge=money.MIN, le=money.MAX_CENTS)]
# WHY: lxml searches for a name by a pattern, in which other characters have a meaning.
Name = Annotated[str, AfterValidator(_name)]
Namespace = Annotated[str, Field(pattern=r"^[^{}\s]{0,255}$")]


class Settings(BaseModel):
    """The settings of a `declared` service; the README of this folder explains each."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)

    amount: Cents | None = None
    amount_element: Name | None = None
    amount_unit: Literal["euro", "cents"] | None = None
    description: Text
    description_element: Name | None = None
    debtor_code_element: Name | None = None
    debtor_name_element: Name | None = None
    namespace: Namespace | None = None
    # WHY: pydantic uses the name `schema` itself.
    data_schema: Annotated[str, AfterValidator(_schema)] | None = Field(None, alias="schema")
    iban: Iban | None = None
    postal_iban: Iban | None = None
    category: Annotated[str, AfterValidator(_category)]
    remittance_information: Text | None = None
    company_name: Text | None = None
    office_name: Text | None = None
    segregation_code: Annotated[str, Field(pattern=f"^{quote_rules.SEGREGATION}$")]
    due_in_days: Annotated[int, Field(ge=0, le=3650)] = 30

    @model_validator(mode="after")
    def _check_combination(self) -> Settings:
        if (self.amount is None) == (self.amount_element is None):
            raise ValueError("expected either amount or amountElement")
        if self.amount_unit is not None and self.amount_element is None:
            raise ValueError("expected amountUnit only beside amountElement")
        if self.iban is None and self.postal_iban is None:
            raise ValueError("expected iban, postalIban or both")
        return self


SETTING = re.compile(r"[A-Za-z_]{1,40}")


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Return the settings of a service as a model.

    Raises BadSettings if one of them is invalid.
    """
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise BadSettings("; ".join(_problem(**detail) for detail in details)) from None


#: The setting at which a rule about several is said, by a word of the rule.
OF_SEVERAL = {"either amount": "amount", "amountUnit": "amountUnit", "postalIban": "iban"}


def problems_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with each setting, by its name; a rule about several at one of them."""
    try:
        Settings.model_validate(dict(values))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return dict(_named(_problem(loc=each["loc"], msg=each["msg"])) for each in details)
    return {}


def _named(problem: str) -> tuple[str, str]:
    name, _, text = problem.partition(": ")
    if name == "settings":
        name = next((setting for word, setting in OF_SEVERAL.items() if word in text), name)
    return name, text


def _problem(*, loc: tuple[str | int, ...], msg: str, **_: Any) -> str:
    name = str(loc[0]) if loc else "settings"
    # WHY: the name of an unknown setting may be any text, so only a plausible name is shown.
    shown = name if SETTING.fullmatch(name) else "?"
    return f"{shown}: {msg.removeprefix('Value error, ')}"


class Declared:
    """The built-in kind, `declared`."""

    def problem_with(self, settings: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the settings, or None."""
        try:
            settings_of(settings)
        except BadSettings as problem:
            return str(problem)
        return None

    def quote(self, data: bytes, settings: Mapping[str, Any], now: datetime) -> Quote | Refusal:
        """Return the quote that the service data asks for, or a refusal.

        The element of the amount must be present; the schema decides about the others.  For a
        missing or empty description or debtor, the quote has the configured one.
        """
        options = settings_of(settings)
        root = parse(data)
        if root is None:
            return broken("non è un documento XML ammesso", "not well-formed, or with a DOCTYPE")
        if options.data_schema is not None:
            breach = compiled(options.data_schema).breach(root)
            if breach is not None:
                return broken(breach.description, f"schema: {breach.subject}, {breach.rule}")
        return _refusal(root, options) or _quote(root, options, now)


def _refusal(root: etree._Element, settings: Settings) -> Refusal | None:
    """Return the refusal for the first declared element that breaks a rule, or None."""
    for name, bounds in _declared(settings):
        elements = _elements(root, settings, name)
        if len(elements) > 1:
            return broken(f"l'elemento {name} è ripetuto", f"{name}, repeated")
        if any(map(len, elements)):
            return broken(f"l'elemento {name} contiene altri elementi", f"{name}, children")
        text = _text(root, settings, name)
        if bounds is None and not elements:
            return broken(f"manca l'elemento {name}", f"{name}, missing")
        hidden = invisible(text) if name in _debtor_elements(settings) else None
        if hidden is not None or quote_rules.CONTROLS.search(text):
            rule = f"{name}, characters" + (f" {hidden}" if hidden else "")
            return broken(f"l'elemento {name} contiene caratteri non ammessi", rule)
        if bounds is not None and text and not bounds[0] <= len(text) <= bounds[1]:
            size = f"da {bounds[0]} a {bounds[1]} caratteri"
            return broken(f"l'elemento {name} richiede {size}", f"{name}, length")
    return None


def _declared(settings: Settings) -> Iterator[tuple[str, tuple[int, int] | None]]:
    """Return the elements to read, each with the bounds of its length.

    The element of the amount has no bounds, and is required.
    """
    named = {
        settings.amount_element: None,
        settings.description_element: (1, quote_rules.LONGEST_TEXT),
        settings.debtor_code_element: (quote_rules.SHORTEST_CODE, quote_rules.LONGEST_CODE),
        settings.debtor_name_element: (1, quote_rules.LONGEST_NAME),
    }
    return ((name, bounds) for name, bounds in named.items() if name is not None)


def _debtor_elements(settings: Settings) -> tuple[str | None, ...]:
    """Return the elements of the debtor's code and name, which may have no invisible character."""
    return settings.debtor_code_element, settings.debtor_name_element


def _elements(root: etree._Element, settings: Settings, name: str) -> list[etree._Element]:
    namespace = "*" if settings.namespace is None else settings.namespace
    return list(root.iter(f"{{{namespace}}}{name}"))


def _text(root: etree._Element, settings: Settings, name: str | None) -> str:
    """Return the text of a declared element on one line in NFC, empty if it is missing."""
    elements = _elements(root, settings, name) if name is not None else []
    return clean(" ".join((elements[0].text or "").split())) if elements else ""


def _quote(root: etree._Element, settings: Settings, now: datetime) -> Quote | Refusal:
    amount = settings.amount or _cents(
        _text(root, settings, settings.amount_element), settings.amount_unit
    )
    if amount is None:
        name, unit = settings.amount_element, settings.amount_unit or "euro"
        return broken(f"l'elemento {name} non è un importo", f"{name}, no amount in {unit}")
    if not money.MIN <= amount <= money.MAX_CENTS:
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            f"L'importo indicato in {settings.amount_element} non è ammesso.",
            f"service data: {settings.amount_element}, out of range",
        )
    code = _text(root, settings, settings.debtor_code_element) or ANONYMOUS.code
    return Quote(
        amount=amount,
        description=_text(root, settings, settings.description_element) or settings.description,
        due_at=rome.end_of_day(rome.day_of(now) + timedelta(days=settings.due_in_days)),
        segregation_code=settings.segregation_code,
        credit=Account(
            settings.category, settings.iban, settings.postal_iban, settings.remittance_information
        ),
        debtor=Debtor(
            kind="G" if codes.problem_with_fiscal_code_pa(code) is None else "F",
            code=code,
            full_name=_text(root, settings, settings.debtor_name_element) or ANONYMOUS.full_name,
        ),
        company_name=settings.company_name,
        office_name=settings.office_name,
    )


AMOUNT = {
    "euro": re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,2}))?"),
    "cents": re.compile(r"(-?)([0-9]+)()"),
}
#: LIMIT: digits that are read; one more than the largest amount has is out of range.
ENOUGH_DIGITS = len(str(money.MAX_CENTS)) + 1


def _cents(text: str, unit: Literal["euro", "cents"] | None) -> int | None:
    """Return the amount in a text, in range or not, or None if the text is no amount.

    An amount in euro may have no decimals, as `xs:decimal` writes a whole number.
    """
    match = AMOUNT[unit or "euro"].fullmatch(text)
    if match is None:
        return None
    digits = match[2].lstrip("0")[:ENOUGH_DIGITS] or "0"
    amount = int(digits) if unit == "cents" else money.cents(digits, match[3])
    return -amount if match[1] else amount
