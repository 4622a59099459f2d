"""Notice numbers: the issue of new ones, and the search for those in use or retired."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from gpd_soap.core import notice
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.text import spellings
from gpd_soap.store import tables
from gpd_soap.store.configuration import references
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.positions import retired_numbers
from gpd_soap.store.rows import OPTION, POSITION


class InUse(NamedTuple):
    """Identifiers that an organization cannot use again: they are in use or retired."""

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
    """Return `count` new notice numbers of aux digit 3 (Notice numbers, rules 3 and 4).

    Numbers in use, retired numbers and the IUVs to `avoid` are skipped.  The serial's row stays
    locked until the caller commits, so that two processes never issue the same number.
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
    return [notice.issue(segregation, n) for n in range(last - size + 1, last + 1)]


def segregation_code(
    connection: Connection, organization: str, among: Collection[str] = ()
) -> str | None:
    """Return the segregation code for new numbers: that of the first station by name, or None.

    It is one of `among`, if there are any.
    """
    serving = tables.organization_station.c
    statement = (
        select(serving.segregation_code)
        .where(serving.organization == organization, serving.segregation_code.is_not(None))
        .order_by(serving.station)
    )
    if among:
        statement = statement.where(serving.segregation_code.in_(among))
    return connection.execute(statement.limit(1)).scalar()


def is_registered(connection: Connection, organization: str) -> bool:
    """Return whether an organization is registered, and lock its row until the commit."""
    return references.lock_row(connection, references.ORGANIZATION, organization)


def in_use(
    connection: Connection,
    organization: str,
    iupds: Collection[str],
    navs: Collection[str],
    iuvs: Collection[str],
) -> InUse:
    """Return which of these identifiers an organization cannot use again."""
    options = connection.execute(
        select(OPTION.nav, OPTION.iuv).where(
            OPTION.organization == organization, or_(OPTION.nav.in_(navs), OPTION.iuv.in_(iuvs))
        )
    ).all()
    spelled = {each: iupd for iupd in iupds for each in spellings(iupd)}
    positions = select(POSITION.iupd).where(
        POSITION.organization == organization, POSITION.iupd.in_(spelled)
    )
    used_iupds = set(connection.execute(positions).scalars()) if iupds else set()
    retired = retired_numbers.find_retired(connection, organization, navs, iuvs)
    numbers: list[Any] = [*options, *retired]
    return InUse(
        frozenset(spelled[each] for each in used_iupds),
        frozenset(row.nav for row in numbers) & frozenset(navs),
        frozenset(row.iuv for row in numbers) & frozenset(iuvs),
    )
