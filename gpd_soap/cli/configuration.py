"""`gpd-soap organization`, `station` and `service`: what is ours, by the rules of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

from gpd_soap.cli.common import read, ready_store

if TYPE_CHECKING:
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.usecases.configuration import Registry
    from gpd_soap.validation.queries.configuration import OfService

T = TypeVar("T")

#: Rows that a list asks for at once.
MANY = 100

_organization = click.argument("code", metavar="ORGANIZATION")
_station = click.argument("name", metavar="STATION")
_service = click.argument("service_id", metavar="SERVICE")
_subject = click.argument("subject_id", metavar="SUBJECT")
_of = click.option(
    "--organization", "code", required=True, metavar="CODE", help="Its fiscal code, 11 digits."
)


@click.group()
def organization() -> None:
    """Say which organizations are ours."""


@organization.command("list")
def organizations() -> None:
    """Print a line for each organization: fiscal code, name."""
    for each in _every(_registry().organizations):
        click.echo(f"{each.fiscal_code}  {each.name}")


@organization.command("put")
@_organization
@click.option("--name", required=True, help="What payers read.")
def put_organization(code: str, name: str) -> None:
    """Register an ORGANIZATION by its fiscal code, or rename it."""
    from gpd_soap.validation.configuration import Named

    ours, told = _ours(code), read(Named, name=name)
    with _refusals():
        _say_put(new=_registry().put_organization(ours, told.name))


@organization.command("remove")
@_organization
def remove_organization(code: str) -> None:
    """Remove an ORGANIZATION that has nothing here; one that issued a number stays."""
    ours = _ours(code)
    with _refusals():
        _registry().remove_organization(ours)
    click.echo("removed")


@click.group()
def station() -> None:
    """Say by which stations the Node reaches us, and whom each of them serves."""


@station.command("list")
@click.option("--organization", "code", metavar="CODE", help="Those that serve this one.")
def stations(code: str | None) -> None:
    """Print a line for each station: name, broker, and how it serves the organization."""
    registry = _registry()
    if code is None:
        for each in _every(registry.stations):
            click.echo(f"{each.id}  {each.broker}")
        return
    ours = _ours(code)
    with _refusals():
        for serving in _every(lambda wanted: registry.serving(ours, wanted)):
            broadcast = "  broadcast" if serving.broadcast else ""
            numbers = f"segregation code {serving.segregation_code or '-'}"
            click.echo(f"{serving.station}  {serving.broker}  {numbers}{broadcast}")


@station.command("put")
@_station
@click.option("--broker", required=True, metavar="CODE", help="Whose it is; registered with it.")
def put_station(name: str, broker: str) -> None:
    """Register a STATION and its broker, or give it to another broker."""
    from gpd_soap.validation.configuration import Owned
    from gpd_soap.validation.queries.configuration import OfStation

    ours, told = read(OfStation, station=name), read(Owned, broker=broker)
    with _refusals():
        _say_put(new=_registry().put_station(ours.station, told.broker, with_broker=True))


@station.command("serve")
@_station
@_of
@click.option("--segregation-code", metavar="CODE", help="Of the numbers that we issue, 2 digits.")
@click.option("--broadcast", is_flag=True, help="It also gets copies of receipts.")
def serve_organization(
    name: str, code: str, segregation_code: str | None, *, broadcast: bool
) -> None:
    """Let a STATION serve an organization, or change how it does."""
    from gpd_soap.validation.configuration import Serving
    from gpd_soap.validation.queries.configuration import OfServing

    where = read(OfServing, organizationfiscalcode=code, station=name)
    told = read(Serving, segregationCode=segregation_code, broadcast=broadcast)
    with _refusals():
        new = _registry().serve(
            where.organizationfiscalcode,
            where.station,
            told.segregation_code,
            broadcast=told.broadcast,
        )
        _say_put(new=new)


@station.command("withdraw")
@_station
@_of
def withdraw(name: str, code: str) -> None:
    """Let a STATION serve an organization no longer; its serials are never issued again."""
    from gpd_soap.validation.queries.configuration import OfServing

    where = read(OfServing, organizationfiscalcode=code, station=name)
    with _refusals():
        _registry().withdraw(where.organizationfiscalcode, where.station)
    click.echo("withdrawn")


@station.command("remove")
@_station
def remove_station(name: str) -> None:
    """Remove a STATION that serves no organization."""
    from gpd_soap.validation.queries.configuration import OfStation

    ours = read(OfStation, station=name)
    with _refusals():
        _registry().remove_station(ours.station)
    click.echo("removed")


@click.group()
def service() -> None:
    """Say which spontaneous-payment services an organization offers."""


@service.command("list")
@_of
def services(code: str) -> None:
    """Print a line for each service: idServizio, idSoggettoServizio, kind."""
    ours, registry = _ours(code), _registry()
    with _refusals():
        for each in _every(lambda wanted: registry.services(ours, wanted)):
            click.echo(f"{each.service_id}  {each.subject_id}  {each.kind}")


@service.command("put")
@_service
@_subject
@click.argument("file", type=click.File("rb"))
@_of
@click.option("--kind", default="declared", show_default=True, help="Who says what is due.")
def put_service(service_id: str, subject_id: str, file: BinaryIO, code: str, kind: str) -> None:
    """Offer the service SERVICE (idServizio) of SUBJECT (idSoggettoServizio), or change it.

    Its settings are the JSON object of FILE (- is standard input).
    """
    from gpd_soap.store.configuration.read import Offered
    from gpd_soap.validation.configuration import Offer
    from gpd_soap.validation.strict_json import UnusableFile, decode

    where = _service_of(code, service_id, subject_id)
    try:
        told = read(Offer, kind=kind, settings=decode(file.read()))
    except UnusableFile as error:
        raise click.UsageError(str(error)) from None
    offered = Offered(where.service_id, where.subject_id, told.kind, told.settings)
    with _refusals():
        _say_put(new=_registry().offer(where.organizationfiscalcode, offered))


@service.command("remove")
@_service
@_subject
@_of
def remove_service(service_id: str, subject_id: str, code: str) -> None:
    """Offer the service SERVICE of SUBJECT no longer."""
    where = _service_of(code, service_id, subject_id)
    with _refusals():
        _registry().withdraw_service(
            where.organizationfiscalcode, where.service_id, where.subject_id
        )
    click.echo("removed")


def _ours(code: str) -> str:
    from gpd_soap.validation.queries.common import OfOrganization

    return read(OfOrganization, organizationfiscalcode=code).organizationfiscalcode


def _service_of(code: str, service_id: str, subject_id: str) -> OfService:
    from gpd_soap.validation.queries.configuration import OfService

    return read(
        OfService,
        organizationfiscalcode=code,
        idServizio=service_id,
        idSoggettoServizio=subject_id,
    )


def _registry() -> Registry:
    from gpd_soap.usecases.configuration import Registry

    return Registry(ready_store())


@contextmanager
def _refusals() -> Iterator[None]:
    """Say why something cannot be done; exit 1."""
    from gpd_soap.cli.refusals import words
    from gpd_soap.usecases.refusals import Refusal
    from gpd_soap.validation.finding import as_lines as lines

    try:
        yield
    except Refusal as refused:
        why = lines(refused.errors) or words(refused)[1]
        raise click.ClickException(why) from None


def _every(page: Callable[[PageRequest], tuple[list[T], int]]) -> Iterator[T]:
    """Every row of a list that is asked for page by page."""
    from gpd_soap.store.database.paging import PageRequest

    at = 0
    while rows := page(PageRequest(MANY, at))[0]:
        yield from rows
        at += 1


def _say_put(*, new: bool) -> None:
    click.echo("registered" if new else "changed")
