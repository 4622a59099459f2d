"""Stored demands for a notice: a demand that is sent again gets the same notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from gpd_soap.core.actor import Actor, Origin
from gpd_soap.core.debt import Notice
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.payable import payable
from gpd_soap.core.position import NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.node.queries import select_notice
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions import numbers
from gpd_soap.store.rows import ROUTE_CHECK_WIDTH, notice_of

TABLE, DEMAND = tables.demand, tables.demand.c


class DemandRecord(NamedTuple):
    """A demand as it is stored: its organization, the digest of its content, its instant.

    `actor` is the station through which it came.  An answer given after `since` is given again.
    """

    actor: Actor
    organization: str
    digest: str
    now: datetime
    since: datetime


def is_offered(connection: Connection, organization: str, service_id: str) -> bool:
    """Returns whether an organization offers a service of this idServizio, for any subject."""
    service = tables.service.c
    statement = select(service.kind).where(
        service.organization == organization, service.service_id == service_id
    )
    return connection.execute(statement.limit(1)).first() is not None


def find_answer(connection: Connection, demand: DemandRecord) -> Notice | None:
    """Returns the notice that answered this demand, while it can still be paid, or None."""
    statement = select(DEMAND.nav, DEMAND.answered_at).where(
        DEMAND.organization == demand.organization, DEMAND.digest == demand.digest
    )
    row = connection.execute(statement).first()
    return None if row is None else _payable_answer(connection, demand, row.nav, row.answered_at)


def issue_once(
    connection: Connection,
    demand: DemandRecord,
    segregation_code: str,
    position_of: Callable[[NoticeNumber], NewPosition],
) -> tuple[Notice, bool]:
    """Returns the notice of a demand, and whether it was issued before; issues it if it was not.

    The demand stays locked until the caller commits.  The same demand, sent twice at one instant,
    waits here and then gets the same notice.
    """
    # WHY: an update that changes nothing locks the row and returns it, be it new or not.
    locking = upsert(connection, TABLE, ["nav"], nav=DEMAND.nav)
    locking = locking.returning(DEMAND.nav, DEMAND.answered_at)
    key = {"organization": demand.organization, "digest": demand.digest}
    nav, answered_at = connection.execute(locking, key).one()
    before = _payable_answer(connection, demand, nav, answered_at)
    if before is not None:
        return before, True
    [number] = numbers.issue(connection, demand.organization, segregation_code)
    positions.add(connection, [position_of(number)], demand.now, demand.actor, Origin.DEMAND)
    connection.execute(
        update(TABLE)
        .where(DEMAND.organization == demand.organization, DEMAND.digest == demand.digest)
        .values(nav=number.nav, answered_at=demand.now)
    )
    issued = _notice(connection, demand.organization, number.nav)
    assert issued is not None
    return issued, False


def _payable_answer(
    connection: Connection, demand: DemandRecord, nav: str | None, answered_at: datetime
) -> Notice | None:
    if nav is None or answered_at <= demand.since:
        return None
    notice = _notice(connection, demand.organization, nav)
    return notice if payable(notice, demand.now) is None else None


def _notice(connection: Connection, organization: str, nav: str) -> Notice | None:
    parameters = {"idpa": organization, "broker": "", "station": "", "nav": nav}
    rows = [tuple(row) for row in connection.execute(select_notice(), parameters)]
    return notice_of(rows, ROUTE_CHECK_WIDTH)
