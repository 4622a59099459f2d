"""Numbers of deleted notices, which no other position uses again (Notice numbers, rule 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.positions.read import Stored

RETIRED = tables.retired_number.c


def reject_retired(
    connection: Connection, positions: Sequence[NewPosition], *, back_to: Stored | None = None
) -> None:
    """Raise AlreadyStored if one of these positions has a retired number.

    Numbers that the position `back_to` lost are not rejected.  The caller has inserted the options,
    because the INSERT waits for a concurrent deletion of the same number.
    """
    for organization in {position.organization for position in positions}:
        options = [o for p in positions if p.organization == organization for o in p.options]
        navs, iuvs = [option.nav for option in options], [option.iuv for option in options]
        rows = find_retired(connection, organization, navs, iuvs)
        if not all(back_to is not None and was_of(row, back_to) for row in rows):
            raise AlreadyStored("a notice of this number was deleted")


def was_of(row: Any, stored: Stored) -> bool:
    """Return whether a retired number is one that a position has lost since it was created."""
    # WHY: a position of the same IUPD before it counted its revisions from 1 too.
    owner = stored.position.iupd == row.iupd
    return owner and bool(row.retired_at > stored.created_at)


def retire(
    connection: Connection,
    organization: str,
    iupd: str,
    options: Iterable[NewOption],
    now: datetime,
) -> None:
    """Retire the numbers of these notices; one that was retired before stays so."""
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
        connection.execute(upsert(connection, tables.retired_number, []), rows)


def find_retired(
    connection: Connection, organization: str, navs: Collection[str], iuvs: Collection[str]
) -> list[Any]:
    """Return the retired ones among these numbers, as rows of their table."""
    statement = select(tables.retired_number).where(
        RETIRED.organization == organization, or_(RETIRED.nav.in_(navs), RETIRED.iuv.in_(iuvs))
    )
    return list(connection.execute(statement))
