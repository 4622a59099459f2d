"""The audit: which key changed what over the API, when, and how it ended; no content of a request.

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
    """One change that a key requested; `path` is the operation's, without values."""

    organization: str
    requested_at: datetime
    key_id: str
    key_name: str
    method: str
    path: str
    status: int
    request_id: str


#: The columns of a change, in the order of its fields; `at` has another name than its field.
COLUMNS: list[Any] = [AUDIT["at" if name == "requested_at" else name] for name in Change._fields]


def write_change(connection: Connection, change: Change) -> None:
    """Insert the row of a change."""
    row = {column.name: value for column, value in zip(COLUMNS, change, strict=True)}
    connection.execute(insert(tables.audit), {**row, "id": secrets.randbits(ID_BITS)})


def page(
    connection: Connection, organization: str | None, request: PageRequest
) -> tuple[list[Change], int]:
    """Return one page of changes, the newest first, and their number on all pages.

    With `organization` None the changes of every organization are listed.
    """
    statement = select(*COLUMNS).order_by(AUDIT.at.desc(), AUDIT.id)
    if organization is not None:
        statement = statement.where(AUDIT.organization == organization)
    rows, total = fetch_page(connection, statement, request)
    return [Change._make(row) for row in rows], total
