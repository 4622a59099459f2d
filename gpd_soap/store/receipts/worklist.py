"""What waits for a person: receipts kept so that somebody must look, and quarantined messages.

A scope is an organization, or None for what names no organization of ours; every question has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    and_,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)

from gpd_soap.core.case_id import QUARANTINE, CaseKey
from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, RECEIPT
from gpd_soap.store.states import option_state

MESSAGE = tables.quarantine.c

#: All that is kept of a case.
Row = RowMapping

#: Whose: an organization's, or None for what is nobody's of ours.
Scope = str | None


class Resolution(NamedTuple):
    """What a person decided: when (UTC), who, and in words."""

    resolved_at: datetime
    resolved_by: str
    resolution: str


class Case(NamedTuple):
    """A receipt, or a quarantined message, of which nothing below `resolution` is known.

    `kind` is as what a receipt is kept, or `quarantine`; `reasons` are words with "; " between.
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
    drift: str | None
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
        """Which of its organization's cases this is."""
        return CaseKey(self.name, self.variant)


class CaseQuery(NamedTuple):
    """Which cases, and which page of them; `kind` None is every kind, `resolved` None is both."""

    kind: str | None
    resolved: bool | None
    nav: str | None
    iuv: str | None
    limit: int
    page: int


class NoticeNow(NamedTuple):
    """What has become of a notice that a receipt speaks of."""

    nav: str
    iuv: str
    iupd: str
    status: str
    receipt_id: str | None


def page(connection: Connection, scope: Scope, wanted: CaseQuery) -> tuple[list[Case], int]:
    """The cases of one page, those that came last first, and how many are on all pages."""
    chosen = union_all(*_parts(connection, scope, wanted)).subquery()
    total = connection.execute(select(func.count()).select_from(chosen)).scalar_one()
    asked = (
        select(chosen)
        .order_by(chosen.c.received_at.desc(), chosen.c.name, chosen.c.variant)
        .limit(wanted.limit)
        .offset(wanted.limit * wanted.page)
    )
    return [Case._make(row) for row in connection.execute(asked)], total


def read(connection: Connection, scope: Scope, key: CaseKey) -> Case | None:
    """One case, whatever has become of it."""
    columns = _message_columns() if key.variant is None else _receipt_columns()
    row = connection.execute(select(*columns).where(_is(scope, key)).limit(1)).first()
    return None if row is None else Case._make(row)


def raw(connection: Connection, scope: Scope, key: CaseKey) -> bytes | None:
    """The bytes of one case, exactly as they came."""
    table = _table(key)
    found: bytes | None = connection.execute(
        select(table.c.raw).where(_is(scope, key)).limit(1)
    ).scalar()
    return found


def lock(connection: Connection, scope: Scope, key: CaseKey) -> Row | None:
    """The whole row of one case, the caller's until its commit."""
    asked = select(_table(key)).where(_is(scope, key)).limit(1).with_for_update()
    return connection.execute(asked).mappings().first()


def resolve(connection: Connection, scope: Scope, key: CaseKey, resolution: Resolution) -> bool:
    """Note what a person decided; False where there is no such case, or it was resolved before."""
    table = _table(key)
    still_open = update(table).where(_is(scope, key), table.c.resolved_at.is_(None))
    if key.variant is not None:
        still_open = still_open.where(RECEIPT.kept.in_(NEEDS_A_PERSON))
    return connection.execute(still_open.values(resolution._asdict())).rowcount > 0


def notices(
    connection: Connection, organization: str, cases: Sequence[Case]
) -> list[NoticeNow | None]:
    """What the notices are now that these cases name, each by its number, or else by its IUV."""
    navs, iuvs = {case.nav for case in cases}, {case.iuv for case in cases}
    asked = select(OPTION.nav, OPTION.iuv, OPTION.iupd, option_state(), OPTION.receipt_id).where(
        OPTION.organization == organization, or_(OPTION.nav.in_(navs), OPTION.iuv.in_(iuvs))
    )
    found = [NoticeNow._make(row) for row in connection.execute(asked)]
    by_nav, by_iuv = {each.nav: each for each in found}, {each.iuv: each for each in found}
    return [by_nav.get(case.nav or "") or by_iuv.get(case.iuv or "") for case in cases]


