"""How long each organization keeps things, where it differs from the default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from gpd_soap.store import tables
from gpd_soap.store.receipts import worklist

TERM = tables.retention_term.c


class TermKind(StrEnum):
    """What has a term: rows that are removed, then positions and receipts, which lose persons."""

    JOURNAL = "journal"
    EVENTS = "events"
    AUDIT = "audit"
    QUARANTINE = "quarantine"
    POSITIONS = "positions"
    RECEIPTS = "receipts"


#: Months by organization and kind.
OwnTerms = Mapping[tuple[str, TermKind], int]


def organizations(connection: Connection) -> list[str]:
    """Returns every organization that is registered or has receipts, in order."""
    registered = connection.execute(select(tables.organization.c.fiscal_code)).scalars()
    return sorted({*registered, *worklist.unregistered(connection)})


def read(connection: Connection) -> OwnTerms:
    """Returns every term that an organization has set."""
    rows = connection.execute(select(TERM.organization, TERM.kind, TERM.months))
    return {(row.organization, TermKind(row.kind)): row.months for row in rows}


def put(connection: Connection, organization: str, kind: TermKind, months: int | None) -> None:
    """Sets a term of an organization; with None it has the default again."""
    of_kind = TERM.organization == organization, TERM.kind == str(kind)
    connection.execute(delete(tables.retention_term).where(*of_kind))
    if months is not None:
        row = {"organization": organization, "kind": str(kind), "months": months}
        connection.execute(insert(tables.retention_term), row)
