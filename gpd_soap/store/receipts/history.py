"""Every receipt of a notice, an IUV or a receiptId, whatever its status."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, bindparam, func, select

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
    names, values = _values(organization, query)
    total = connection.execute(_count(names), values).scalar_one()
    return some(connection, organization, query), total


def some(connection: Connection, organization: str, query: HistoryQuery) -> list[Case]:
    """Return one page of receipts, the first received first."""
    names, values = _values(organization, query)
    slice_of = {"limit": query.limit, "offset": query.limit * query.page}
    rows = connection.execute(_statement(names), {**values, **slice_of})
    return [Case._make(row) for row in rows]


def _values(organization: str, query: HistoryQuery) -> tuple[tuple[str, ...], dict[str, str]]:
    """Returns the columns that a query filters, and the parameters of its statements."""
    key = None if query.receipt_id is None else receipt_key(query.receipt_id)
    filters = {"nav": query.nav, "iuv": query.iuv, "receipt_id": key}
    given = {name: value for name, value in filters.items() if value is not None}
    return tuple(given), {"organization": organization, **given}


# WHY: SQLAlchemy takes longer to write these statements than the databases to execute them.  So
# each is written once, with parameters.


@lru_cache
def _statement(names: tuple[str, ...]) -> Select[Any]:
    """Returns the statement of a page, filtered by these columns."""
    return (
        select(*receipt_columns())
        .where(*_filters(names))
        .order_by(RECEIPT.received_at, RECEIPT.receipt_id, RECEIPT.variant)
        .limit(bindparam("limit", type_=Integer()))
        .offset(bindparam("offset", type_=Integer()))
    )


@lru_cache
def _count(names: tuple[str, ...]) -> Select[Any]:
    return select(func.count()).where(*_filters(names))


def _filters(names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """SQL conditions: the organization and these columns have the values of their parameters."""
    columns = [RECEIPT[name] for name in ("organization", *names)]
    return [column == bindparam(column.name, type_=column.type) for column in columns]


def document(connection: Connection, organization: str, key: CaseKey) -> Document | None:
    """Return the message of one receipt, or None."""
    statement = select(*(RECEIPT[name] for name in Document._fields)).where(
        RECEIPT.organization == organization,
        RECEIPT.receipt_id == key.name,
        RECEIPT.variant == key.variant,
    )
    row = connection.execute(statement).first()
    return None if row is None else Document._make(row)
