"""Numbers of deleted notices, which are never used again (Notice numbers, rule 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.errors import AlreadyStored

RETIRED = tables.retired_number.c


def reject_retired(connection: Connection, positions: Sequence[NewPosition]) -> None:
    """Raise AlreadyKept if one of these positions has a retired number.

    The caller has inserted their options, because the INSERT waits for a concurrent deletion of the
    same number.
    """
    for organization in {position.organization for position in positions}:
        options = [o for p in positions if p.organization == organization for o in p.options]
        navs, iuvs = [option.nav for option in options], [option.iuv for option in options]
        if find_retired(connection, organization, navs, iuvs):
            raise AlreadyStored("a notice of this number was deleted")


def retire(
    connection: Connection,
    organization: str,
    iupd: str,
    options: Iterable[NewOption],
    now: datetime,
) -> None:
    """Retire the numbers of these notices."""
    rows = [
        {
            "organization": organization,
            "iupd": iupd,
            "nav": option.nav,
            "iuv": option.iuv,
            "retired_at": now,
        }
        for option in options
    ]
    if rows:
        connection.execute(insert(tables.retired_number), rows)


def find_retired(
    connection: Connection, organization: str, navs: Collection[str], iuvs: Collection[str]
) -> list[Any]:
    """Return the retired ones among these numbers, as rows of `nav` and `iuv`."""
    statement = select(RETIRED.nav, RETIRED.iuv).where(
        RETIRED.organization == organization, or_(RETIRED.nav.in_(navs), RETIRED.iuv.in_(iuvs))
    )
    return list(connection.execute(statement))
