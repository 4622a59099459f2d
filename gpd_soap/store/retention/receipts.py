"""Forgets the persons in old receipts: their bytes go, and the facts of the payment stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    literal,
    not_,
    select,
    tuple_,
    update,
)

from gpd_soap.core.event import Event, EventType
from gpd_soap.store import tables
from gpd_soap.store.database.sqlite_file import overwrite_deleted
from gpd_soap.store.events import write as events
from gpd_soap.store.retention import columns
from gpd_soap.store.retention.columns import CODE
from gpd_soap.store.retention.positions import BATCH, Run, is_open_case
from gpd_soap.store.rows import OPTION, RECEIPT


class Candidate(NamedTuple):
    """A receipt that is to be forgotten, in the order of its first three fields."""

    received_at: datetime
    receipt_id: str
    variant: int
    nav: str
    code: str


def can_be_forgotten(organization: str, until: datetime) -> ColumnElement[bool]:
    """SQL condition: the receipt came before `until`, for the last time too, and no case is open.

    A receipt that was forgotten already does not meet it.
    """
    return and_(
        RECEIPT.organization == organization,
        RECEIPT.received_at <= literal(until, tables.Instant),
        RECEIPT.last_received_at <= literal(until, tables.Instant),
        RECEIPT.forgotten_at.is_(None),
        not_(is_open_case()),
    )


def of_debtor(organization: str, code: str) -> ColumnElement[bool]:
    """SQL condition: the debtor in the receipt has this code."""
    same = func.upper(RECEIPT.debtor_code) == code.upper()
    return and_(RECEIPT.organization == organization, same)


def count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    """Returns how many receipts meet the conditions."""
    statement = select(func.count()).select_from(tables.receipt).where(*conditions)
    return connection.execute(statement).scalar_one()


def last(connection: Connection, *conditions: ColumnElement[bool]) -> datetime | None:
    """Returns when the last of the receipts came that meet the conditions and have their bytes."""
    statement = select(func.max(RECEIPT.last_received_at)).where(
        *conditions, RECEIPT.forgotten_at.is_(None)
    )
    return connection.execute(statement).scalar()


def batch(
    connection: Connection,
    after: Candidate | None,
    *conditions: ColumnElement[bool],
    wait: bool = False,
) -> list[Candidate]:
    """Returns the next receipts that meet the conditions, and locks them until the commit.

    A receipt that another session has locked is left out: the next run comes to it.  With `wait`
    it is one receipt, and the caller waits for it.
    """
    order = RECEIPT.received_at, RECEIPT.receipt_id, RECEIPT.variant
    statement = select(*order, RECEIPT.nav, RECEIPT.debtor_code).where(*conditions)
    if after is not None:
        here = (
            literal(after.received_at, tables.Instant),
            literal(after.receipt_id),
            literal(after.variant),
        )
        statement = statement.where(tuple_(*order) > tuple_(*here))
    # WHY: who waits for one row and holds no other waits in no circle.
    statement = statement.order_by(*order).limit(1 if wait else BATCH)
    statement = statement.with_for_update(skip_locked=not wait)
    return [Candidate._make(row) for row in connection.execute(statement)]


def forget(connection: Connection, run: Run, chosen: Sequence[Candidate]) -> None:
    """Removes the bytes of these locked receipts, and replaces their debtors.

    The digest stays, so that the same receipt sent again is still known.
    """
    if not chosen:
        return
    overwrite_deleted(connection)
    values = {**columns.RECEIPT, "forgotten_at": run.now, CODE: bindparam("code")}
    statement = update(tables.receipt).where(
        RECEIPT.organization == run.organization,
        RECEIPT.receipt_id == bindparam("of_receipt"),
        RECEIPT.variant == bindparam("of_variant"),
    )
    rows = [
        {
            "of_receipt": each.receipt_id,
            "of_variant": each.variant,
            "code": run.pseudonym(each.code),
        }
        for each in chosen
    ]
    connection.execute(statement.values(values), rows)
    subjects = _subjects(connection, run.organization, [each.nav for each in chosen])
    events.write(connection, [_event(run, each, subjects.get(each.nav)) for each in chosen])


def _subjects(connection: Connection, organization: str, navs: Sequence[str]) -> dict[str, str]:
    """Returns the IUPDs of those notices that we have."""
    of_navs = OPTION.organization == organization, OPTION.nav.in_(navs)
    rows = connection.execute(select(OPTION.nav, OPTION.iupd).where(*of_navs))
    return {row.nav: row.iupd for row in rows}


def _event(run: Run, receipt: Candidate, iupd: str | None) -> Event:
    data = {"receiptId": receipt.receipt_id, "nav": receipt.nav}
    if iupd is not None:
        data["iupd"] = iupd
    return Event(
        organization=run.organization,
        type=EventType.RECEIPT_FORGOTTEN,
        subject=iupd or receipt.receipt_id,
        actor=run.actor,
        data=data,
        nav=receipt.nav,
        receipt_id=receipt.receipt_id,
    )
