"""Writes the configuration: organizations, brokers, stations and spontaneous-payment services."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, select

from gpd_soap.store import tables
from gpd_soap.store.database.upsert import insert_if_absent, upsert


class Keep(Enum):
    """The type of KEEP, which stands for a value that a change leaves as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


class Service(NamedTuple):
    """A spontaneous-payment service as configured: its kind, with the settings of that kind."""

    organization: str
    organization_name: str
    kind: str
    settings: dict[str, Any]


def put_organization(connection: Connection, fiscal_code: str, name: str) -> bool:
    """Register or rename an organization; return whether it is new."""
    return put_row(connection, tables.organization, fiscal_code=fiscal_code, name=name)


def put_broker(connection: Connection, fiscal_code: str) -> bool:
    """Register a broker (intermediario); return whether it is new."""
    return put_row(connection, tables.broker, fiscal_code=fiscal_code)


def put_station(connection: Connection, station: str, broker: str) -> bool:
    """Register a station of a registered broker; return whether it is new."""
    return put_row(connection, tables.station, id=station, broker=broker)


def put_serving(
    connection: Connection,
    organization: str,
    station: str,
    segregation_code: str | Keep | None = KEEP,
    *,
    broadcast: bool | Keep = KEEP,
) -> bool:
    """Let a station serve an organization; return whether it did not before.

    Notice numbers are issued with `segregation_code`; None removes it, KEEP leaves it as it is.
    The serials of a replaced code stay.
    """
    settings = {"segregation_code": segregation_code, "broadcast": broadcast}
    changed = {name: value for name, value in settings.items() if value is not KEEP}
    table = tables.organization_station
    return put_row(connection, table, organization=organization, station=station, **changed)


def put_service(
    connection: Connection,
    organization: str,
    service_id: str,
    subject_id: str,
    kind: str,
    settings: dict[str, Any],
) -> bool:
    """Offer or change a spontaneous-payment service; return whether it is new."""
    return put_row(
        connection,
        tables.service,
        organization=organization,
        service_id=service_id,
        subject_id=subject_id,
        kind=kind,
        settings=settings,
    )


def withdraw(connection: Connection, organization: str, station: str) -> bool:
    """Stop a station from serving an organization; return False if it did not serve it."""
    served = tables.organization_station
    return _removed(
        connection, served, served.c.organization == organization, served.c.station == station
    )


def withdraw_service(
    connection: Connection, organization: str, service_id: str, subject_id: str
) -> bool:
    """Remove a service; return False if it was not offered."""
    offered = tables.service
    return _removed(
        connection,
        offered,
        offered.c.organization == organization,
        offered.c.service_id == service_id,
        offered.c.subject_id == subject_id,
    )


def put_row(connection: Connection, table: Table, **row: Any) -> bool:
    """Insert a row, or change the named columns of the row with its key; return if it is new."""
    if insert_if_absent(connection, table, row):
        return True
    changed = [name for name in row if name not in table.primary_key.columns]
    if changed:
        connection.execute(upsert(connection, table, changed), row)
    return False


def _removed(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> bool:
    return connection.execute(delete(table).where(*conditions)).rowcount == 1


def service(
    connection: Connection, organization: str, service_id: str, subject_id: str
) -> Service | None:
    """Return a service, or None if the organization offers none with these identifiers."""
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
