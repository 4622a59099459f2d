"""The JSON document that `gpd-soap load` reads, in its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from gpd_soap.usecases import service_rules
from gpd_soap.validation.configuration import Broker, Organization, Service, Station
from gpd_soap.validation.fields import OrganizationCode, Strict
from gpd_soap.validation.finding import FieldError, as_lines, findings, path
from gpd_soap.validation.strict_json import UnusableFile, decode


class AddedFields(Strict):
    """The fields of a position in a file beside GPD's own."""

    organization: OrganizationCode
    to_publish: bool = False


def _broker(value: object) -> object:
    return {"fiscalCode": value} if isinstance(value, str) else value


class Document(Strict):
    """The parts of a file, each optional.  Positions are checked later, one by one."""

    organizations: Annotated[list[Organization], Field(default_factory=list)]
    brokers: Annotated[
        list[Annotated[Broker, BeforeValidator(_broker)]], Field(default_factory=list)
    ]
    stations: Annotated[list[Station], Field(default_factory=list)]
    services: Annotated[list[Service], Field(default_factory=list)]
    positions: Annotated[list[Any], Field(default_factory=list)]


#: The configuration of a file that has only positions.
EMPTY = Document()


def read(raw: bytes) -> Document:
    """Return the parts of a file.

    LIMIT: the whole file is in memory, about ten times its size.
    Raises UnusableFile if it is not JSON, or a part other than the positions is invalid.
    """
    try:
        document = Document.model_validate(decode(raw))
    except ValidationError as error:
        raise UnusableFile(as_lines(findings(error))) from None
    errors = list(_setting_errors(document.services))
    if errors:
        raise UnusableFile(as_lines(errors))
    return document


def _setting_errors(services: Sequence[Service]) -> Iterable[FieldError]:
    for index, service in enumerate(services):
        error = service_rules.settings_problem(service.kind, service.settings)
        if error is not None:
            yield error._replace(field=path("services", index, error.field))
