"""Figures of several organizations at once, for who works for many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store import tables
from gpd_soap.store.journal.tally import TALLY
from gpd_soap.store.receipts import queue
from gpd_soap.store.receipts.money import OF_MONEY, Money
from gpd_soap.store.receipts.worklist import MESSAGE
from gpd_soap.store.rows import RECEIPT
from gpd_soap.store.tables.receipts import IS_OPEN

ORGANIZATION = tables.organization.c


class Named(NamedTuple):
    """An organization."""

    code: str
    name: str


class Brief(NamedTuple):
    """The figures of an organization; `called_in` is the hour of the Node's last call."""

    organization: Named
    cases: int
    oldest: datetime | None
    money: Money
    called_in: datetime | None


def named(
    connection: Connection, codes: Sequence[str] | None, limit: int, after: str = ""
) -> list[Named]:
    """Return organizations by code after a code; with `codes` None, of all."""
    statement = select(ORGANIZATION.fiscal_code, ORGANIZATION.name).where(
        ORGANIZATION.fiscal_code > after
    )
    if codes is not None:
        statement = statement.where(ORGANIZATION.fiscal_code.in_(codes))
    rows = connection.execute(statement.order_by(ORGANIZATION.fiscal_code).limit(limit))
    return [Named(*row) for row in rows]


def briefs(
    connection: Connection,
    organizations: Sequence[Named],
    day: tuple[datetime, datetime],
    since: datetime,
) -> list[Brief]:
    """Return the figures of these organizations; money is of the day, calls are since an instant.

    Each figure is one statement for all of them.
    """
    codes = [each.code for each in organizations]
    receipts = (
        select(RECEIPT.organization, func.count(), func.min(queue.since_of(RECEIPT)))
        .where(
            RECEIPT.organization.in_(codes),
            RECEIPT.kept.in_(NEEDS_A_PERSON),
            IS_OPEN,
        )
        .group_by(RECEIPT.organization)
    )
    messages = (
        select(MESSAGE.organization, func.count(), func.min(MESSAGE.received_at))
        .where(MESSAGE.organization.in_(codes), MESSAGE.resolved_at.is_(None))
        .group_by(MESSAGE.organization)
    )
    taken = (
        select(RECEIPT.organization, func.count(), func.sum(RECEIPT.amount))
        .where(
            RECEIPT.organization.in_(codes),
            RECEIPT.kept.in_(OF_MONEY),
            RECEIPT.received_at.between(*day),
        )
        .group_by(RECEIPT.organization)
    )
    calls = (
        select(TALLY.organization, func.max(TALLY.hour))
        .where(TALLY.organization.in_(codes), TALLY.hour >= since)
        .group_by(TALLY.organization)
    )
    open_ = [{row[0]: row[1:] for row in connection.execute(each)} for each in (receipts, messages)]
    money = {row[0]: Money(row[1], int(row[2])) for row in connection.execute(taken)}
    called = {row[0]: row[1] for row in connection.execute(calls)}
    return [
        Brief(
            each,
            sum(kind[each.code][0] for kind in open_ if each.code in kind),
            min((kind[each.code][1] for kind in open_ if each.code in kind), default=None),
            money.get(each.code, Money(0, 0)),
            called.get(each.code),
        )
        for each in organizations
    ]
