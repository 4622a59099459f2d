"""Reads the history of a position: its events, the oldest first."""

from __future__ import annotations

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.events import read as events
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.usecases import refusals


def history(
    database: Database, organization: str, iupd: str, request: PageRequest
) -> tuple[list[StoredEvent], int]:
    """Returns a page of the events of a position, the oldest first, and their number on all pages.

    The events of a deleted position are there too.  Raises PositionNotFound if there is neither a
    position nor an event.
    """

    def work(connection: Transaction) -> tuple[list[StoredEvent], int]:
        page, total = events.history(connection, organization, iupd, request)
        if not total and not events.has_position(connection, organization, iupd):
            raise refusals.PositionNotFound
        return page, total

    return read_only(database, work)
