"""Rows that others hang on: kept while something is hung on them, removed when nothing is."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, delete, select

from gpd_soap.store import tables

Named = tuple[str, Column[Any]]


class Kind(NamedTuple):
    """What is registered: its key, and the columns that name it, by what a person calls them."""

    key: Column[Any]
    hanging: tuple[Named, ...]


ORGANIZATION = Kind(
    tables.organization.c.fiscal_code,
    (
        ("positions", tables.position.c.organization),
        ("receipts", tables.receipt.c.organization),
        ("receipts", tables.quarantine.c.organization),
        ("numbers", tables.iuv_serial.c.organization),
        ("numbers", tables.retired_number.c.organization),
        ("stations", tables.organization_station.c.organization),
        ("services", tables.service.c.organization),
    ),
)
BROKER = Kind(tables.broker.c.fiscal_code, (("stations", tables.station.c.broker),))
STATION = Kind(tables.station.c.id, (("organizations", tables.organization_station.c.station),))


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
