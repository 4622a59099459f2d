"""The numbers of notices: which are in use, which were and may never be again, which come next."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from gpd_soap.core.notice import NoticeNumber
from gpd_soap.store import positions, registered, retired, schema
from gpd_soap.store.questions import OPTION, POSITION


class InUse(NamedTuple):
    """Names that an organization has given already, or has retired."""

    iupds: frozenset[str]
    navs: frozenset[str]
    iuvs: frozenset[str]


def issue(
    connection: Connection, organization: str, segregation: str, avoid: Collection[str]
) -> NoticeNumber:
    """Hand out a number that the organization never had, and that is none of these IUVs."""
    while True:
        number = positions.issue_number(connection, organization, segregation)
        if number.iuv not in avoid:
            return number


def segregation_code(connection: Connection, organization: str) -> str | None:
    """With which code numbers are issued: of several stations that of the first by name."""
    serving = schema.organization_station.c
    asked = (
        select(serving.segregation_code)
        .where(serving.organization == organization, serving.segregation_code.is_not(None))
        .order_by(serving.station)
    )
    return connection.execute(asked.limit(1)).scalar()


def is_registered(connection: Connection, organization: str) -> bool:
    """Whether an organization is one of ours, which it then stays until the commit."""
    return registered.hold(connection, registered.ORGANIZATION, organization)


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
    numbers: list[Any] = [*kept, *retired.among(connection, organization, navs, iuvs)]
    return InUse(
        frozenset(row.iupd for row in connection.execute(names)),
        frozenset(row.nav for row in numbers) & frozenset(navs),
        frozenset(row.iuv for row in numbers) & frozenset(iuvs),
    )
