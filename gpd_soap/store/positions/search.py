"""A page of an organization's positions, and how many there are in all."""

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
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.rows import POSITION
from gpd_soap.store.states import in_state, paid_in_full

Window = tuple[datetime, datetime]
Rule = Callable[[Any], ColumnElement[bool]]


class PositionQuery(NamedTuple):
    """Which positions, in which order, which page of them; windows include both their ends.

    `order` is inserted, iupd, status or company.
    """

    due: Window | None
    paid: Window | None
    state: PositionState | None
    order: str
    descending: bool
    limit: int
    page: int


ORDERS: dict[str, Any] = {
    "inserted": POSITION.created_at,
    "iupd": POSITION.iupd,
    "company": POSITION.company_name,
    "status": POSITION.iupd,
}

#: LIMIT: positions from the first on that a list by status reaches: those of each state are looked
#: for among all, so that a later page costs more than the one before.
MOST_BY_STATUS = 10_000


def page(
    connection: Connection, organization: str, wanted: PositionQuery, now: datetime
) -> tuple[list[Stored], int]:
    """The positions of one page, and the number of positions on all pages."""
    chosen = _chosen(organization, wanted, now)
    several = wanted.order == "status" and wanted.state is None
    iupds = (
        _page_by_status(connection, chosen, wanted, now)
        if several
        else _page(connection, chosen, wanted)
    )
    found = admin_positions.read_all(connection, organization, iupds)
    return [found[iupd] for iupd in iupds if iupd in found], _count(connection, chosen)


def _page(connection: Connection, chosen: Select[Any], wanted: PositionQuery) -> list[str]:
    ordered = _ordered(chosen, wanted).limit(wanted.limit).offset(wanted.limit * wanted.page)
    return list(connection.execute(ordered).scalars())


def _page_by_status(
    connection: Connection, chosen: Select[Any], wanted: PositionQuery, now: datetime
) -> list[str]:
    """The positions of one state after those of another, so that nobody sorts by it."""
    skip, iupds = wanted.limit * wanted.page, list[str]()
    for state in sorted(PositionState, reverse=wanted.descending):
        part = _ordered(chosen.where(in_state(state, now)), wanted)
        # WHY: what is skipped is read too, because that says how much the part has of it.
        rows = connection.execute(part.limit(skip + wanted.limit - len(iupds))).scalars().all()
        iupds += rows[skip:]
        if len(iupds) == wanted.limit:
            break
        skip = max(0, skip - len(rows))
    return iupds


def _ordered(chosen: Select[Any], wanted: PositionQuery) -> Select[Any]:
    columns = ORDERS[wanted.order], POSITION.iupd
    # WHY: the second column goes the way of the first, as an index does.
    return chosen.order_by(*(c.desc() if wanted.descending else c.asc() for c in columns))


def _count(connection: Connection, chosen: Select[Any]) -> int:
    counted = select(func.count()).select_from(chosen.subquery())
    total: int = connection.execute(counted).scalar_one()
    return total


def _chosen(organization: str, wanted: PositionQuery, now: datetime) -> Select[Any]:
    asked = select(POSITION.iupd).where(POSITION.organization == organization)
    if wanted.state is not None:
        asked = asked.where(in_state(wanted.state, now))
    if wanted.due is not None:
        due = wanted.due
        asked = asked.where(_among(organization, [lambda option: option.due_at.between(*due)]))
    if wanted.paid is not None:
        first, last = wanted.paid
        # SPEC: gpd-reference.md 2.3: it has a payment date once it is paid in full: the last one.
        asked = asked.where(
            paid_in_full(),
            _among(organization, _paid_within(first, last)),
            not_(_some(lambda option: func.coalesce(option.payment_date, option.paid_at) > last)),
        )
    return asked


def _paid_within(first: datetime, last: datetime) -> list[Rule]:
    """When a notice was paid: by the receipt's word, or else when we heard of it."""
    return [
        lambda option: and_(option.paid_at.is_not(None), option.payment_date.between(first, last)),
        # WHY: two rules, because an index answers each, and no index their OR.
        lambda option: and_(option.payment_date.is_(None), option.paid_at.between(first, last)),
    ]


def _among(organization: str, rules: Sequence[Rule]) -> ColumnElement[bool]:
    """SQL condition: an option of the position follows one of these rules; indexes answer each."""
    # WHY: without a correlation the options are read once, by the rule's index.  SQLite would read
    # all of them again for each position, by the same index.
    option = tables.payment_option.alias()
    ours = select(option.c.iupd).where(option.c.organization == organization)
    return POSITION.iupd.in_(union_all(*(ours.where(rule(option.c)) for rule in rules)))


def _some(rule: Rule) -> ColumnElement[bool]:
    option = tables.payment_option.alias()
    ours = and_(option.c.organization == POSITION.organization, option.c.iupd == POSITION.iupd)
    return exists().where(ours, rule(option.c)).correlate(tables.position)
