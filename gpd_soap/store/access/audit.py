"""Who changed what over the admin face, when, and how it ended; nothing of what was sent.

LIMIT: a row is written after the change and apart from it, so that a process that dies between the
two leaves none.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page

AUDIT = tables.audit.c
ID_BITS = 63


class Change(NamedTuple):
    """One change that somebody asked for; `path` is the operation's, without values."""

    organization: str
    at: datetime
    key_id: str
    key_name: str
    method: str
    path: str
    status: int
    request_id: str


def keep(connection: Connection, change: Change) -> None:
    """Write a change down."""
    row = {**change._asdict(), "id": secrets.randbits(ID_BITS)}
    connection.execute(insert(tables.audit), row)


def page(
    connection: Connection, organization: str | None, wanted: PageRequest
) -> tuple[list[Change], int]:
    """The changes of one page, of an organization or of all, the newest first; how many in all."""
    columns: list[Any] = [AUDIT[name] for name in Change._fields]
    asked = select(*columns).order_by(AUDIT.at.desc(), AUDIT.id)
    if organization is not None:
        asked = asked.where(AUDIT.organization == organization)
    rows, total = fetch_page(connection, asked, wanted)
    return [Change._make(row) for row in rows], total
