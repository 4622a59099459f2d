"""What is configured, as a back office reads it: page by page, and what hangs on what."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Select, select

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page


class Organization(NamedTuple):
    """An organization of ours."""

    fiscal_code: str
    name: str


class Broker(NamedTuple):
    """A broker, ours or of one of our organizations."""

    fiscal_code: str


class Station(NamedTuple):
    """A station, and whose it is."""

    id: str
    broker: str


class Serving(NamedTuple):
    """A station that serves an organization; numbers are issued with its segregation code."""

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


def organizations(connection: Connection, wanted: PageRequest) -> tuple[list[Organization], int]:
    """The organizations of a page, by code, and how many there are in all."""
    asked = select(tables.organization).order_by(tables.organization.c.fiscal_code)
    return _page(connection, asked, wanted, Organization)


def organization(connection: Connection, fiscal_code: str) -> Organization | None:
    """An organization, or None where it is not one of ours."""
    asked = select(tables.organization).where(tables.organization.c.fiscal_code == fiscal_code)
    return _one(connection, asked, Organization)


def brokers(connection: Connection, wanted: PageRequest) -> tuple[list[Broker], int]:
    """The brokers of a page, by code, and how many there are in all."""
    asked = select(tables.broker).order_by(tables.broker.c.fiscal_code)
    return _page(connection, asked, wanted, Broker)


def stations(connection: Connection, wanted: PageRequest) -> tuple[list[Station], int]:
    """The stations of a page, by name, and how many there are in all."""
    return _page(connection, select(tables.station).order_by(STATION.id), wanted, Station)


def station(connection: Connection, name: str) -> Station | None:
    """A station, or None where it is not registered."""
    return _one(connection, select(tables.station).where(STATION.id == name), Station)


def serving(
    connection: Connection, organization: str, wanted: PageRequest
) -> tuple[list[Serving], int]:
    """The stations that serve an organization, a page of them, and how many there are in all."""
    asked = (
        select(SERVED.station, STATION.broker, SERVED.segregation_code, SERVED.broadcast)
        .join_from(tables.organization_station, tables.station, SERVED.station == STATION.id)
        .where(SERVED.organization == organization)
        .order_by(SERVED.station)
    )
    return _page(connection, asked, wanted, Serving)


def services(
    connection: Connection, organization: str, wanted: PageRequest
) -> tuple[list[Offered], int]:
    """The services that an organization offers, a page of them, and how many there are in all."""
    asked = _offered(organization).order_by(SERVICE.service_id, SERVICE.subject_id)
    return _page(connection, asked, wanted, Offered)


def service(
    connection: Connection, organization: str, service_id: str, subject_id: str
) -> Offered | None:
    """A service, or None where the organization offers none of these identifiers."""
    asked = _offered(organization).where(
        SERVICE.service_id == service_id, SERVICE.subject_id == subject_id
    )
    return _one(connection, asked, Offered)


def segregation_codes(connection: Connection, organization: str) -> frozenset[str]:
    """The segregation codes of the stations that serve an organization."""
    asked = select(SERVED.segregation_code).where(
        SERVED.organization == organization, SERVED.segregation_code.is_not(None)
    )
    return frozenset(connection.execute(asked).scalars())


def settings(connection: Connection, organization: str) -> list[dict[str, Any]]:
    """What each service of an organization is configured with."""
    asked = select(SERVICE.settings).where(SERVICE.organization == organization)
    return list(connection.execute(asked).scalars())


def _offered(organization: str) -> Select[Any]:
    columns = [SERVICE[name] for name in Offered._fields]
    return select(*columns).where(SERVICE.organization == organization)


def _page(
    connection: Connection, asked: Select[Any], wanted: PageRequest, kind: type[Row]
) -> tuple[list[Row], int]:
    rows, total = fetch_page(connection, asked, wanted)
    return [kind._make(row) for row in rows], total


def _one(connection: Connection, asked: Select[Any], kind: type[Row]) -> Row | None:
    row = connection.execute(asked).first()
    return None if row is None else kind._make(row)
