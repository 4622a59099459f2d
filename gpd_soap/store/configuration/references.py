"""Registered rows and the rows that refer to them: a row is removed once none refers to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, delete, select

from gpd_soap.store import tables

#: A word for the rows that refer, and their column that does.
Reference = tuple[str, Column[Any]]


class Kind(NamedTuple):
    """A kind of registered row: its key, and the columns of other tables that refer to it."""

    key: Column[Any]
    references: tuple[Reference, ...]


ORGANIZATION = Kind(
    tables.organization.c.fiscal_code,
    (
        ("positions", tables.position.c.organization),
        ("receipts", tables.receipt.c.organization),
        ("receipts", tables.quarantine.c.organization),
        ("documents", tables.document.c.organization),
        ("documents", tables.document_batch.c.organization),
        ("loads", tables.load.c.organization),
        ("subscriptions", tables.subscription.c.organization),
        ("numbers", tables.iuv_serial.c.organization),
        ("numbers", tables.retired_number.c.organization),
        ("stations", tables.organization_station.c.organization),
        ("services", tables.service.c.organization),
    ),
)
BROKER = Kind(tables.broker.c.fiscal_code, (("stations", tables.station.c.broker),))
STATION = Kind(tables.station.c.id, (("organizations", tables.organization_station.c.station),))


def lock_row(connection: Connection, kind: Kind, name: str, *, alone: bool = False) -> bool:
    """Lock a row until the commit; return whether it exists.

    A transaction that inserts a reference to the row holds the shared lock.  One that looks for
    references holds the exclusive lock (`alone`).
    """
    statement = select(kind.key).where(kind.key == name)
    lock = statement.with_for_update(read=not alone, key_share=not alone)
    return connection.execute(lock).first() is not None


def dependents(connection: Connection, kind: Kind, name: str) -> list[str]:
    """Return the words for the rows that refer to this one, each once."""
    words = [
        word
        for word, column in kind.references
        if connection.execute(select(column).where(column == name).limit(1)).first()
    ]
    return list(dict.fromkeys(words))


def remove(connection: Connection, kind: Kind, name: str) -> None:
    """Delete a row to which no other refers."""
    connection.execute(delete(kind.key.table).where(kind.key == name))
