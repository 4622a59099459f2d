"""A page of an organization's positions, and how many there are in all."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select

from gpd_soap.core.state import PositionState
from gpd_soap.store import admin_positions, schema
from gpd_soap.store.admin_positions import Stored
from gpd_soap.store.questions import POSITION
from gpd_soap.store.state import position_state

Window = tuple[datetime, datetime]

#: A position has a payment date once it is paid in full, as in GPD.
PAID_IN_FULL = [str(PositionState.PAID), str(PositionState.REPORTED)]


class Wanted(NamedTuple):
    """Which positions, in which order, which page of them; windows include both their ends.

    `order` is inserted, iupd, status or company.
    """

    due: Window | None
    paid: Window | None
    state: str | None
    order: str
    descending: bool
    limit: int
    page: int


def page(
    connection: Connection, organization: str, wanted: Wanted, now: datetime
) -> tuple[list[Stored], int]:
    """The positions of one page, and the number of positions on all pages."""
    chosen = _chosen(select(POSITION.iupd), organization, wanted, now)
    total = connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
    column = _order(wanted.order, now)
    ordered = chosen.order_by(column.desc() if wanted.descending else column.asc(), POSITION.iupd)
    asked = ordered.limit(wanted.limit).offset(wanted.limit * wanted.page)
    iupds = list(connection.execute(asked).scalars())
    found = admin_positions.read_all(connection, organization, iupds)
    return [found[iupd] for iupd in iupds if iupd in found], total


def _chosen(asked: Select[Any], organization: str, wanted: Wanted, now: datetime) -> Select[Any]:
    asked = asked.where(POSITION.organization == organization)
    state = position_state(now)
    if wanted.state is not None:
        asked = asked.where(state == wanted.state)
    option = schema.payment_option.alias()
    ours = and_(option.c.organization == POSITION.organization, option.c.iupd == POSITION.iupd)
    if wanted.due is not None:
        due = exists().where(ours, option.c.due_at.between(*wanted.due))
        asked = asked.where(due.correlate(schema.position))
    if wanted.paid is not None:
        last = select(func.max(func.coalesce(option.c.payment_date, option.c.paid_at)))
        when = last.where(ours).correlate(schema.position).scalar_subquery()
        asked = asked.where(state.in_(PAID_IN_FULL), when.between(*wanted.paid))
    return asked


def _order(name: str, now: datetime) -> ColumnElement[Any]:
    return {
        "inserted": POSITION.created_at,
        "iupd": POSITION.iupd,
        "company": POSITION.company_name,
        "status": position_state(now),
    }[name]
