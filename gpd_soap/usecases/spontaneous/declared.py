"""The built-in kind of service: what is due is fixed, or read from elements of the data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from lxml import etree
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from gpd_soap.contract.parsing import parse
from gpd_soap.core import codes, money, rome
from gpd_soap.core.debt import Debtor
from gpd_soap.core.errors import OperatorError
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.usecases.spontaneous import quote_rules as limits
from gpd_soap.usecases.spontaneous.data_schema import compiled
from gpd_soap.usecases.spontaneous.quote import ANONYMOUS, Account, Quote, broken


class BadSettings(OperatorError, ValueError):
    """A service is configured with what cannot work; the text says what."""

    hint = "correct the settings of the service"


def _sayable(text: str) -> str:
    if not limits.is_text(text):
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


Text = Annotated[str, AfterValidator(_sayable)]
Iban = Annotated[str, AfterValidator(_iban)]
Cents = Annotated[int, Field(ge=money.MIN, le=money.MAX_CENTS)]
# WHY: a name is looked for by a pattern, in which other characters have a meaning.
Name = Annotated[str, Field(pattern=r"^[\p{L}_][\p{L}\p{N}_.\-]{0,99}$")]
Namespace = Annotated[str, Field(pattern=r"^[^{}\s]{0,255}$")]


class Settings(BaseModel):
    """What a `declared` service is configured with (README, "Spontaneous payments")."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)

    amount: Cents | None = None
    amount_element: Name | None = None
    amount_unit: Literal["euro", "cents"] | None = None
    description: Text
    description_element: Name | None = None
    debtor_code_element: Name | None = None
    debtor_name_element: Name | None = None
    namespace: Namespace | None = None
    # WHY: `schema` itself is a name of pydantic's.
    data_schema: Annotated[str, AfterValidator(_schema)] | None = Field(None, alias="schema")
    iban: Iban | None = None
    postal_iban: Iban | None = None
    category: Annotated[str, AfterValidator(_category)]
    remittance_information: Text | None = None
    company_name: Text | None = None
    office_name: Text | None = None
    segregation_code: Annotated[str, Field(pattern=f"^{limits.SEGREGATION}$")]
    due_in_days: Annotated[int, Field(ge=0, le=3650)] = 30

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if (self.amount is None) == (self.amount_element is None):
            raise ValueError("expected either amount or amountElement")
        if self.amount_unit is not None and self.amount_element is None:
            raise ValueError("expected amountUnit only beside amountElement")
        if self.iban is None and self.postal_iban is None:
            raise ValueError("expected iban, postalIban or both")
        return self


SETTING = re.compile(r"[A-Za-z_]{1,40}")


def settings_of(told: Mapping[str, Any]) -> Settings:
    """Read a service's settings; BadSettings says what is wrong with them."""
    try:
        return Settings.model_validate(dict(told))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise BadSettings("; ".join(_said(**detail) for detail in found)) from None


def _said(*, loc: tuple[str | int, ...], msg: str, **_: Any) -> str:
    name = str(loc[0]) if loc else "settings"
    # WHY: a setting that is not known may be called anything, and be no name at all.
    told = name if SETTING.fullmatch(name) else "?"
    return f"{told}: {msg.removeprefix('Value error, ')}"


class Declared:
    """The built-in kind, `declared`."""

    def problem_with(self, settings: Mapping[str, Any]) -> str | None:
        """Say what is wrong with the settings, or None."""
        try:
            settings_of(settings)
        except BadSettings as problem:
            return str(problem)
        return None

    def quote(self, data: bytes, settings: Mapping[str, Any], now: datetime) -> Quote | Refusal:
        """Read what is due out of the service data.

        Only the amount must be there; the schema says what else must.  A text that is missing or
        empty is the configured one, and so is the debtor.
        """
        told = settings_of(settings)
        root = parse(data)
        if root is None:
            return broken("non è un documento XML ammesso", "not well-formed, or with a DOCTYPE")
        if told.data_schema is not None:
            breach = compiled(told.data_schema).breach(root)
            if breach is not None:
                return broken(breach.description, f"schema: {breach.element}, {breach.rule}")
        return _unreadable(root, told) or _quoted(root, told, now)


