"""Lists notices by their due date, the latest first, each page from where the one before ended.

A page looks at a bounded number of notices.  Where few of them are in a state, it may be short or
empty, and says from where to go on.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Subquery, and_, or_, select

from gpd_soap.store import tables
from gpd_soap.store.positions.narrowing import Narrowing
from gpd_soap.store.positions.notices import ListedNotice, of_numbers
from gpd_soap.store.rows import OPTION, POSITION

#: LIMIT: 5,000 notices that one page looks at.  Those of one due date are sorted by their number,
#: so that a page among hundreds of thousands of the same day costs as much as that sorting.
MOST_LOOKED_AT = 5000


class DueKey(NamedTuple):
    """The key of a notice in the list."""

    due_at: datetime
    nav: str


class DuePage(NamedTuple):
    """A page; without `following` it is the last.  `is_full`: it has as many notices as it may."""

    notices: list[ListedNotice]
    following: DueKey | None
    is_full: bool


def page(
    connection: Connection,
    organization: str,
    narrowing: Narrowing,
    now: datetime,
    limit: int,
    after: DueKey | None = None,
) -> DuePage:
    """Return the notices after a key, narrowed, the latest due date first."""
    looked_at = _looked_at(organization, narrowing, after)
    option = looked_at.c
    statement = (
        select(option.nav, option.due_at)
        .select_from(looked_at)
        .join(
            tables.payment_option,
            and_(OPTION.organization == organization, OPTION.nav == option.nav),
        )
        .join(
            tables.position,
            and_(POSITION.organization == organization, POSITION.iupd == OPTION.iupd),
        )
        .where(*narrowing.of_states(organization, now))
        .order_by(option.due_at.desc(), option.nav.desc())
        .limit(limit + 1)
    )
    rows = [DueKey(row.due_at, row.nav) for row in connection.execute(statement)]
    notices = of_numbers(connection, organization, [row.nav for row in rows[:limit]])
    if len(rows) > limit:
        return DuePage(notices, rows[limit - 1], is_full=True)
    return DuePage(notices, _end(connection, looked_at), is_full=False)


def _looked_at(organization: str, narrowing: Narrowing, after: DueKey | None) -> Subquery:
    statement = (
        select(OPTION.nav, OPTION.due_at)
        .where(OPTION.organization == organization, *narrowing.of_due_dates())
        .order_by(OPTION.due_at.desc(), OPTION.nav.desc())
        .limit(MOST_LOOKED_AT)
    )
    if after is not None:
        same = and_(OPTION.due_at == after.due_at, OPTION.nav < after.nav)
        statement = statement.where(
            OPTION.due_at <= after.due_at, or_(OPTION.due_at < after.due_at, same)
        )
    return statement.subquery("looked_at")


def _end(connection: Connection, looked_at: Subquery) -> DueKey | None:
    """Returns the key of the last notice that was looked at; None if there are no more."""
    rows = connection.execute(
        select(looked_at.c.due_at, looked_at.c.nav).order_by(looked_at.c.due_at, looked_at.c.nav)
    ).all()
    return DueKey(rows[0].due_at, rows[0].nav) if len(rows) == MOST_LOOKED_AT else None
