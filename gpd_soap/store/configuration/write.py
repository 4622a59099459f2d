"""Which organizations, brokers and stations are ours, and which spontaneous services they offer."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, select

from gpd_soap.store import tables
from gpd_soap.store.database.upsert import inserted, upsert


class Service(NamedTuple):
    """A spontaneous-payment service as configured: its kind, and that kind's own settings."""

    organization: str
    organization_name: str
    kind: str
    settings: dict[str, Any]


def put_organization(connection: Connection, fiscal_code: str, name: str) -> bool:
    """Register an organization, or rename it; whether it is new."""
    return _put(connection, tables.organization, fiscal_code=fiscal_code, name=name)


def put_broker(connection: Connection, fiscal_code: str) -> bool:
    """Register a broker (intermediario); whether it is new."""
    return _put(connection, tables.broker, fiscal_code=fiscal_code)


def put_station(connection: Connection, station: str, broker: str) -> bool:
    """Register a station of a broker that is registered; whether it is new."""
    return _put(connection, tables.station, id=station, broker=broker)


def put_serving(
    connection: Connection,
    organization: str,
    station: str,
    segregation_code: str | None = None,
    *,
    broadcast: bool = False,
) -> bool:
    """Let a station serve an organization, with the segregation code of the numbers it issues.

    Whether it did not before.  The serials of a code that is no longer anyone's stay as they are.
    """
    return _put(
        connection,
        tables.organization_station,
        organization=organization,
        station=station,
        segregation_code=segregation_code,
        broadcast=broadcast,
    )


def put_service(
    connection: Connection,
    organization: str,
    service_id: str,
    subject_id: str,
    kind: str,
    settings: dict[str, Any],
) -> bool:
    """Offer a spontaneous-payment service, or change how it is offered; whether it is new."""
    return _put(
        connection,
        tables.service,
        organization=organization,
        service_id=service_id,
        subject_id=subject_id,
        kind=kind,
        settings=settings,
    )


def withdraw(connection: Connection, organization: str, station: str) -> bool:
    """Let a station serve an organization no longer; False where it did not."""
    served = tables.organization_station
    return _removed(
        connection, served, served.c.organization == organization, served.c.station == station
    )


def withdraw_service(
    connection: Connection, organization: str, service_id: str, subject_id: str
) -> bool:
    """Offer a service no longer; False where it was not offered."""
    offered = tables.service
    return _removed(
        connection,
        offered,
        offered.c.organization == organization,
        offered.c.service_id == service_id,
        offered.c.subject_id == subject_id,
    )


def _put(connection: Connection, table: Table, **row: Any) -> bool:
    if inserted(connection, table, row):
        return True
    changed = [name for name in row if name not in table.primary_key.columns]
    if changed:
        connection.execute(upsert(connection, table, changed), row)
    return False


def _removed(connection: Connection, table: Table, *which: ColumnElement[bool]) -> bool:
    return connection.execute(delete(table).where(*which)).rowcount == 1


def service(
    connection: Connection, organization: str, service_id: str, subject_id: str
) -> Service | None:
    """The service of these identifiers, or None where the organization offers none such."""
    offered, owner = tables.service, tables.organization
    row = connection.execute(
        select(owner.c.fiscal_code, owner.c.name, offered.c.kind, offered.c.settings)
        .join_from(offered, owner, offered.c.organization == owner.c.fiscal_code)
        .where(
            offered.c.organization == organization,
            offered.c.service_id == service_id,
            offered.c.subject_id == subject_id,
        )
    ).first()
    return None if row is None else Service(*row)
