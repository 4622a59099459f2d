"""Notices that a receipt without a notice may be for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, select

from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, alternative_paid, amount_due

#: LIMIT: notices of one debtor with the same amount; a person compares no more.
MOST = 20


class NoticeLike(NamedTuple):
    """A notice, with the facts of its state; `amount` is what is due, in cents."""

    nav: str
    iuv: str
    iupd: str
    description: str
    amount: int
    debtor_code: str
    debtor_full_name: str
    due_at: datetime
    switch_to_expired: bool
    valid_from: datetime | None
    published_at: datetime | None
    withdrawn_at: datetime | None
    paid_at: datetime | None
    reported_at: datetime | None
    alternative_paid: bool


def numbered(
    connection: Connection, organization: str, navs: Collection[str], iuvs: Collection[str]
) -> list[NoticeLike]:
    """Return the notices that have one of these numbers or of these IUVs."""
    by_nav = _read(connection, organization, OPTION.nav.in_(navs), limit=len(navs))
    by_iuv = _read(connection, organization, OPTION.iuv.in_(iuvs), limit=len(iuvs)) if iuvs else []
    return list({notice.nav: notice for notice in (*by_nav, *by_iuv)}.values())


def owed_by(
    connection: Connection, organization: str, debtor_code: str, amount: int
) -> list[NoticeLike]:
    """Return unsettled notices of a debtor over an amount, at most MOST, the first due first."""
    unsettled = and_(OPTION.paid_at.is_(None), OPTION.reported_at.is_(None), amount_due() == amount)
    of_position = and_(POSITION.debtor_code == debtor_code, OPTION.debtor_code.is_(None))
    own = OPTION.debtor_code == debtor_code
    rows = [
        *_read(connection, organization, of_position, unsettled, limit=MOST),
        *_read(connection, organization, own, unsettled, limit=MOST),
    ]
    return sorted(rows, key=lambda notice: (notice.due_at, notice.nav))[:MOST]


def _read(
    connection: Connection, organization: str, *conditions: ColumnElement[bool], limit: int
) -> list[NoticeLike]:
    statement = (
        select(*_columns(organization))
        .select_from(tables.payment_option)
        .join(
            tables.position,
            and_(POSITION.organization == organization, POSITION.iupd == OPTION.iupd),
        )
        .where(OPTION.organization == organization, *conditions)
        .order_by(OPTION.due_at, OPTION.nav)
        .limit(limit)
    )
    return [NoticeLike._make(row) for row in connection.execute(statement)]


def _columns(organization: str) -> list[Any]:
    named: dict[str, Any] = {
        "amount": amount_due(),
        "debtor_code": func.coalesce(OPTION.debtor_code, POSITION.debtor_code),
        "debtor_full_name": func.coalesce(OPTION.debtor_full_name, POSITION.debtor_full_name),
        "published_at": POSITION.published_at,
        "withdrawn_at": POSITION.withdrawn_at,
        "alternative_paid": alternative_paid(organization),
    }
    columns = [named[n] if n in named else OPTION[n] for n in NoticeLike._fields]
    return [column.label(n) for column, n in zip(columns, NoticeLike._fields, strict=True)]