def _unreadable(root: etree._Element, told: Settings) -> Refusal | None:
    """The first declared element that cannot be read: which one, and by which rule."""
    for name, bounds in _declared(told):
        found = _found(root, told, name)
        if len(found) > 1:
            return broken(f"l'elemento {name} è ripetuto", f"{name}, repeated")
        if any(map(len, found)):
            return broken(f"l'elemento {name} contiene altri elementi", f"{name}, children")
        text = _text(root, told, name)
        if bounds is None and not found:
            return broken(f"manca l'elemento {name}", f"{name}, missing")
        if limits.CONTROLS.search(text):
            return broken(
                f"l'elemento {name} contiene caratteri non ammessi", f"{name}, characters"
            )
        if bounds is not None and text and not bounds[0] <= len(text) <= bounds[1]:
            size = f"da {bounds[0]} a {bounds[1]} caratteri"
            return broken(f"l'elemento {name} richiede {size}", f"{name}, length")
    return None


def _declared(told: Settings) -> Iterator[tuple[str, tuple[int, int] | None]]:
    """The elements that are read, each with its bounds; the amount has none, and must be there."""
    named = {
        told.amount_element: None,
        told.description_element: (1, limits.LONGEST_TEXT),
        told.debtor_code_element: (limits.SHORTEST_CODE, limits.LONGEST_CODE),
        told.debtor_name_element: (1, limits.LONGEST_NAME),
    }
    return ((name, bounds) for name, bounds in named.items() if name is not None)


def _found(root: etree._Element, told: Settings, name: str) -> list[etree._Element]:
    space = "*" if told.namespace is None else told.namespace
    return list(root.iter(f"{{{space}}}{name}"))


def _text(root: etree._Element, told: Settings, name: str | None) -> str:
    """The text of a declared element on one line; empty where it is missing."""
    found = _found(root, told, name) if name is not None else []
    return " ".join((found[0].text or "").split()) if found else ""


def _quoted(root: etree._Element, told: Settings, now: datetime) -> Quote | Refusal:
    amount = told.amount or _cents(_text(root, told, told.amount_element), told.amount_unit)
    if amount is None:
        name, unit = told.amount_element, told.amount_unit or "euro"
        return broken(f"l'elemento {name} non è un importo", f"{name}, no amount in {unit}")
    if not money.MIN <= amount <= money.MAX_CENTS:
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            f"L'importo indicato in {told.amount_element} non è ammesso.",
            f"service data: {told.amount_element}, out of range",
        )
    code = _text(root, told, told.debtor_code_element) or ANONYMOUS.code
    return Quote(
        amount=amount,
        description=_text(root, told, told.description_element) or told.description,
        due_at=rome.end_of_day(rome.day_of(now) + timedelta(days=told.due_in_days)),
        segregation_code=told.segregation_code,
        credit=Account(told.category, told.iban, told.postal_iban, told.remittance_information),
        debtor=Debtor(
            kind="G" if codes.problem_with_fiscal_code_pa(code) is None else "F",
            code=code,
            full_name=_text(root, told, told.debtor_name_element) or ANONYMOUS.full_name,
        ),
        company_name=told.company_name,
        office_name=told.office_name,
    )


# WHY: no text is an amount in both units, so that a wrong unit is refused and never misread.
AMOUNT = {"euro": re.compile(r"-?[0-9]+\.[0-9]{2}"), "cents": re.compile(r"-?[0-9]+")}
#: LIMIT: more digits are out of range anyway, and Python reads no number of thousands.
ENOUGH_DIGITS = len(str(money.MAX_CENTS)) + 1


def _cents(text: str, unit: Literal["euro", "cents"] | None) -> int | None:
    """An amount as it is written, in range or not; None for what is no amount."""
    if not AMOUNT[unit or "euro"].fullmatch(text):
        return None
    digits = text.replace(".", "").lstrip("-0")[:ENOUGH_DIGITS]
    return int(digits or 0) * (-1 if text.startswith("-") else 1)
