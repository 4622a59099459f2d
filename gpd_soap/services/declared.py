"""The built-in kind of service: what is due is fixed, or read from elements of the data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal

from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from gpd_soap.contract.parsing import parse
from gpd_soap.core import codes, money, rome
from gpd_soap.core.debt import Debtor
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.services.quote import ANONYMOUS, Quote, broken

Text = Annotated[str, Field(min_length=1, max_length=140)]
Cents = Annotated[int, Field(ge=money.MIN, le=money.MAX_CENTS, strict=True)]


class BadSettings(ValueError):
    """A service is configured with what cannot work; the text says what."""


class Settings(BaseModel):
    """What a `declared` service is configured with (README, "Spontaneous payments")."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    amount: Cents | None = None
    amount_element: str | None = None
    amount_unit: Literal["euro", "cents"] = "euro"
    description: Text
    description_element: str | None = None
    debtor_code_element: str | None = None
    debtor_name_element: str | None = None
    # WHY: `schema` itself is a name of pydantic's.
    data_schema: str | None = Field(None, alias="schema")
    iban: str | None = None
    postal_iban: str | None = None
    category: Text
    segregation_code: Annotated[str, Field(pattern=r"^[0-9]{2}$")]
    due_in_days: Annotated[int, Field(ge=0, le=3650)] = 30
    office_name: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if (self.amount is None) == (self.amount_element is None):
            raise ValueError("expected either amount or amountElement")
        if self.iban is None and self.postal_iban is None:
            raise ValueError("expected iban, postalIban or both")
        for iban in filter(None, (self.iban, self.postal_iban)):
            problem = codes.problem_with_iban(iban)
            if problem:
                raise ValueError(f"iban: {problem}")
        if self.data_schema is not None:
            compiled(self.data_schema)
        return self


def settings_of(told: Mapping[str, Any]) -> Settings:
    """Read a service's settings; BadSettings says what is wrong with them."""
    try:
        return Settings.model_validate(dict(told))
    except ValidationError as error:
        said = (f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors())
        raise BadSettings("; ".join(said)) from None


class _Nothing(etree.Resolver):
    """Finds nothing, so that a service's schema reads no file and no address."""

    def resolve(self, system_url: Any, public_id: Any, context: Any) -> Any:
        """Answer every include and import with an empty document."""
        return self.resolve_string("", context)


@lru_cache(maxsize=64)
def compiled(schema: str) -> str:
    """Check that a service's schema can be used, and give it back; BadSettings if not."""
    _schema(schema)
    return schema


def _schema(text: str) -> etree.XMLSchema:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    parser.resolvers.add(_Nothing())
    try:
        root = etree.fromstring(text.encode(), parser)
        if any(etree.QName(child).localname in OUTWARD for child in root):
            raise BadSettings("schema: expected one document, without include, import or redefine")
        return etree.XMLSchema(root)
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise BadSettings("schema: expected an XML Schema") from error


OUTWARD = ("include", "import", "redefine", "override")


class Declared:
    """The built-in kind, `declared`."""

    def quote(self, data: bytes, settings: Mapping[str, Any], now: datetime) -> Quote | Refusal:
        """Read what is due out of the service data."""
        told = settings_of(settings)
        root = parse(data)
        if root is None:
            return broken("non è un documento XML ammesso", "not well-formed, or with a DOCTYPE")
        if told.data_schema is not None and not _schema(told.data_schema).validate(root):
            return broken("lo schema del servizio non è rispettato", "breaks the service's schema")
        return _quoted(root, told, now)


def _quoted(root: etree._Element, told: Settings, now: datetime) -> Quote | Refusal:
    missing = [name for name in _declared(told) if _text(root, name) is None]
    if missing:
        return broken(f"manca l'elemento {missing[0]}", f"without {missing[0]}")
    amount = told.amount if told.amount is not None else _amount(root, told)
    if amount is None:
        return broken(f"l'elemento {told.amount_element} non è un importo", "not an amount")
    if not money.MIN <= amount <= money.MAX_CENTS:
        return Refusal(
            PaaFault.PAA_SEMANTICA,
            f"L'importo indicato in {told.amount_element} non è ammesso.",
            "service data: the amount is out of range",
        )
    description = _text(root, told.description_element) or told.description
    debtor = _debtor(root, told)
    if len(description) > LONGEST_TEXT or debtor is None:
        return broken("un elemento è troppo lungo o troppo breve", "a text is out of its limits")
    day = rome.day_of(now) + timedelta(days=told.due_in_days)
    return Quote(
        amount=amount,
        description=description,
        due_at=rome.end_of_day(day),
        category=told.category,
        segregation_code=told.segregation_code,
        iban=told.iban,
        postal_iban=told.postal_iban,
        debtor=debtor,
        office_name=told.office_name,
    )


#: LIMIT: stText140, stText70 and the 2 to 16 characters of an identifier.
LONGEST_TEXT, LONGEST_NAME, SHORTEST_CODE, LONGEST_CODE = 140, 70, 2, 16


def _declared(told: Settings) -> list[str]:
    named = (
        told.amount_element,
        told.description_element,
        told.debtor_code_element,
        told.debtor_name_element,
    )
    return [name for name in named if name]


def _text(root: etree._Element, name: str | None) -> str | None:
    """The first element of this name, in whatever namespace; None where it is empty or missing."""
    if name is None:
        return None
    for element in root.iter("{*}" + name):
        return (element.text or "").strip() or None
    return None


def _amount(root: etree._Element, told: Settings) -> int | None:
    text = _text(root, told.amount_element) or ""
    try:
        if told.amount_unit == "euro":
            return money.from_wire(text)
        return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_CODE else None
    except ValueError:
        return None


def _debtor(root: etree._Element, told: Settings) -> Debtor | None:
    code = _text(root, told.debtor_code_element) or ANONYMOUS.code
    name = _text(root, told.debtor_name_element) or ANONYMOUS.full_name
    if not SHORTEST_CODE <= len(code) <= LONGEST_CODE or len(name) > LONGEST_NAME:
        return None
    kind = "G" if code.isdigit() else "F"
    return Debtor(kind, code, name)
