"""Numbers of notices that were deleted: a payer may still hold one, so none ever comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.errors import AlreadyKept

RETIRED = tables.retired_number.c


def reject_retired(connection: Connection, kept: Sequence[NewPosition]) -> None:
    """Raise AlreadyKept where one of these positions has a number that was retired.

    To be asked after their options are inserted, which waits for whoever deletes the same number.
    """
    for organization in {position.organization for position in kept}:
        options = [o for p in kept if p.organization == organization for o in p.options]
        navs, iuvs = [option.nav for option in options], [option.iuv for option in options]
        if find_retired(connection, organization, navs, iuvs):
            raise AlreadyKept("a notice of this number was deleted")


def retire(
    connection: Connection,
    organization: str,
    iupd: str,
    options: Iterable[NewOption],
    now: datetime,
) -> None:
    """Note that these notices are no more, so that nothing is ever called like them again."""
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
    """Which of these numbers were retired: rows of nav and iuv."""
    asked = select(RETIRED.nav, RETIRED.iuv).where(
        RETIRED.organization == organization, or_(RETIRED.nav.in_(navs), RETIRED.iuv.in_(iuvs))
    )
    return list(connection.execute(asked))
