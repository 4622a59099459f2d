"""The worklist: receipts and quarantined messages that a person must look at.

Each function takes a scope: an organization, or None for the cases of no registered organization.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)

from gpd_soap.core.case_id import QUARANTINE, CaseKey, CaseOutcome
from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, RECEIPT
from gpd_soap.store.states import option_state

MESSAGE = tables.quarantine.c
#: The values of a case that nobody handles.
NOBODY = {"claimed_by": None, "claimed_at": None}

#: The whole row of a case.
Row = RowMapping

#: An organization, or None for the cases of no registered organization.
Scope = str | None


class Resolution(NamedTuple):
    """A person's decision on a case; `resolved_at` is in UTC, `resolution` is free text.

    `resolved_as` is the outcome, or None if the person names none.  `refunded_on` and `mandate` are
    of a refund.
    """

    resolved_at: datetime
    resolved_by: str
    resolution: str
    resolved_as: CaseOutcome | None = None
    refunded_on: date | None = None
    mandate: str | None = None


class Case(NamedTuple):
    """A receipt or a quarantined message; for a message, all fields from `drift` on are None.

    `kind` is the status of the receipt, or `quarantine`.  `reasons` are separated by "; ".
    `charset` is the one that the transport named for a quarantined message.  `drift` is the route
    mismatch of the receipt.  `issuer` is the organization that issued its notice.  `claimed_by` is
    who handles an open case, since `claimed_at`.  `opened_at`, `opened_by` and the note `opening`
    are of a case that a person opened.
    """

    organization: str
    name: str
    variant: int | None
    kind: str
    reasons: str
    primitive: str
    received_at: datetime
    last_received_at: datetime
    copies: int
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    resolved_as: str | None
    refunded_on: date | None
    mandate: str | None
    claimed_by: str | None
    claimed_at: datetime | None
    opened_at: datetime | None
    opened_by: str | None
    opening: str | None
    charset: str | None
    drift: str | None
    issuer: str | None
    nav: str | None
    iuv: str | None
    amount: int | None
    fee: int | None
    paid_at: datetime | None
    psp: str | None
    psp_name: str | None
    debtor_code: str | None

    @property
    def key(self) -> CaseKey:
        """The key of the case within its organization."""
        return CaseKey(self.name, self.variant)

    @property
    def since(self) -> datetime:
        """When it became a case: when a person opened it, or else when it was received."""
        return self.opened_at or self.received_at


class CaseQuery(NamedTuple):
    """Filters on cases, and the page; None filters nothing."""

    kind: str | None
    resolved: bool | None
    nav: str | None
    iuv: str | None
    limit: int
    page: int
    outcome: CaseOutcome | None = None


class NoticeNow(NamedTuple):
    """The present state of a notice that a receipt names."""

    nav: str
    iuv: str
    iupd: str
    status: str
    receipt_id: str | None


def page(connection: Connection, scope: Scope, query: CaseQuery) -> tuple[list[Case], int]:
    """Return one page of cases, the last received first, and their number on all pages."""
    matching = union_all(*parts(connection, scope, query)).subquery()
    total = connection.execute(select(func.count()).select_from(matching)).scalar_one()
    statement = (
        select(matching)
        .order_by(matching.c.received_at.desc(), matching.c.name, matching.c.variant)
        .limit(query.limit)
        .offset(query.limit * query.page)
    )
    return [Case._make(row) for row in connection.execute(statement)], total


def read(connection: Connection, scope: Scope, key: CaseKey) -> Case | None:
    """Return one case, open or resolved, or None."""
    columns = _message_columns() if key.variant is None else receipt_columns()
    row = connection.execute(select(*columns).where(condition_of(scope, key)).limit(1)).first()
    return None if row is None else Case._make(row)


def raw(connection: Connection, scope: Scope, key: CaseKey) -> bytes | None:
    """Return the message of one case exactly as it was received, or None."""
    statement = select(table_of(key).c.raw).where(condition_of(scope, key)).limit(1)
    message: bytes | None = connection.execute(statement).scalar()
    return message


def lock(connection: Connection, scope: Scope, key: CaseKey) -> Row | None:
    """Return the whole row of one case and lock it until the commit; None if there is none."""
    statement = select(table_of(key)).where(condition_of(scope, key)).limit(1).with_for_update()
    return connection.execute(statement).mappings().first()


def resolve(connection: Connection, scope: Scope, key: CaseKey, resolution: Resolution) -> bool:
    """Store a person's decision; return False if there is no open case of this key."""
    table = table_of(key)
    still_open = update(table).where(condition_of(scope, key), table.c.resolved_at.is_(None))
    if key.variant is not None:
        still_open = still_open.where(RECEIPT.kept.in_(NEEDS_A_PERSON))
    values = {**resolution._asdict(), **NOBODY}
    return connection.execute(still_open.values(values)).rowcount > 0


