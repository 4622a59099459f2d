"""The JSON document that `gpd-soap load` reads, in its parts.

WHY: the configuration may follow the positions, so the document is read twice.  The first time
finds the configuration and refuses what is not JSON; the second time reads the positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, ValidationError

from gpd_soap.usecases import service_rules
from gpd_soap.validation.configuration import Broker, Organization, Service, Station
from gpd_soap.validation.fields import OrganizationCode, Strict
from gpd_soap.validation.finding import FieldError, as_lines, findings, path
from gpd_soap.validation.json_stream import JsonReader
from gpd_soap.validation.strict_json import UnusableFile, repeated_key


class AddedFields(Strict):
    """The fields of a position in a file beside GPD's own."""

    organization: OrganizationCode
    to_publish: bool = False


def _broker(value: object) -> object:
    return {"fiscalCode": value} if isinstance(value, str) else value


class Document(Strict):
    """The parts of a file, each optional.  Positions are read and checked later, one by one."""

    organizations: Annotated[list[Organization], Field(default_factory=list)]
    brokers: Annotated[
        list[Annotated[Broker, BeforeValidator(_broker)]], Field(default_factory=list)
    ]
    stations: Annotated[list[Station], Field(default_factory=list)]
    services: Annotated[list[Service], Field(default_factory=list)]
    positions: Annotated[list[Any], Field(default_factory=list)]


#: The configuration of a file that has only positions.
EMPTY = Document()


POSITIONS = "positions"


class _Position(NamedTuple):
    """One of the positions, as decoded."""

    value: object


def read(file: IO[bytes]) -> Document:
    """Return the parts of a file without the positions, which `positions` reads one by one.

    Raises UnusableFile if it is not JSON, or a part other than the positions is invalid.
    """
    parts: object = {}
    for name, value in _parts(JsonReader(file)):
        if name is None:
            parts = value
        elif not isinstance(value, _Position):
            assert isinstance(parts, dict)
            parts[name] = value
    try:
        document = Document.model_validate(parts)
    except ValidationError as error:
        raise UnusableFile(as_lines(findings(error))) from None
    errors = list(_setting_errors(document.services))
    if errors:
        raise UnusableFile(as_lines(errors))
    return document


def positions(file: IO[bytes]) -> Iterator[object]:
    """Yield the positions of a file, one at a time in memory."""
    for _, value in _parts(JsonReader(file)):
        if isinstance(value, _Position):
            yield value.value


def _parts(reader: JsonReader) -> Iterator[tuple[object, object]]:
    """Yield name and value of each part; each position is one.  A file of another shape has None.

    Raises UnusableFile if the file is not JSON, or a part is repeated.
    """
    if reader.peek() != "{":
        yield None, reader.value()
    else:
        names: set[object] = set()
        for name in _members(reader):
            if name in names:
                raise repeated_key()
            names.add(name)
            if name == POSITIONS and reader.peek() == "[":
                for _ in _items(reader, "[", "]"):
                    yield name, _Position(reader.value())
            else:
                yield name, reader.value()
    reader.end()


def _members(reader: JsonReader) -> Iterator[object]:
    """Yield the name of each member of an object; the caller reads its value."""
    for _ in _items(reader, "{", "}"):
        yield reader.key()


def _items(reader: JsonReader, opening: str, closing: str) -> Iterator[None]:
    """Stop before each item of a list or an object; the caller reads it."""
    reader.skip(opening)
    if reader.peek() != closing:
        yield
        while reader.peek() == ",":
            reader.skip(",")
            yield
    reader.skip(closing)


def _setting_errors(services: Sequence[Service]) -> Iterable[FieldError]:
    for index, service in enumerate(services):
        error = service_rules.settings_problem(service.kind, service.settings)
        if error is not None:
            yield error._replace(field=path("services", index, error.field))
