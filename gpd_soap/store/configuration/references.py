"""Rows that others hang on: kept while something is hung on them, removed when nothing is."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, delete, select

from gpd_soap.store import tables as schema

Named = tuple[str, Column[Any]]


class Kind(NamedTuple):
    """What is registered: its key, and the columns that name it, by what a person calls them."""

    key: Column[Any]
    hanging: tuple[Named, ...]


ORGANIZATION = Kind(
    schema.organization.c.fiscal_code,
    (
        ("positions", schema.position.c.organization),
        ("receipts", schema.receipt.c.organization),
        ("receipts", schema.quarantine.c.organization),
        ("numbers", schema.iuv_serial.c.organization),
        ("numbers", schema.retired_number.c.organization),
        ("stations", schema.organization_station.c.organization),
        ("services", schema.service.c.organization),
    ),
)
BROKER = Kind(schema.broker.c.fiscal_code, (("stations", schema.station.c.broker),))
STATION = Kind(schema.station.c.id, (("organizations", schema.organization_station.c.station),))


def lock_row(connection: Connection, kind: Kind, name: str, *, alone: bool = False) -> bool:
    """Whether a row is there, and keep it so until the commit; with `alone` nobody else holds it.

    Something is hung on a row while it is held, and looked for while it is held alone.
    """
    asked = select(kind.key).where(kind.key == name)
    lock = asked.with_for_update(read=not alone, key_share=not alone)
    return connection.execute(lock).first() is not None


def dependents(connection: Connection, kind: Kind, name: str) -> list[str]:
    """What hangs on a row, by what a person calls it."""
    found = [
        called
        for called, column in kind.hanging
        if connection.execute(select(column).where(column == name).limit(1)).first()
    ]
    return list(dict.fromkeys(found))


def remove(connection: Connection, kind: Kind, name: str) -> None:
    """Remove a row on which nothing hangs."""
    connection.execute(delete(kind.key.table).where(kind.key == name))
