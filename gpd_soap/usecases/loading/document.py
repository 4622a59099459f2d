"""The JSON file that `gpd-soap load` takes, in its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from gpd_soap.usecases import service_rules as offering
from gpd_soap.validation.configuration import Broker, Organization, Service, Station
from gpd_soap.validation.fields import OrganizationCode, Strict
from gpd_soap.validation.finding import FieldError, findings, path, told
from gpd_soap.validation.strict_json import UnusableFile, decode


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


def _services(services: Sequence[Service]) -> Iterable[FieldError]:
    for at, service in enumerate(services):
        error = offering.settings_problem(service.kind, service.settings)
        if error is not None:
            yield error._replace(field=path("services", at, error.field))
