"""What falls due: payable notices by their due date."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, select

from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, amount_due
from gpd_soap.store.states import payable

#: LIMIT: notices that are read for one answer, some 20 ms; the answer says if there are more.
MOST = 10_000


class Due(NamedTuple):
    """The payable notices that are due at one instant: how many, and their amounts in cents."""

    due_at: datetime
    notices: int
    amount: int


def due(
    connection: Connection, organization: str, now: datetime, until: datetime
) -> tuple[list[Due], bool]:
    """Return what is payable now and due until then, and whether only the first MOST were read.

    Every way to pay a debt counts by itself.
    """
    columns = OPTION.due_at.label("due_at"), amount_due().label("amount")
    first = _payable(organization, now, until, *columns).limit(MOST).subquery()
    statement = (
        select(first.c.due_at, func.count(), func.sum(first.c.amount))
        .group_by(first.c.due_at)
        .order_by(first.c.due_at)
    )
    rows = [
        Due(due_at, count, int(amount)) for due_at, count, amount in connection.execute(statement)
    ]
    return rows, sum(row.notices for row in rows) == MOST


def first_payable(
    connection: Connection, organization: str, now: datetime, until: datetime, code: str | None
) -> str | None:
    """Return the number of the first notice due that is payable now, or None.

    With a segregation code, it is one of the station that has this code.
    """
    statement = _payable(organization, now, until, OPTION.nav)
    if code is not None:
        statement = statement.where(OPTION.nav.startswith(f"3{code}", autoescape=True))
    nav: str | None = connection.execute(statement.limit(1)).scalar()
    return nav


def _payable(organization: str, now: datetime, until: datetime, *columns: Any) -> Select[Any]:
    """Return the statement that selects what is payable now and due until then, in that order."""
    return (
        select(*columns)
        .select_from(tables.payment_option)
        .join(
            tables.position,
            and_(POSITION.organization == organization, POSITION.iupd == OPTION.iupd),
        )
        .where(
            OPTION.organization == organization,
            OPTION.due_at.between(now, until),
            payable(organization, now),
        )
        .order_by(OPTION.due_at)
    )
