"""Gives the events of invented data the instants of an invented past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, update

from gpd_soap.store import tables

EVENT = tables.event.c


class Span(NamedTuple):
    """The events that a process wrote after one id and before another, and their instant."""

    after: str
    before: str
    instant: datetime


def date(connection: Connection, organization: str, spans: Iterable[Span]) -> None:
    """Gives the events of an organization the instants of their spans.

    LIMIT: for a database of samples that nobody reads yet; real events have the database's instant.
    """
    for span in spans:
        statement = update(tables.event).where(
            EVENT.organization == organization, EVENT.id > span.after, EVENT.id < span.before
        )
        connection.execute(statement.values(at=span.instant))
