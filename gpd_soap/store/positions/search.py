"""Searches the positions of an organization, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    not_,
    select,
    union_all,
)

from gpd_soap.core.state import PositionState
from gpd_soap.store import tables
from gpd_soap.store.positions.read import Stored, read_all
from gpd_soap.store.rows import POSITION
from gpd_soap.store.states import in_state, paid_in_full

Window = tuple[datetime, datetime]
Rule = Callable[[Any], ColumnElement[bool]]


class PositionQuery(NamedTuple):
    """Filters on positions, their order and the page; both ends of a window are included.

    `order` is `inserted`, `iupd`, `status` or `company`.  With segregation codes, only positions
    all of whose notices have one of them are listed.
    """

    due: Window | None
    paid: Window | None
    state: PositionState | None
    order: str
    descending: bool
    limit: int
    page: int
    segregation: tuple[str, ...] = ()


ORDERS: dict[str, Any] = {
    "inserted": POSITION.created_at,
    "iupd": POSITION.iupd,
    "company": POSITION.company_name,
    "status": POSITION.iupd,
}

#: LIMIT: a list by status reaches the first 10,000 positions, because each state is searched among
#: all positions and a later page costs more than the one before.
MOST_BY_STATUS = 10_000


def page(
    connection: Connection, organization: str, query: PositionQuery, now: datetime
) -> tuple[list[Stored], int]:
    """Return one page of positions, and their number on all pages."""
    matching = select_matching(organization, query, now)
    all_states = query.order == "status" and query.state is None
    iupds = (
        _page_by_status(connection, organization, matching, query, now)
        if all_states
        else _page(connection, matching, query)
    )
    positions = read_all(connection, organization, iupds)
    return [positions[iupd] for iupd in iupds if iupd in positions], _count(connection, matching)


def _page(connection: Connection, matching: Select[Any], query: PositionQuery) -> list[str]:
    ordered = _ordered(matching, query).limit(query.limit).offset(query.limit * query.page)
    return list(connection.execute(ordered).scalars())


def _page_by_status(
    connection: Connection,
    organization: str,
    matching: Select[Any],
    query: PositionQuery,
    now: datetime,
) -> list[str]:
    """Return the page by one query for each state, so that the database need not sort by state."""
    skip, iupds = query.limit * query.page, list[str]()
    for state in sorted(PositionState, reverse=query.descending):
        part = _ordered(matching.where(in_state(organization, state, now)), query)
        # WHY: the skipped rows are read too, because their number is needed for the next state.
        rows = connection.execute(part.limit(skip + query.limit - len(iupds))).scalars().all()
        iupds += rows[skip:]
        if len(iupds) == query.limit:
            break
        skip = max(0, skip - len(rows))
    return iupds


def _ordered(matching: Select[Any], query: PositionQuery) -> Select[Any]:
    columns = ORDERS[query.order], POSITION.iupd
    # WHY: an index can be used only if both columns have the same direction.
    return matching.order_by(*(c.desc() if query.descending else c.asc() for c in columns))


def _count(connection: Connection, matching: Select[Any]) -> int:
    statement = select(func.count()).select_from(matching.subquery())
    total: int = connection.execute(statement).scalar_one()
    return total


def select_matching(organization: str, query: PositionQuery, now: datetime) -> Select[Any]:
    """Return the statement that selects the IUPD of each position of a list."""
    statement = select(POSITION.iupd).where(POSITION.organization == organization)
    if query.state is not None:
        statement = statement.where(in_state(organization, query.state, now))
    if query.segregation:
        codes = query.segregation
        statement = statement.where(
            not_(_some(organization, lambda option: func.substr(option.iuv, 1, 2).not_in(codes)))
        )
    if query.due is not None:
        due = query.due
        rules: list[Rule] = [lambda option: option.due_at.between(*due)]
        statement = statement.where(_has_any(organization, rules))
    if query.paid is not None:
        first, last = query.paid
        # SPEC: GPD: a position that is paid in full has the last payment date of its options.
        statement = statement.where(
            paid_in_full(organization),
            _has_any(organization, _paid_within(first, last)),
            not_(
                _some(
                    organization,
                    lambda option: func.coalesce(option.payment_date, option.paid_at) > last,
                )
            ),
        )
    return statement


def _paid_within(first: datetime, last: datetime) -> list[Rule]:
    """Return rules for the payment date: that of the receipt, or else the time of its arrival."""
    return [
        lambda option: and_(option.paid_at.is_not(None), option.payment_date.between(first, last)),
        # WHY: an index serves each of the two rules, and none serves their OR.
        lambda option: and_(option.payment_date.is_(None), option.paid_at.between(first, last)),
    ]


def _has_any(organization: str, rules: Sequence[Rule]) -> ColumnElement[bool]:
    """SQL condition: an option of the position follows one of these rules, each with an index."""
    # WHY: an uncorrelated subquery reads the options once, by the index of the rule.  With a
    # correlated one SQLite would read all of them again for each position.
    option = tables.payment_option.alias()
    ours = select(option.c.iupd).where(option.c.organization == organization)
    return POSITION.iupd.in_(union_all(*(ours.where(rule(option.c)) for rule in rules)))


def _some(organization: str, rule: Rule) -> ColumnElement[bool]:
    """SQL condition: an option of the position follows this rule."""
    option = tables.payment_option.alias()
    ours = and_(option.c.organization == organization, option.c.iupd == POSITION.iupd)
    return exists().where(ours, rule(option.c)).correlate(tables.position)
