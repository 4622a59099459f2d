"""What falls due: payable notices by their due date."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, amount_due
from gpd_soap.store.states import payable

#: LIMIT: notices that are read for one answer, some 20 ms; the answer says if there are more.
MOST = 10_000


class Due(NamedTuple):
    """The payable notices that are due at one instant: how many, and their amounts in cents."""

    at: datetime
    notices: int
    amount: int


def due(
    connection: Connection, organization: str, now: datetime, until: datetime
) -> tuple[list[Due], bool]:
    """Return what is payable now and due until then, and whether only the first MOST were read.

    Every way to pay a debt counts by itself.
    """
    first = (
        select(OPTION.due_at.label("at"), amount_due().label("amount"))
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
        .limit(MOST)
        .subquery()
    )
    statement = (
        select(first.c.at, func.count(), func.sum(first.c.amount))
        .group_by(first.c.at)
        .order_by(first.c.at)
    )
    rows = [Due(at, count, int(amount)) for at, count, amount in connection.execute(statement)]
    return rows, sum(row.notices for row in rows) == MOST
