"""Pages of positions that begin after a position, so that a late page costs as much as the first.

LIMIT: the positions of all pages are counted up to 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from gpd_soap.store.positions.read import Stored, read_all
from gpd_soap.store.positions.search import ORDERS, PositionQuery, select_matching
from gpd_soap.store.rows import POSITION

MOST_COUNTED = 1000


class PositionKey(NamedTuple):
    """The place of a position in a list: the value that orders the list, and the IUPD."""

    value: datetime | str
    iupd: str


def page(
    connection: Connection,
    organization: str,
    query: PositionQuery,
    after: PositionKey | None,
    now: datetime,
) -> tuple[list[Stored], PositionKey | None, int]:
    """Return the positions after a place, the place after which the next page begins, and a count.

    The count is of all pages, and at most one more than `MOST_COUNTED`.  The number of the page in
    `query` does not matter, and its order is one of `search.ORDERS`.
    """
    selected = select_matching(organization, query, now)
    keys: list[PositionKey] = []
    for statement in _statements(selected, query, after):
        missing = query.limit + 1 - len(keys)
        if missing:
            rows = connection.execute(statement.limit(missing))
            keys += [PositionKey._make(row) for row in rows]
    listed = keys[: query.limit]
    positions = read_all(connection, organization, [key.iupd for key in listed])
    stored = [positions[key.iupd] for key in listed if key.iupd in positions]
    following = listed[-1] if len(keys) > query.limit else None
    counted = select(func.count()).select_from(selected.limit(MOST_COUNTED + 1).subquery())
    return stored, following, connection.execute(counted).scalar_one()


def _statements(
    selected: Select[Any], query: PositionQuery, after: PositionKey | None
) -> Iterator[Select[Any]]:
    """Yield the statements that read the list from a place on, one after another."""
    column, iupd = ORDERS[query.order], POSITION.iupd
    descending = query.descending
    ordered = selected.with_only_columns(column, iupd).order_by(
        *(each.desc() if descending else each.asc() for each in (column, iupd))
    )
    if after is None:
        yield ordered
        return
    # WHY: thousands of positions may have one instant or one name.  A condition for both columns
    # would read all of them for each page.
    same = ordered.where(iupd < after.iupd if descending else iupd > after.iupd)
    if column is iupd:
        yield same
        return
    yield same.where(column == after.value)
    yield ordered.where(column < after.value if descending else column > after.value)
