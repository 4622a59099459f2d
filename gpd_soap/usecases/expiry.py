"""Writes the events of notices that have expired, because no request tells of an expiry."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.positions import expiry
from gpd_soap.store.positions.expiry import AHEAD, BATCH, OVERLAP

CLOCK = Actor(ActorKind.CLOCK, "notice.expired")


def look(database: Database, organization: str, now: datetime) -> int:
    """Writes the event of each notice that has expired since the last look; returns how many.

    Any process may look, and any number of times.  The first look of an organization writes none:
    notices that expired long before have no event.
    """
    after, is_due = read_only(database, partial(_state, organization=organization, now=now))
    if after is None:
        in_transaction(database, lambda c: expiry.move_watermark(c, organization, now))
        return 0
    if after > now + AHEAD:
        in_transaction(database, lambda c: expiry.move_watermark(c, organization, now))
        return 0
    # WHY: most often there is nothing, and on SQLite a transaction that writes stops the others.
    if not is_due and now - after < OVERLAP / 2:
        return 0
    written = 0
    while True:
        batch = in_transaction(
            database,
            lambda c: expiry.write_expired(c, organization, after - OVERLAP, now, CLOCK),
        )
        written += batch
        if batch < BATCH:
            break
    in_transaction(database, lambda c: expiry.move_watermark(c, organization, now))
    return written


def _state(
    connection: Transaction, organization: str, now: datetime
) -> tuple[datetime | None, bool]:
    """Returns the instant of the last look, and whether there is a notice to write about."""
    after = expiry.watermark(connection, organization)
    if after is None:
        return None, False
    return after, expiry.has_expired(connection, organization, after - OVERLAP, now)
