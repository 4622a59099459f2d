"""The receipts of payments as a back office reads them: page by page, or the one of an IUV.

What is kept of a payment that was not made (outcome KO) is no receipt here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, func, or_, select, union_all

from gpd_soap.core.case_id import CaseKey
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, RECEIPT


class ReceiptQuery(NamedTuple):
    """Which receipts, and which page of them.  The window includes both ends, or has no end.

    `debtor` is a debtor's code, `service` how an IUV begins, `debtor_or_iuv` how either begins,
    `segregation` how one of them begins; None, or no code, asks for nothing.
    """

    since: datetime
    until: datetime | None
    debtor: str | None
    service: str | None
    debtor_or_iuv: str | None
    segregation: tuple[str, ...]
    limit: int
    page: int


class Listed(NamedTuple):
    """A receipt in a list."""

    receipt_id: str
    variant: int
    iuv: str
    debtor_code: str
    amount: int
    paid_at: datetime | None
    received_at: datetime
    kept: str

    @property
    def key(self) -> CaseKey:
        """Which of its organization's receipts this is."""
        return CaseKey(self.receipt_id, self.variant)


class Document(NamedTuple):
    """The message that brought a receipt, as it came, and what its content is known by."""

    raw: bytes
    digest: str


#: Of a payment, whatever became of its notice.
TAKEN = RECEIPT.outcome == "OK"


def page(
    connection: Connection, organization: str, wanted: ReceiptQuery
) -> tuple[list[Listed], int]:
    """The receipts of one page, the latest payment first, and how many are on all pages."""
    # WHY: two ranges, each of which an index answers; of a COALESCE, or of an OR, none does.
    unsaid = _chosen(organization, wanted, RECEIPT.received_at).where(RECEIPT.paid_at.is_(None))
    chosen = union_all(_chosen(organization, wanted, RECEIPT.paid_at), unsaid).subquery()
    total = connection.execute(select(func.count()).select_from(chosen)).scalar_one()
    when = func.coalesce(chosen.c.paid_at, chosen.c.received_at)
    asked = (
        select(chosen)
        .order_by(when.desc(), chosen.c.receipt_id, chosen.c.variant)
        .limit(wanted.limit)
        .offset(wanted.limit * wanted.page)
    )
    return [Listed._make(row) for row in connection.execute(asked)], total


def find(connection: Connection, organization: str, iuv: str) -> Document | None:
    """The receipt of an IUV: the one that paid its notice, or else the first that was kept."""
    columns = select(RECEIPT.raw, RECEIPT.digest).where(RECEIPT.organization == organization, TAKEN)
    # WHY: the receipt that paid the notice may name another IUV, and is then kept for review.
    of_notice = and_(
        OPTION.organization == RECEIPT.organization, OPTION.receipt_id == RECEIPT.receipt_id
    )
    paying = columns.join(tables.payment_option, of_notice).where(OPTION.iuv == iuv)
    kept = columns.where(RECEIPT.iuv == iuv).order_by(RECEIPT.received_at, RECEIPT.receipt_id)
    for asked in (paying, kept):
        row = connection.execute(asked.order_by(RECEIPT.variant).limit(1)).first()
        if row is not None:
            return Document._make(row)
    return None


def _chosen(organization: str, wanted: ReceiptQuery, when: Column[datetime]) -> Select[Any]:
    asked = select(*(RECEIPT[name] for name in Listed._fields)).where(
        RECEIPT.organization == organization, TAKEN, when >= wanted.since, *_filters(wanted)
    )
    return asked if wanted.until is None else asked.where(when <= wanted.until)


def _filters(wanted: ReceiptQuery) -> Iterator[ColumnElement[bool]]:
    if wanted.debtor is not None:
        yield RECEIPT.debtor_code == wanted.debtor
    if wanted.service is not None:
        yield _begins(RECEIPT.iuv, wanted.service)
    if wanted.debtor_or_iuv is not None:
        columns = RECEIPT.iuv, RECEIPT.debtor_code
        yield or_(*(_begins(column, wanted.debtor_or_iuv) for column in columns))
    if wanted.segregation:
        yield or_(*(_begins(RECEIPT.iuv, code) for code in wanted.segregation))


def _begins(column: Column[str], text: str) -> ColumnElement[bool]:
    # WHY: LIKE has wildcards, and to SQLite capitals are small letters; this has neither.
    return func.substr(column, 1, len(text)) == text
