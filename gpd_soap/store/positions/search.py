"""A page of an organization's positions, and how many there are in all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, not_, or_, select

from gpd_soap.core.state import PositionState
from gpd_soap.store import tables as schema
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.rows import POSITION
from gpd_soap.store.states import in_state, paid_in_full

Window = tuple[datetime, datetime]


class Wanted(NamedTuple):
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


def page(
    connection: Connection, organization: str, wanted: Wanted, now: datetime
) -> tuple[list[Stored], int]:
    """The positions of one page, and the number of positions on all pages."""
    chosen = _chosen(organization, wanted, now)
    parts = _by_state(chosen, wanted, now) if wanted.order == "status" else [chosen]
    iupds = _page(connection, parts, wanted)
    found = admin_positions.read_all(connection, organization, iupds)
    return [found[iupd] for iupd in iupds if iupd in found], _count(connection, chosen)


def _by_state(chosen: Select[Any], wanted: Wanted, now: datetime) -> list[Select[Any]]:
    """The positions of one state after those of another, so that nobody sorts by it."""
    states = sorted(PositionState, reverse=wanted.descending)
    return [chosen.where(in_state(state, now)) for state in states]


def _page(connection: Connection, parts: list[Select[Any]], wanted: Wanted) -> list[str]:
    """A page of what these parts are, one behind the other."""
    skip, found = wanted.limit * wanted.page, list[str]()
    columns = ORDERS[wanted.order], POSITION.iupd
    # WHY: the second column goes the way of the first, as an index does.
    order = [column.desc() if wanted.descending else column.asc() for column in columns]
    for part in parts:
        asked = part.order_by(*order).limit(wanted.limit - len(found)).offset(skip)
        here = list(connection.execute(asked).scalars())
        found += here
        if len(found) == wanted.limit:
            break
        skip = 0 if here or not skip else max(0, skip - _count(connection, part))
    return found


def _count(connection: Connection, chosen: Select[Any]) -> int:
    counted = select(func.count()).select_from(chosen.subquery())
    total: int = connection.execute(counted).scalar_one()
    return total


def _chosen(organization: str, wanted: Wanted, now: datetime) -> Select[Any]:
    asked = select(POSITION.iupd).where(POSITION.organization == organization)
    if wanted.state is not None:
        asked = asked.where(in_state(wanted.state, now))
    if wanted.due is not None:
        due = wanted.due
        asked = asked.where(_some(lambda option: option.due_at.between(*due)))
    if wanted.paid is not None:
        first, last = wanted.paid
        # SPEC: gpd-reference.md 2.3: it has a payment date once it is paid in full: the last one.
        asked = asked.where(
            paid_in_full(),
            _some(lambda option: _paid_within(option, first, last)),
            not_(_some(lambda option: func.coalesce(option.payment_date, option.paid_at) > last)),
        )
    return asked


def _paid_within(option: Any, first: datetime, last: datetime) -> ColumnElement[bool]:
    """Whether a notice was paid then: by the receipt's word, or else when we heard of it."""
    told = option.payment_date.between(first, last)
    heard = and_(option.payment_date.is_(None), option.paid_at.between(first, last))
    return and_(option.paid_at.is_not(None), or_(told, heard))


def _some(rule: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    option = schema.payment_option.alias()
    ours = and_(option.c.organization == POSITION.organization, option.c.iupd == POSITION.iupd)
    return exists().where(ours, rule(option.c)).correlate(schema.position)
