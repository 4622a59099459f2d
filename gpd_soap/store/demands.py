"""Demands for a notice, remembered so that one that is sent again gets the same notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from gpd_soap.core.debt import Notice
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.payable import payable
from gpd_soap.core.position import NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.node.queries import notice_question
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.positions import numbers
from gpd_soap.store.rows import STANDING, notice_of

TABLE, KEPT = tables.demand, tables.demand.c


class Asked(NamedTuple):
    """A demand as it is remembered: whose, its content's name, when it came.

    An answer that was given after `since` is given again.
    """

    organization: str
    digest: str
    now: datetime
    since: datetime


def is_offered(connection: Connection, organization: str, service_id: str) -> bool:
    """Whether an organization offers a service under this idServizio, for whatever subject."""
    offered = tables.service.c
    asked = select(offered.kind).where(
        offered.organization == organization, offered.service_id == service_id
    )
    return connection.execute(asked.limit(1)).first() is not None


def answered(connection: Connection, asked: Asked) -> Notice | None:
    """The notice that this demand was answered with, while it can still be paid."""
    found = select(KEPT.nav, KEPT.answered_at).where(
        KEPT.organization == asked.organization, KEPT.digest == asked.digest
    )
    row = connection.execute(found).first()
    return None if row is None else _again(connection, asked, row.nav, row.answered_at)


def issue_once(
    connection: Connection,
    asked: Asked,
    segregation_code: str,
    position_of: Callable[[NoticeNumber], NewPosition],
) -> tuple[Notice, bool]:
    """Make a position for a demand, unless it was answered by now: the notice, and whether it was.

    The demand stays locked until the caller commits: the same one, sent twice at one instant, waits
    here and then finds the notice.
    """
    # WHY: an update that changes nothing locks the row and shows it, be it new or not.
    claimed = upsert(connection, TABLE, ["nav"], nav=KEPT.nav).returning(KEPT.nav, KEPT.answered_at)
    key = {"organization": asked.organization, "digest": asked.digest}
    nav, answered_at = connection.execute(claimed, key).one()
    before = _again(connection, asked, nav, answered_at)
    if before is not None:
        return before, True
    [number] = numbers.issue(connection, asked.organization, segregation_code)
    positions.add(connection, [position_of(number)], asked.now)
    connection.execute(
        update(TABLE)
        .where(KEPT.organization == asked.organization, KEPT.digest == asked.digest)
        .values(nav=number.nav, answered_at=asked.now)
    )
    made = _notice(connection, asked.organization, number.nav)
    assert made is not None
    return made, False


def _again(
    connection: Connection, asked: Asked, nav: str | None, answered_at: datetime
) -> Notice | None:
    if nav is None or answered_at <= asked.since:
        return None
    notice = _notice(connection, asked.organization, nav)
    return notice if payable(notice, asked.now) is None else None


def _notice(connection: Connection, organization: str, nav: str) -> Notice | None:
    asked = {"idpa": organization, "broker": "", "station": "", "nav": nav}
    rows = [tuple(row) for row in connection.execute(notice_question(), asked)]
    return notice_of(rows, STANDING)
