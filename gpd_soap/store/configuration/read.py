"""Reads the configuration for back offices, page by page."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Select, select

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page


class Organization(NamedTuple):
    """A registered organization."""

    fiscal_code: str
    name: str


class Broker(NamedTuple):
    """A registered broker (intermediario)."""

    fiscal_code: str


class Station(NamedTuple):
    """A station and its broker."""

    id: str
    broker: str


class Serving(NamedTuple):
    """A station of an organization; notice numbers are issued with its segregation code."""

    station: str
    broker: str
    segregation_code: str | None
    broadcast: bool


class Offered(NamedTuple):
    """A spontaneous-payment service that an organization offers."""

    service_id: str
    subject_id: str
    kind: str
    settings: dict[str, Any]


Row = TypeVar("Row", Organization, Broker, Station, Serving, Offered)

SERVED, STATION, SERVICE = tables.organization_station.c, tables.station.c, tables.service.c


def organizations(connection: Connection, request: PageRequest) -> tuple[list[Organization], int]:
    """Return one page of organizations, by code, and their number on all pages."""
    statement = select(tables.organization).order_by(tables.organization.c.fiscal_code)
    return _page(connection, statement, request, Organization)


def organization(connection: Connection, fiscal_code: str) -> Organization | None:
    """Return an organization, or None if it is not registered."""
    statement = select(tables.organization).where(tables.organization.c.fiscal_code == fiscal_code)
    return _one(connection, statement, Organization)


def brokers(connection: Connection, request: PageRequest) -> tuple[list[Broker], int]:
    """Return one page of brokers, by code, and their number on all pages."""
    statement = select(tables.broker).order_by(tables.broker.c.fiscal_code)
    return _page(connection, statement, request, Broker)


def stations(connection: Connection, request: PageRequest) -> tuple[list[Station], int]:
    """Return one page of stations, by name, and their number on all pages."""
    return _page(connection, select(tables.station).order_by(STATION.id), request, Station)


def station(connection: Connection, name: str) -> Station | None:
    """Return a station, or None if it is not registered."""
    return _one(connection, select(tables.station).where(STATION.id == name), Station)


def serving(
    connection: Connection, organization: str, request: PageRequest
) -> tuple[list[Serving], int]:
    """Return one page of an organization's stations, and their number on all pages."""
    statement = _serving(organization).order_by(SERVED.station)
    return _page(connection, statement, request, Serving)


def serving_by(connection: Connection, organization: str, station: str) -> Serving | None:
    """Return how a station serves an organization, or None if it does not."""
    statement = _serving(organization).where(SERVED.station == station)
    return _one(connection, statement, Serving)


def services(
    connection: Connection, organization: str, request: PageRequest
) -> tuple[list[Offered], int]:
    """Return one page of an organization's services, and their number on all pages."""
    statement = _offered(organization).order_by(SERVICE.service_id, SERVICE.subject_id)
    return _page(connection, statement, request, Offered)


def service(
    connection: Connection, organization: str, service_id: str, subject_id: str
) -> Offered | None:
    """Return a service, or None if the organization offers none with these identifiers."""
    statement = _offered(organization).where(
        SERVICE.service_id == service_id, SERVICE.subject_id == subject_id
    )
    return _one(connection, statement, Offered)


def segregation_codes(connection: Connection, organization: str) -> frozenset[str]:
    """Return the segregation codes of the stations that serve an organization."""
    statement = select(SERVED.segregation_code).where(
        SERVED.organization == organization, SERVED.segregation_code.is_not(None)
    )
    return frozenset(connection.execute(statement).scalars())


def settings(connection: Connection, organization: str) -> list[dict[str, Any]]:
    """Return the settings of each service of an organization."""
    statement = select(SERVICE.settings).where(SERVICE.organization == organization)
    return list(connection.execute(statement).scalars())


def _serving(organization: str) -> Select[Any]:
    return (
        select(SERVED.station, STATION.broker, SERVED.segregation_code, SERVED.broadcast)
        .join_from(tables.organization_station, tables.station, SERVED.station == STATION.id)
        .where(SERVED.organization == organization)
    )


def _offered(organization: str) -> Select[Any]:
    columns = [SERVICE[name] for name in Offered._fields]
    return select(*columns).where(SERVICE.organization == organization)


def _page(
    connection: Connection, statement: Select[Any], request: PageRequest, kind: type[Row]
) -> tuple[list[Row], int]:
    rows, total = fetch_page(connection, statement, request)
    return [kind._make(row) for row in rows], total


def _one(connection: Connection, statement: Select[Any], kind: type[Row]) -> Row | None:
    row = connection.execute(statement).first()
    return None if row is None else kind._make(row)
