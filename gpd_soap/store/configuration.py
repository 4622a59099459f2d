"""Which organizations, brokers and stations are ours, and which spontaneous services they offer."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from gpd_soap.store import schema


class Service(NamedTuple):
    """A spontaneous-payment service as configured: its kind, and that kind's own settings."""

    organization: str
    organization_name: str
    kind: str
    settings: dict[str, Any]


def upsert(connection: Connection, table: Table, changed: list[str], **to: Any) -> Any:
    """An INSERT that, where the key exists, sets `changed` to the new values, or to `to`."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    values = {name: to.get(name, statement.excluded[name]) for name in changed}
    keys = [column.name for column in table.primary_key]
    if not values:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


def put_organization(connection: Connection, fiscal_code: str, name: str) -> None:
    """Register an organization, or rename it."""
    row = {"fiscal_code": fiscal_code, "name": name}
    connection.execute(upsert(connection, schema.organization, ["name"]), row)


def put_broker(connection: Connection, fiscal_code: str) -> None:
    """Register a broker (intermediario)."""
    connection.execute(upsert(connection, schema.broker, []), {"fiscal_code": fiscal_code})


def put_station(connection: Connection, station: str, broker: str) -> None:
    """Register a station of a broker that is registered."""
    row = {"id": station, "broker": broker}
    connection.execute(upsert(connection, schema.station, ["broker"]), row)


def put_serving(
    connection: Connection,
    organization: str,
    station: str,
    segregation_code: str | None = None,
    *,
    broadcast: bool = False,
) -> None:
    """Let a station serve an organization, with the segregation code of the numbers it issues."""
    row = {
        "organization": organization,
        "station": station,
        "segregation_code": segregation_code,
        "broadcast": broadcast,
    }
    changed = ["segregation_code", "broadcast"]
    connection.execute(upsert(connection, schema.organization_station, changed), row)


def put_service(
    connection: Connection,
    organization: str,
    service_id: str,
    subject_id: str,
    kind: str,
    settings: dict[str, Any],
) -> None:
    """Offer a spontaneous-payment service, or change how it is offered."""
    row = {
        "organization": organization,
        "service_id": service_id,
        "subject_id": subject_id,
        "kind": kind,
        "settings": settings,
    }
    connection.execute(upsert(connection, schema.service, ["kind", "settings"]), row)


def service(
    connection: Connection, organization: str, service_id: str, subject_id: str
) -> Service | None:
    """The service of these identifiers, or None where the organization offers none such."""
    offered, owner = schema.service, schema.organization
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
