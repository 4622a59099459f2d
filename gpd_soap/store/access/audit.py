"""The audit: who changed what, and who read a person's data; when, and how it ended; no content.

LIMIT: the row of a change over the API is written after the change, in another transaction.  A
process that dies between the two leaves none.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, TextClause, and_, insert, or_, select

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.tables.audit import CHANGES

AUDIT = tables.audit.c
ID_BITS = 63
#: The method of a row that records a reading.
READ = "GET"
#: The method of a row that records a command.
COMMAND = "COMMAND"


class ActorKind(StrEnum):
    """Who acted: a key of the API, a command of a user of the machine, or a person."""

    KEY = "key"
    COMMAND = "command"
    OPERATOR = "operator"


class Subject(NamedTuple):
    """What a request was about; None for what is not known.

    `resource` is what is no notice, position or receipt: a key, a station, a file.
    """

    nav: str | None = None
    iupd: str | None = None
    receipt_id: str | None = None
    resource: str | None = None


#: A request that is about nothing in particular, or about many things.
NOTHING = Subject()


class Change(NamedTuple):
    """One row: a change that somebody requested, or a reading of a person's data.

    `path` is the operation's, without values, or the name of the command.  `status` is the HTTP
    status, and 0 for a command.  `actor` names who acted where no key did.
    """

    organization: str
    requested_at: datetime
    key_id: str
    key_name: str
    method: str
    path: str
    status: int
    request_id: str
    actor_kind: str = ActorKind.KEY
    actor: str | None = None
    nav: str | None = None
    iupd: str | None = None
    receipt_id: str | None = None
    resource: str | None = None


#: The columns of a change, in the order of its fields; `at` has another name than its field.
COLUMNS: list[Any] = [AUDIT["at" if name == "requested_at" else name] for name in Change._fields]


class AuditFilter(NamedTuple):
    """Filters on rows; None filters nothing, and the time includes both its ends.

    `kind` is `change`, `read` or `all`.  `nav` also finds the rows about the notice's position and
    its receipts.  Over all organizations it finds the rows of those that had such a notice or
    receipt.
    """

    kind: str = "change"
    key_id: str | None = None
    actor: str | None = None
    nav: str | None = None
    iupd: str | None = None
    receipt_id: str | None = None
    first: datetime | None = None
    last: datetime | None = None


#: Fields that are compared with the column of the same name.
EQUAL = ("key_id", "actor", "iupd", "receipt_id")
#: The conditions of each kind.
KINDS: dict[str, tuple[ColumnElement[bool] | TextClause, ...]] = {
    "change": (CHANGES,),
    "read": (AUDIT.method == READ,),
    "all": (),
}
#: Every change.
NO_FILTER = AuditFilter()


def audit_row(change: Change) -> dict[str, Any]:
    """Return a change as a row of its table, with a new random id."""
    row = {column.name: value for column, value in zip(COLUMNS, change, strict=True)}
    return {**row, "actor_kind": str(change.actor_kind), "id": secrets.randbits(ID_BITS)}


def write_change(connection: Connection, *changes: Change) -> None:
    """Insert the rows of changes."""
    connection.execute(insert(tables.audit), [audit_row(each) for each in changes])


def page(
    connection: Connection,
    organization: str | None,
    request: PageRequest,
    filters: AuditFilter = NO_FILTER,
) -> tuple[list[Change], int]:
    """Return one page of rows, the newest first, and their number on all pages.

    With `organization` None the rows of every organization are listed.
    """
    conditions = _conditions(connection, organization, filters)
    statement = select(*COLUMNS).where(*conditions).order_by(AUDIT.at.desc(), AUDIT.id)
    rows, total = fetch_page(connection, statement, request)
    return [Change._make(row) for row in rows], total


class ChangeKey(NamedTuple):
    """Where a list goes on: after the row of this instant and this id."""

    requested_at: datetime
    id: int


def newest(
    connection: Connection,
    organization: str | None,
    filters: AuditFilter,
    limit: int,
    after: ChangeKey | None = None,
) -> tuple[list[Change], ChangeKey | None]:
    """Return rows of one or every organization, the newest first, and where the list goes on."""
    statement = select(AUDIT.id, *COLUMNS).where(*_conditions(connection, organization, filters))
    if after is not None:
        same = and_(AUDIT.at == after.requested_at, AUDIT.id > after.id)
        statement = statement.where(or_(AUDIT.at < after.requested_at, same))
    statement = statement.order_by(AUDIT.at.desc(), AUDIT.id).limit(limit + 1)
    rows = connection.execute(statement).all()
    changes = [Change._make(row[1:]) for row in rows[:limit]]
    if len(rows) <= limit:
        return changes, None
    return changes, ChangeKey(changes[-1].requested_at, rows[limit - 1][0])


def _conditions(
    connection: Connection, organization: str | None, filters: AuditFilter
) -> Iterator[ColumnElement[bool] | TextClause]:
    # WHY: the indexes on what a row is about begin with the organization.
    codes = [organization] if organization is not None else _registered(connection, filters)
    if filters.nav is not None:
        about = list(_about_notice(connection, codes, filters.nav))
        yield or_(AUDIT.nav == filters.nav, *(AUDIT[name] == value for _, name, value in about))
        codes = codes if organization is not None else sorted({code for code, _, _ in about})
    if codes or filters.nav is not None:
        yield AUDIT.organization.in_(codes)
    yield from KINDS[filters.kind]
    for name in EQUAL:
        value = getattr(filters, name)
        if value is not None:
            yield AUDIT[name] == value
    if filters.first is not None:
        yield AUDIT.at >= filters.first
    if filters.last is not None:
        yield AUDIT.at <= filters.last


def _registered(connection: Connection, filters: AuditFilter) -> list[str]:
    """Return the codes of all organizations if a filter on a subject needs them, else none."""
    if not (filters.nav or filters.iupd or filters.receipt_id):
        return []
    return list(connection.execute(select(tables.organization.c.fiscal_code)).scalars())


def _about_notice(
    connection: Connection, codes: list[str], nav: str
) -> Iterator[tuple[str, str, str]]:
    """Yield the organization, the column and the value of what belongs to a notice.

    That is its position, also a deleted one, and the receipts that name it.
    """
    for table, name in (
        (tables.payment_option, "iupd"),
        (tables.retired_number, "iupd"),
        (tables.receipt, "receipt_id"),
    ):
        statement = select(table.c.organization, table.c[name]).where(
            table.c.organization.in_(codes), table.c.nav == nav
        )
        for code, value in connection.execute(statement.distinct()):
            yield code, name, value
