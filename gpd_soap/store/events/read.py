"""Reads events: the history of a position."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.events.numbering import in_order
from gpd_soap.store.rows import POSITION

EVENT = tables.event.c


class StoredEvent(NamedTuple):
    """An event as it is stored; `sequence` is None until it is numbered."""

    organization: str
    subject: str
    written_at: datetime
    id: str
    sequence: int | None
    type: str
    nav: str | None
    receipt_id: str | None
    revision: int | None
    actor_kind: str
    actor: str
    data: dict[str, Any]


#: The columns of an event in the order of its fields; `at` has another name than its field.
COLUMNS: list[Any] = [EVENT["at" if name == "written_at" else name] for name in StoredEvent._fields]


def history(
    connection: Connection, organization: str, subject: str, request: PageRequest
) -> tuple[list[StoredEvent], int]:
    """Returns a page of the events of a subject, the oldest first, and their number."""
    statement = (
        select(*COLUMNS)
        .where(EVENT.organization == organization, EVENT.subject == subject)
        .order_by(*in_order(connection))
    )
    rows, total = fetch_page(connection, statement, request)
    return [StoredEvent._make(row) for row in rows], total


def has_position(connection: Connection, organization: str, iupd: str) -> bool:
    """Returns whether there is a position of this IUPD."""
    statement = select(POSITION.iupd).where(
        POSITION.organization == organization, POSITION.iupd == iupd
    )
    return connection.execute(statement).first() is not None