def _parts(connection: Connection, scope: Scope, wanted: CaseQuery) -> Iterator[Select[Any]]:
    """The receipts, the messages or both, as far as any can be among the wanted cases."""
    # WHY: a message that breaks the contract has no number that could be relied on.
    with_messages = wanted.kind in (None, QUARANTINE) and not (wanted.nav or wanted.iuv)
    codes = _foreign(connection) if scope is None else [scope]
    if wanted.kind != QUARANTINE and codes:
        yield _receipts(RECEIPT.organization.in_(codes), wanted)
    elif not with_messages:
        yield _receipts(false(), wanted)
    if with_messages:
        yield _messages(scope, wanted)


def _receipts(owned: ColumnElement[bool], wanted: CaseQuery) -> Select[Any]:
    kinds = [kept for kept in NEEDS_A_PERSON if wanted.kind in (None, kept)]
    asked = select(*_receipt_columns()).where(owned, RECEIPT.kept.in_(kinds))
    for column, told in ((RECEIPT.nav, wanted.nav), (RECEIPT.iuv, wanted.iuv)):
        if told is not None:
            asked = asked.where(column == told)
    return _resolved(asked, RECEIPT.resolved_at, wanted)


def _messages(scope: Scope, wanted: CaseQuery) -> Select[Any]:
    asked = select(*_message_columns()).where(_of(scope, MESSAGE))
    return _resolved(asked, MESSAGE.resolved_at, wanted)


def _resolved(asked: Select[Any], when: Column[Any], wanted: CaseQuery) -> Select[Any]:
    if wanted.resolved is None:
        return asked
    return asked.where(when.is_not(None) if wanted.resolved else when.is_(None))


def _receipt_columns() -> list[ColumnElement[Any]]:
    named = {"name": "receipt_id", "kind": "kept"}
    return [RECEIPT[named.get(name, name)].label(name) for name in Case._fields]


def _message_columns() -> list[ColumnElement[Any]]:
    named = {
        "name": MESSAGE.digest,
        "kind": literal(QUARANTINE, Text()),
        "reasons": MESSAGE.reason,
    }
    return [named.get(name, MESSAGE.get(name, null())).label(name) for name in Case._fields]


def _table(key: CaseKey) -> Table:
    return tables.quarantine if key.variant is None else tables.receipt


def _is(scope: Scope, key: CaseKey) -> ColumnElement[bool]:
    if key.variant is None:
        return and_(_of(scope, MESSAGE), MESSAGE.digest == key.name)
    named = and_(RECEIPT.receipt_id == key.name, RECEIPT.variant == key.variant)
    return and_(_of(scope, RECEIPT), named)


def _of(scope: Scope, columns: Any) -> ColumnElement[bool]:
    if scope is not None:
        return columns.organization == scope  # type: ignore[no-any-return]  # a column of `Any`
    ours = select(tables.organization.c.fiscal_code)
    return columns.organization.not_in(ours)  # type: ignore[no-any-return]  # the same


def _foreign(connection: Connection) -> Sequence[str]:
    """The organizations of receipts that are not ours, each found by one step in an index.

    There is none unless somebody removed an organization by hand; and the table is large.
    """
    code, ours = RECEIPT.organization, select(tables.organization.c.fiscal_code)
    codes = select(func.min(code).label("code")).cte("codes", recursive=True)
    following = select(func.min(code)).where(code > codes.c.code).scalar_subquery()
    codes = codes.union_all(select(following).where(codes.c.code.is_not(None)))
    statement = select(codes.c.code).where(codes.c.code.is_not(None), codes.c.code.not_in(ours))
    return connection.execute(statement).scalars().all()
