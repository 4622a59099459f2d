"""Every receipt of a notice, an IUV or a receiptId, whatever its status."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from gpd_soap.core.case_id import CaseKey
from gpd_soap.core.receipt import receipt_key
from gpd_soap.store.receipts.search import Document
from gpd_soap.store.receipts.worklist import Case, receipt_columns
from gpd_soap.store.rows import RECEIPT


class HistoryQuery(NamedTuple):
    """Filters on receipts, one of which is given, and the page; None filters nothing."""

    nav: str | None
    iuv: str | None
    receipt_id: str | None
    limit: int
    page: int


def page(connection: Connection, organization: str, query: HistoryQuery) -> tuple[list[Case], int]:
    """Return one page of receipts, the first received first, and their number on all pages."""
    key = None if query.receipt_id is None else receipt_key(query.receipt_id)
    filters = (RECEIPT.nav, query.nav), (RECEIPT.iuv, query.iuv), (RECEIPT.receipt_id, key)
    conditions = [column == value for column, value in filters if value is not None]
    matching = RECEIPT.organization == organization, *conditions
    total = connection.execute(select(func.count()).where(*matching)).scalar_one()
    statement = (
        select(*receipt_columns())
        .where(*matching)
        .order_by(RECEIPT.received_at, RECEIPT.receipt_id, RECEIPT.variant)
        .limit(query.limit)
        .offset(query.limit * query.page)
    )
    return [Case._make(row) for row in connection.execute(statement)], total


def document(connection: Connection, organization: str, key: CaseKey) -> Document | None:
    """Return the message of one receipt, or None."""
    statement = select(*(RECEIPT[name] for name in Document._fields)).where(
        RECEIPT.organization == organization,
        RECEIPT.receipt_id == key.name,
        RECEIPT.variant == key.variant,
    )
    row = connection.execute(statement).first()
    return None if row is None else Document._make(row)
