"""The file that `gpd-soap load` takes: from bytes to its parts, or a clear no.

Nothing is guessed: a key that comes twice, a number that is none (NaN), or bytes that are not UTF-8
make the whole file unusable, because nobody can say which of its positions were meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from gpd_soap.usecases import service_rules as offering
from gpd_soap.validation.fields import OrganizationCode, Segregation, Strict, Text5, Text35, Text140
from gpd_soap.validation.finding import FieldError, findings, path


class UnusableFile(Exception):
    """Nothing of the file can be loaded; the text says why, and repeats none of it."""


class Named(Strict):
    """What an organization is called."""

    name: Text140


class Organization(Named):
    """An organization to register, or to rename."""

    fiscal_code: OrganizationCode


class Broker(Strict):
    """A broker to register; its code alone will do."""

    fiscal_code: Text35


class Serving(Strict):
    """How a station serves an organization."""

    segregation_code: Segregation | None = None
    broadcast: bool = False


class Served(Serving):
    """An organization that a station serves."""

    fiscal_code: OrganizationCode


class Owned(Strict):
    """Whose a station is."""

    broker: Text35


class Station(Owned):
    """A station to register, with whom it serves."""

    id: Text35
    organizations: Annotated[list[Served], Field(default_factory=list)]


class Offer(Strict):
    """How a spontaneous-payment service is offered."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    settings: dict[str, Any]


class Service(Offer):
    """A spontaneous-payment service to offer."""

    organization: OrganizationCode
    service_id: Text5
    subject_id: Text5


class Placed(Strict):
    """What a position of a file says beside GPD's own fields."""

    organization: OrganizationCode
    to_publish: bool = False


def _broker(told: object) -> object:
    return {"fiscalCode": told} if isinstance(told, str) else told


class Document(Strict):
    """What a file holds; each part may be missing.  Positions are looked at one by one."""

    organizations: Annotated[list[Organization], Field(default_factory=list)]
    brokers: Annotated[
        list[Annotated[Broker, BeforeValidator(_broker)]], Field(default_factory=list)
    ]
    stations: Annotated[list[Station], Field(default_factory=list)]
    services: Annotated[list[Service], Field(default_factory=list)]
    positions: Annotated[list[Any], Field(default_factory=list)]


#: What a file holds that has no part but positions.
NOTHING = Document()


def read(raw: bytes) -> Document:
    """Take a file apart; UnusableFile for what is not JSON, or has not this shape.

    LIMIT: the whole file is in memory, about ten times its size.
    """
    try:
        document = Document.model_validate(decode(raw))
    except ValidationError as error:
        raise UnusableFile(told(findings(error))) from None
    errors = list(_services(document.services))
    if errors:
        raise UnusableFile(told(errors))
    return document


def decode(raw: bytes) -> object:
    """Read JSON and nothing more than JSON: UTF-8 with or without a mark, no NaN, no key twice."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"expected UTF-8, which byte {error.start} is not") from None
    try:
        decoded: object = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnusableFile(f"expected JSON, which it is not at {place}") from None
    except RecursionError:
        raise UnusableFile("expected lists and objects that nest less deep") from None
    except ValueError:
        # WHY: Python refuses to read an integer of thousands of digits.
        raise UnusableFile("expected numbers of a sane length") from None
    return decoded


def told(errors: Iterable[FieldError]) -> str:
    """Findings as a person reads them, one on a line."""
    return "\n".join(map(str, errors))


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnusableFile("expected each key once in an object; one comes twice")
    return found


def _no_constant(_name: str) -> object:
    raise UnusableFile("expected JSON's numbers, which NaN and Infinity are not")


def _services(services: Sequence[Service]) -> Iterable[FieldError]:
    for at, service in enumerate(services):
        error = offering.unfit(service.kind, service.settings)
        if error is not None:
            yield error._replace(field=path("services", at, error.field))
