"""The figures of every organization that somebody works for, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gpd_soap.core import rome
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.receipts import overview
from gpd_soap.store.receipts.overview import Brief
from gpd_soap.usecases.figures.days import begin_of

#: LIMIT: organizations of a page.
ROWS = 25
#: How far back a call of the Node is looked for.
LOOK_BACK = timedelta(days=7)


def briefs(
    database: Database, codes: Sequence[str] | None, now: datetime, after: str = ""
) -> tuple[list[Brief], str | None]:
    """Returns the figures of organizations after a code, and the last code if there are more.

    `codes` are those that somebody works for; None is every one.
    """
    day = begin_of(rome.day_of(now)), now

    def work(connection: Transaction) -> tuple[list[Brief], str | None]:
        rows = overview.named(connection, codes, ROWS + 1, after)
        page = rows[:ROWS]
        following = page[-1].code if len(rows) > ROWS else None
        return overview.briefs(connection, page, day, now - LOOK_BACK), following

    return read_only(database, work)
