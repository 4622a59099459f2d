"""Gives the events of invented data the instants of an invented past."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from gpd_soap.store import tables

EVENT = tables.event.c


def date(connection: Connection, organization: str, after: str, instant: datetime) -> None:
    """Gives an instant to the events of an organization that this process wrote after an id.

    LIMIT: for a database of samples that nobody reads yet; real events have the database's instant.
    """
    statement = update(tables.event).where(EVENT.organization == organization, EVENT.id > after)
    connection.execute(statement.values(at=instant))
