"""Reads the events about one notice: its own, and those of its whole position."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from gpd_soap.store.events.numbering import newest_first
from gpd_soap.store.events.read import COLUMNS, EVENT, StoredEvent


def of_notice(
    connection: Connection, organization: str, iupd: str, nav: str, limit: int
) -> list[StoredEvent]:
    """Returns the newest `limit` events of a notice and its position, the oldest of them first."""
    statement = (
        select(*COLUMNS)
        .where(EVENT.organization == organization, EVENT.subject == iupd)
        .where(or_(EVENT.nav.is_(None), EVENT.nav == nav))
        .order_by(*newest_first(connection))
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    return [StoredEvent._make(row) for row in reversed(rows)]
