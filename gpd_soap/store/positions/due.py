"""What falls due: payable notices by their due date."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, func, select

from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, amount_due
from gpd_soap.store.states import payable

#: LIMIT: notices that one answer looks at, payable or not, some 20 ms; it says if there are more.
MOST = 5_000


class Due(NamedTuple):
    """The payable notices that are due at one instant: how many, and their amounts in cents."""

    due_at: datetime
    notices: int
    amount: int


def due(
    connection: Connection, organization: str, now: datetime, until: datetime
) -> tuple[list[Due], datetime | None]:
    """Return what is payable now and due until then, and the due date at which looking stopped.

    It stops before the notice after the first MOST; None if it looked at all.

    Every way to pay a debt counts by itself.
    """
    # WHY: in a campaign that most have paid, the payable ones are few among many.
    is_payable = case((payable(organization, now), 1), else_=0).label("is_payable")
    dated = _due(organization, now, until, OPTION.due_at, amount_due().label("amount"), is_payable)
    looked_at = _with_position(dated, organization).limit(MOST).subquery("looked_at").c
    statement = (
        select(looked_at.due_at, func.count(), func.sum(looked_at.amount))
        .where(looked_at.is_payable == 1)
        .group_by(looked_at.due_at)
        .order_by(looked_at.due_at)
    )
    rows = [
        Due(due_at, count, int(amount)) for due_at, count, amount in connection.execute(statement)
    ]
    beyond = _due(organization, now, until, OPTION.due_at).offset(MOST).limit(1)
    stopped_at: datetime | None = connection.execute(beyond).scalar()
    return rows, stopped_at


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
    statement = _due(organization, now, until, *columns)
    return _with_position(statement, organization).where(payable(organization, now))


def _with_position(statement: Select[Any], organization: str) -> Select[Any]:
    of_position = and_(POSITION.organization == organization, POSITION.iupd == OPTION.iupd)
    return statement.join(tables.position, of_position)


def _due(organization: str, now: datetime, until: datetime, *columns: Any) -> Select[Any]:
    """Return the statement that selects the notices due until then, payable or not, in order."""
    return (
        select(*columns)
        .select_from(tables.payment_option)
        .where(OPTION.organization == organization, OPTION.due_at.between(now, until))
        .order_by(OPTION.due_at, OPTION.nav)
    )
