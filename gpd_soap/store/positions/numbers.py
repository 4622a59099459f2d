"""The numbers of notices: which are in use, which were and may never be again, which come next."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from gpd_soap.core import notice
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.store import tables
from gpd_soap.store.configuration import references as registered
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.positions import retired_numbers as retired
from gpd_soap.store.rows import OPTION, POSITION


class InUse(NamedTuple):
    """Names that an organization has given already, or has retired."""

    iupds: frozenset[str]
    navs: frozenset[str]
    iuvs: frozenset[str]


def issue(
    connection: Connection,
    organization: str,
    segregation: str,
    count: int = 1,
    avoid: Collection[str] = (),
) -> list[NoticeNumber]:
    """Hand out notice numbers that this organization never had, none with these IUVs; aux digit 3.

    Serials only grow, and the row stays locked until the caller commits, so that two processes
    never hand out one number twice.  Numbers that came in by import are passed over.
    """
    issued: list[NoticeNumber] = []
    while missing := count - len(issued):
        block = _block(connection, organization, segregation, missing)
        navs, iuvs = [number.nav for number in block], [number.iuv for number in block]
        used = in_use(connection, organization, (), navs, iuvs)
        free = (number for number in block if number.nav not in used.navs)
        issued += [number for number in free if number.iuv not in used.iuvs.union(avoid)]
    return issued


def _block(
    connection: Connection, organization: str, segregation: str, size: int
) -> list[NoticeNumber]:
    serial = tables.iuv_serial.c
    advance = upsert(connection, tables.iuv_serial, ["last"], last=serial.last + size)
    row = {"organization": organization, "segregation_code": segregation, "last": size}
    last: int = connection.execute(advance.returning(serial.last), row).scalar_one()
    return [notice.issue(segregation, each) for each in range(last - size + 1, last + 1)]


def segregation_code(connection: Connection, organization: str) -> str | None:
    """With which code numbers are issued: of several stations that of the first by name."""
    serving = tables.organization_station.c
    asked = (
        select(serving.segregation_code)
        .where(serving.organization == organization, serving.segregation_code.is_not(None))
        .order_by(serving.station)
    )
    return connection.execute(asked.limit(1)).scalar()


def is_registered(connection: Connection, organization: str) -> bool:
    """Whether an organization is one of ours, which it then stays until the commit."""
    return registered.lock_row(connection, registered.ORGANIZATION, organization)


def in_use(
    connection: Connection,
    organization: str,
    iupds: Collection[str],
    navs: Collection[str],
    iuvs: Collection[str],
) -> InUse:
    """Which of these names an organization cannot give again."""
    kept = connection.execute(
        select(OPTION.nav, OPTION.iuv).where(
            OPTION.organization == organization, or_(OPTION.nav.in_(navs), OPTION.iuv.in_(iuvs))
        )
    ).all()
    names = select(POSITION.iupd).where(
        POSITION.organization == organization, POSITION.iupd.in_(iupds)
    )
    given = connection.execute(names).scalars() if iupds else ()
    numbers: list[Any] = [*kept, *retired.find_retired(connection, organization, navs, iuvs)]
    return InUse(
        frozenset(given),
        frozenset(row.nav for row in numbers) & frozenset(navs),
        frozenset(row.iuv for row in numbers) & frozenset(iuvs),
    )