def notices(
    connection: Connection, organization: str, cases: Sequence[Case]
) -> list[NoticeNow | None]:
    """Return the notice of each case, found by its number or else by its IUV, or None.

    A copy of a receipt for another organization's notice has none, even if we have its number.
    """
    own = [case for case in cases if case.issuer == organization]
    navs, iuvs = {case.nav for case in own}, {case.iuv for case in own}
    state = option_state(organization)
    columns = OPTION.nav, OPTION.iuv, OPTION.iupd, state, OPTION.receipt_id
    statement = select(*columns).where(
        OPTION.organization == organization, or_(OPTION.nav.in_(navs), OPTION.iuv.in_(iuvs))
    )
    rows = [NoticeNow._make(row) for row in connection.execute(statement)]
    by_nav, by_iuv = {row.nav: row for row in rows}, {row.iuv: row for row in rows}
    return [
        (by_nav.get(case.nav or "") or by_iuv.get(case.iuv or ""))
        if case.issuer == organization
        else None
        for case in cases
    ]


def parts(connection: Connection, scope: Scope, query: CaseQuery) -> Iterator[Select[Any]]:
    """Yield the statements on receipts, on messages or on both that can have matching cases."""
    # WHY: the numbers in a message that breaks the schema are not reliable, and are not stored.
    with_messages = query.kind in (None, QUARANTINE) and not (query.nav or query.iuv)
    codes = unregistered(connection) if scope is None else ()
    if query.kind != QUARANTINE and (scope is not None or codes):
        of_scope = RECEIPT.organization.in_(codes) if scope is None else _of(scope, RECEIPT)
        yield _receipts(of_scope, query)
    elif not with_messages:
        yield _receipts(false(), query)
    if with_messages:
        yield _messages(scope, query)


def _receipts(in_scope: ColumnElement[bool], query: CaseQuery) -> Select[Any]:
    statuses = [status for status in NEEDS_A_PERSON if query.kind in (None, status)]
    statement = select(*receipt_columns()).where(in_scope, RECEIPT.kept.in_(statuses))
    for column, number in ((RECEIPT.nav, query.nav), (RECEIPT.iuv, query.iuv)):
        if number is not None:
            statement = statement.where(column == number)
    return _resolved(statement, RECEIPT, query)


def _messages(scope: Scope, query: CaseQuery) -> Select[Any]:
    statement = select(*_message_columns()).where(_of(scope, MESSAGE))
    return _resolved(statement, MESSAGE, query)


def _resolved(statement: Select[Any], columns: Any, query: CaseQuery) -> Select[Any]:
    if query.outcome is not None:
        statement = statement.where(columns.resolved_as == query.outcome)
    if query.resolved is None:
        return statement
    resolved_at = columns.resolved_at
    return statement.where(resolved_at.is_not(None) if query.resolved else resolved_at.is_(None))


def receipt_columns() -> list[ColumnElement[Any]]:
    """Return the columns of a receipt as a case, in the order of its fields."""
    named = {"name": "receipt_id", "kind": "kept"}
    return [RECEIPT.get(named.get(name, name), null()).label(name) for name in Case._fields]


def _message_columns() -> list[ColumnElement[Any]]:
    named = {
        "name": MESSAGE.digest,
        "kind": literal(QUARANTINE, Text()),
        "reasons": MESSAGE.reason,
    }
    return [
        named[name].label(name) if name in named else _of_message(name).label(name)
        for name in Case._fields
    ]


def _of_message(name: str) -> ColumnElement[Any]:
    """Returns the column of a message, or null in the type of the column that receipts have."""
    # WHY: in a list of messages alone, PostgreSQL takes a null without a type for text.
    return MESSAGE[name] if name in MESSAGE else cast(null(), RECEIPT[name].type)


def table_of(key: CaseKey) -> Table:
    """Return the table that holds a case."""
    return tables.quarantine if key.variant is None else tables.receipt


def condition_of(scope: Scope, key: CaseKey) -> ColumnElement[bool]:
    """SQL condition: the row is this case, in its scope."""
    if key.variant is None:
        return and_(_of(scope, MESSAGE), MESSAGE.digest == key.name)
    named = and_(RECEIPT.receipt_id == key.name, RECEIPT.variant == key.variant)
    return and_(_of(scope, RECEIPT), named)


def _of(scope: Scope, columns: Any) -> ColumnElement[bool]:
    if scope is not None:
        return columns.organization == scope  # type: ignore[no-any-return]  # a column of `Any`
    registered = select(tables.organization.c.fiscal_code)
    return columns.organization.not_in(registered)  # type: ignore[no-any-return]  # the same


def unregistered(connection: Connection) -> Sequence[str]:
    """Return the organizations of receipts that are not registered.

    There are none unless an organization was removed by hand.  The table is large, so that each
    organization is found by one step in an index.
    """
    code, registered = RECEIPT.organization, select(tables.organization.c.fiscal_code)
    codes = select(func.min(code).label("code")).cte("codes", recursive=True)
    following = select(func.min(code)).where(code > codes.c.code).scalar_subquery()
    codes = codes.union_all(select(following).where(codes.c.code.is_not(None)))
    statement = select(codes.c.code).where(
        codes.c.code.is_not(None), codes.c.code.not_in(registered)
    )
    return connection.execute(statement).scalars().all()
