"""Searches the receipts of payments for back offices: page by page, or the one of an IUV.

Receipts with outcome KO are left out, because nothing was paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    union_all,
)

from gpd_soap.core.case_id import CaseKey
from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, RECEIPT

#: The notice of our own with a receipt's IUV; the first receipt with a receiptId.
OWN, FIRST = tables.payment_option.alias("own").c, tables.receipt.alias("first")


class ReceiptQuery(NamedTuple):
    """Filters on receipts, and the page.  Both ends of the window are included.

    `debtor` is the code of a debtor and `service` a prefix of the IUV.  `debtor_or_iuv` is a prefix
    of either.  `segregation` has prefixes of the IUV, one of which must match.  None, or an empty
    tuple, filters nothing.  `as_paid` leaves out receipts that do not say that the notice of their
    IUV is paid.  A list that calls such a receipt paid would mean our notice.
    """

    since: datetime
    until: datetime | None
    debtor: str | None
    service: str | None
    debtor_or_iuv: str | None
    segregation: tuple[str, ...]
    limit: int
    page: int
    as_paid: bool = True
    psp: str | None = None


class Listed(NamedTuple):
    """A receipt in a list."""

    receipt_id: str
    variant: int
    iuv: str
    debtor_code: str
    amount: int
    psp: str
    psp_name: str
    paid_at: datetime | None
    received_at: datetime
    status: str

    @property
    def key(self) -> CaseKey:
        """The key of the receipt within its organization."""
        return CaseKey(self.receipt_id, self.variant)


class Document(NamedTuple):
    """The message of a receipt as it was received, the digest of its content, and its numbers."""

    raw: bytes
    digest: str
    receipt_id: str
    nav: str


#: SQL condition: the receipt is of a payment, whatever its status.
IS_PAYMENT = RECEIPT.outcome == "OK"


def page(
    connection: Connection, organization: str, query: ReceiptQuery
) -> tuple[list[Listed], int]:
    """Return one page of receipts, the latest payment first, and their number on all pages."""
    # WHY: an index serves each of the two ranges, and none serves a COALESCE or an OR of them.
    dated = _matching(organization, query, RECEIPT.paid_at)
    undated = _matching(organization, query, RECEIPT.received_at).where(RECEIPT.paid_at.is_(None))
    matching = union_all(dated, undated).subquery()
    total = connection.execute(select(func.count()).select_from(matching)).scalar_one()
    instant = func.coalesce(matching.c.paid_at, matching.c.received_at)
    statement = (
        select(matching)
        .order_by(instant.desc(), matching.c.receipt_id, matching.c.variant)
        .limit(query.limit)
        .offset(query.limit * query.page)
    )
    return [Listed._make(row) for row in connection.execute(statement)], total


def find(connection: Connection, organization: str, iuv: str) -> Document | None:
    """Return the receipt that paid the notice of an IUV, else the first with that IUV, or None.

    A copy for a beneficiary comes last, and not at all if we have a notice of the IUV.  Nor does a
    receipt count whose receiptId is of the payment of another notice.
    """
    fields = [RECEIPT[name] for name in Document._fields]
    columns = select(*fields).where(RECEIPT.organization == organization, IS_PAYMENT)
    # WHY: the receipt that paid the notice may have another IUV; its status is then `review`.
    of_notice = and_(OPTION.organization == organization, OPTION.receipt_id == RECEIPT.receipt_id)
    paying = columns.join(tables.payment_option, of_notice).where(OPTION.iuv == iuv)
    others = columns.where(RECEIPT.iuv == iuv, _is_of_its_notice(organization)).order_by(
        RECEIPT.issuer != RECEIPT.organization, RECEIPT.received_at, RECEIPT.receipt_id
    )
    for statement in (paying, others):
        row = connection.execute(statement.order_by(RECEIPT.variant).limit(1)).first()
        if row is not None:
            return Document._make(row)
    return None


def _matching(organization: str, query: ReceiptQuery, instant: Column[datetime]) -> Select[Any]:
    columns = [RECEIPT[name] for name in Listed._fields[:-1]]
    statement = select(*columns, RECEIPT.kept.label("status")).where(
        RECEIPT.organization == organization,
        IS_PAYMENT,
        instant >= query.since,
        *_filters(organization, query),
    )
    return statement if query.until is None else statement.where(instant <= query.until)


def _is_of_its_notice(organization: str) -> ColumnElement[bool]:
    """SQL condition: the receipt is of money for the notice of its IUV.

    WHY: a copy has an IUV of its issuer's, and we may have used the same digits.  A receipt that
    conflicts repeats the first of its receiptId, which may be of another notice.
    """
    ours = exists().where(OWN.organization == organization, OWN.iuv == RECEIPT.iuv)
    same = exists().where(
        FIRST.c.organization == organization,
        FIRST.c.receipt_id == RECEIPT.receipt_id,
        FIRST.c.variant == 0,
        FIRST.c.iuv == RECEIPT.iuv,
    )
    return and_(
        or_(RECEIPT.issuer == organization, not_(ours)),
        or_(RECEIPT.kept != ReceiptStatus.CONFLICTING, same.correlate_except(FIRST)),
    )


def _filters(organization: str, query: ReceiptQuery) -> Iterator[ColumnElement[bool]]:
    if query.as_paid:
        yield _is_of_its_notice(organization)
    if query.debtor is not None:
        yield RECEIPT.debtor_code == query.debtor
    if query.psp is not None:
        yield RECEIPT.psp == query.psp
    if query.service is not None:
        yield _begins(RECEIPT.iuv, query.service)
    if query.debtor_or_iuv is not None:
        columns = RECEIPT.iuv, RECEIPT.debtor_code
        yield or_(*(_begins(column, query.debtor_or_iuv) for column in columns))
    if query.segregation:
        yield or_(*(_begins(RECEIPT.iuv, code) for code in query.segregation))


def _begins(column: Column[str], text: str) -> ColumnElement[bool]:
    # WHY: LIKE has wildcards, and it ignores case on SQLite; a comparison of the prefix does not.
    return func.substr(column, 1, len(text)) == text
