"""`gpd-soap organization`, `station` and `service`: the configuration, by the API's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

from gpd_soap.cli.common import CommandGroup, as_errors, read, ready_store, record
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.usecases.configuration import Registry
    from gpd_soap.validation.queries.configuration import ServicePath

T = TypeVar("T")

#: Rows that a list reads at once.
PAGE_SIZE = 100
#: The kind of a new service, unless another is named.
DECLARED = "declared"

_organization = click.argument("code", metavar="ORGANIZATION")
_station = click.argument("name", metavar="STATION")
_service = click.argument("service_id", metavar="SERVICE")
_subject = click.argument("subject_id", metavar="SUBJECT")
_of = click.option(
    "--organization",
    "code",
    required=True,
    metavar="CODE",
    help="Fiscal code of the organization, 11 digits.",
)


@click.group(cls=CommandGroup)
def organization() -> None:
    """List, register and remove the organizations that this installation serves."""


@organization.command("list")
def organizations() -> None:
    """Print the organizations, one on a line: fiscal code and name."""
    for each in _all_rows(_registry().organizations):
        print_line(f"{each.fiscal_code}  {each.name}")


@organization.command("put")
@_organization
@click.option("--name", required=True, help="Name that payers read.")
def put_organization(code: str, name: str) -> None:
    """Register the ORGANIZATION of this fiscal code, or change its name."""
    from gpd_soap.validation.configuration import OrganizationFields

    fiscal_code, fields = _fiscal_code(code), read(OrganizationFields, name=name)
    with as_errors():
        _print_put(new=_registry().put_organization(fiscal_code, fields.name))


@organization.command("remove")
@_organization
def remove_organization(code: str) -> None:
    """Remove the ORGANIZATION of this fiscal code.

    It must have no stations, services or positions, and must never have issued a notice number.
    """
    fiscal_code = _fiscal_code(code)
    with as_errors():
        _registry().remove_organization(fiscal_code)
    click.echo("removed")


@click.group(cls=CommandGroup)
def station() -> None:
    """List, register and remove stations, and set which organizations each serves."""


@station.command("list")
@click.option(
    "--organization",
    "code",
    metavar="CODE",
    help="Fiscal code of an organization; prints its stations only.",
)
def stations(code: str | None) -> None:
    """Print the stations, one on a line: name and broker.

    With --organization, a line also shows the segregation code and whether copies of receipts are
    sent.
    """
    registry = _registry()
    if code is None:
        for each in _all_rows(registry.stations):
            print_line(f"{each.id}  {each.broker}")
        return
    fiscal_code = _fiscal_code(code)
    with as_errors():
        for serving in _all_rows(lambda page: registry.serving(fiscal_code, page)):
            broadcast = "  broadcast" if serving.broadcast else ""
            numbers = f"segregation code {serving.segregation_code or '-'}"
            print_line(f"{serving.station}  {serving.broker}  {numbers}{broadcast}")


@station.command("put")
@_station
@click.option("--broker", required=True, metavar="CODE", help="Fiscal code of its broker.")
def put_station(name: str, broker: str) -> None:
    """Register a STATION and its broker, or change its broker."""
    from gpd_soap.validation.configuration import StationFields
    from gpd_soap.validation.queries.configuration import StationPath

    path, fields = read(StationPath, station=name), read(StationFields, broker=broker)
    with as_errors():
        _print_put(new=_registry().put_station(path.station, fields.broker, with_broker=True))


@station.command("serve")
@_station
@_of
@click.option(
    "--segregation-code", metavar="CODE", help="Segregation code of the notice numbers, 2 digits."
)
@click.option("--no-segregation-code", "no_code", is_flag=True, help="Remove the segregation code.")
@click.option(
    "--broadcast/--no-broadcast",
    default=None,
    help="Whether the station also gets copies of receipts.",
)
def serve_organization(
    name: str, code: str, segregation_code: str | None, *, no_code: bool, broadcast: bool | None
) -> None:
    """Let a STATION serve an organization, or change its segregation code and broadcast.

    What no option names stays as it is.
    """
    from gpd_soap.validation.configuration import ServingFields
    from gpd_soap.validation.queries.configuration import ServingPath

    if no_code and segregation_code is not None:
        raise click.UsageError("use --segregation-code or --no-segregation-code, not both")
    path = read(ServingPath, organizationfiscalcode=code, station=name)
    settings: dict[str, object] = {} if broadcast is None else {"broadcast": broadcast}
    if no_code or segregation_code is not None:
        settings["segregationCode"] = segregation_code
    fields = read(ServingFields, **settings)
    with as_errors():
        new, _ = _registry().serve(path.organizationfiscalcode, path.station, fields)
        _print_put(new=new)


@station.command("withdraw")
@_station
@_of
def withdraw(name: str, code: str) -> None:
    """End the service of a STATION for an organization.

    Notice numbers that were issued with its segregation code are never issued again.
    """
    from gpd_soap.validation.queries.configuration import ServingPath

    path = read(ServingPath, organizationfiscalcode=code, station=name)
    with as_errors():
        _registry().withdraw(path.organizationfiscalcode, path.station)
    click.echo("withdrawn")


@station.command("remove")
@_station
def remove_station(name: str) -> None:
    """Remove a STATION that serves no organization."""
    from gpd_soap.validation.queries.configuration import StationPath

    path = read(StationPath, station=name)
    with as_errors():
        _registry().remove_station(path.station)
    click.echo("removed")


@click.group(cls=CommandGroup)
def service() -> None:
    """List, register and remove the spontaneous-payment services of an organization."""


@service.command("list")
@_of
def services(code: str) -> None:
    """Print the services, one on a line: idServizio, idSoggettoServizio and kind."""
    fiscal_code, registry = _fiscal_code(code), _registry()
    with as_errors():
        for each in _all_rows(lambda page: registry.services(fiscal_code, page)):
            print_line(f"{each.service_id}  {each.subject_id}  {each.kind}")


@service.command("put")
@_service
@_subject
@click.argument("file", type=click.File("rb"))
@_of
@click.option(
    "--kind",
    help="Kind that computes the amount due [default: the kind it has, or declared].",
)
def put_service(
    service_id: str, subject_id: str, file: BinaryIO, code: str, kind: str | None
) -> None:
    """Register the service SERVICE (idServizio) of SUBJECT (idSoggettoServizio), or change it.

    FILE holds the settings of the service as a JSON object (- is standard input).
    """
    from gpd_soap.store.configuration.read import Offered
    from gpd_soap.validation.configuration import ServiceFields
    from gpd_soap.validation.strict_json import UnusableFile, decode

    path, registry = _service_path(code, service_id, subject_id), _registry()
    kind = kind or _kind_of(registry, path) or DECLARED
    try:
        fields = read(ServiceFields, kind=kind, settings=decode(file.read()))
    except UnusableFile as error:
        raise click.UsageError(str(error)) from None
    offered = Offered(path.service_id, path.subject_id, fields.kind, fields.settings)
    with as_errors():
        _print_put(new=registry.offer(path.organizationfiscalcode, offered))


@service.command("remove")
@_service
@_subject
@_of
def remove_service(service_id: str, subject_id: str, code: str) -> None:
    """Remove the service SERVICE (idServizio) of SUBJECT (idSoggettoServizio)."""
    path = _service_path(code, service_id, subject_id)
    with as_errors():
        _registry().withdraw_service(path.organizationfiscalcode, path.service_id, path.subject_id)
    click.echo("removed")


def _kind_of(registry: Registry, path: ServicePath) -> str | None:
    """The kind that a service has, or None if there is no such service."""
    from gpd_soap.usecases.refusals import Refusal

    code = path.organizationfiscalcode
    try:
        return registry.service(code, path.service_id, path.subject_id).kind
    except Refusal:
        return None


def _fiscal_code(code: str) -> str:
    from gpd_soap.validation.queries.common import OrganizationPath

    return read(OrganizationPath, organizationfiscalcode=code).organizationfiscalcode


def _service_path(code: str, service_id: str, subject_id: str) -> ServicePath:
    from gpd_soap.validation.queries.configuration import ServicePath

    return read(
        ServicePath,
        organizationfiscalcode=code,
        idServizio=service_id,
        idSoggettoServizio=subject_id,
    )


def _registry() -> Registry:
    from gpd_soap.usecases.configuration import Registry

    return Registry(ready_store(), record())


def _all_rows(read_page: Callable[[PageRequest], tuple[list[T], int]]) -> Iterator[T]:
    """The rows of all pages."""
    from gpd_soap.store.database.paging import PageRequest

    index = 0
    while rows := read_page(PageRequest(PAGE_SIZE, index))[0]:
        yield from rows
        index += 1


def _print_put(*, new: bool) -> None:
    click.echo("registered" if new else "changed")
