"""The whole configuration, read at once, for the checks of its consistency."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from gpd_soap.store import tables


class Station(NamedTuple):
    """A station and its broker."""

    id: str
    broker: str


class Serving(NamedTuple):
    """An organization and a station that serves it; the segregation code may be missing."""

    organization: str
    station: str
    segregation_code: str | None


class Offered(NamedTuple):
    """A spontaneous-payment service with the identifiers that the Node requests it by."""

    organization: str
    service_id: str
    subject_id: str
    kind: str
    settings: dict[str, Any]


class Registry(NamedTuple):
    """All registered rows, each kind in the order of its key."""

    organizations: tuple[str, ...]
    brokers: tuple[str, ...]
    stations: tuple[Station, ...]
    servings: tuple[Serving, ...]
    services: tuple[Offered, ...]


def read(connection: Connection) -> Registry:
    """Return the whole configuration."""
    organization, broker = tables.organization.c.fiscal_code, tables.broker.c.fiscal_code
    return Registry(
        tuple(connection.execute(select(organization).order_by(organization)).scalars()),
        tuple(connection.execute(select(broker).order_by(broker)).scalars()),
        _rows(connection, tables.station, Station),
        _rows(connection, tables.organization_station, Serving),
        _rows(connection, tables.service, Offered),
    )


def _rows(connection: Connection, table: Any, kind: Any) -> tuple[Any, ...]:
    statement = select(*(table.c[name] for name in kind._fields)).order_by(*table.primary_key)
    return tuple(kind(*row) for row in connection.execute(statement))
